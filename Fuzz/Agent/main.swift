import Bytes
import FuzzDriver
import SSH

// What an agent answers, cut anywhere.

let key = try KeyPair.generate().publicKey

func attack(_ input: borrowing ByteBuffer) throws(AgentError) {
    guard !input.isEmpty else { return }
    var core = AgentClientCore()
    var output = ByteBuffer()
    let choice = input[0]
    for bit in 0..<3 {
        try core.send(
            choice >> bit & 1 == 0 ? .identities : .sign(key: key, data: [1, 2, 3], flags: []), into: &output)
    }
    var rest = input.array.dropFirst()
    let step = Int(choice >> 3) + 1
    var replies = 0
    while !rest.isEmpty {
        let piece = Array(rest.prefix(step))
        rest = rest.dropFirst(step)
        replies += try core.receive(piece.rawSpan).count
        precondition(replies <= 3, "more replies than requests")
    }
}

fuzz { try? attack($0) }
