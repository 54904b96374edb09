import Bytes
import FuzzDriver
import HTTP

// Frames of anybody's making, for either end, compressed or not: in pieces of any size, the result has to be the same as
// in one piece, and no message longer than is allowed.

let limit = 10_000

fuzz { input in
    let bytes = input.array
    guard let first = bytes.first else { return }
    let content = Array(bytes.dropFirst())
    let isServer = first & 1 == 1
    let isCompressed = first & 2 == 2
    let whole = WebSocketTranscript(
        content, piece: content.count + 1, isServer: isServer, isCompressed: isCompressed, limit: limit)
    let pieces = WebSocketTranscript(
        content, piece: Int(first >> 2 & 15) + 1, isServer: isServer, isCompressed: isCompressed, limit: limit)
    precondition(whole.content == pieces.content, "split bytes are understood differently")
    precondition(whole.events == pieces.events, "split bytes are understood differently")
    precondition((whole.error == nil) == (pieces.error == nil), "split bytes are understood differently")
    for event in whole.events where event.hasPrefix("binary ") || event.hasPrefix("text ") {
        precondition((event.split(separator: " ").last.flatMap { Int($0) } ?? 0) <= limit, "a message that is too long")
    }
}
