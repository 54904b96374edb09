import Bytes
import FuzzDriver
import HTTP

// Requests of anybody's making: in pieces of any size, the result has to be the same as in one piece.

fuzz { input in
    let bytes = input.array
    guard let first = bytes.first else { return }
    let content = Array(bytes.dropFirst())
    let whole = RequestTranscript(content, piece: content.count + 1)
    let pieces = RequestTranscript(content, piece: Int(first & 15) + 1)
    precondition(whole == pieces, "split bytes are understood differently")
    precondition(whole.body.count <= content.count, "more came out than went in")
}
