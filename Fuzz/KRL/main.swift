import Bytes
import Cryptography
import FuzzDriver
import SSH

// Lists of revoked keys, of either kind.

let key = try KeyPair.generate().publicKey
let head = Array("SSHKRL\n\0".utf8) + [0, 0, 0, 1] + [UInt8](repeating: 0, count: 32)

func attack(_ input: borrowing ByteBuffer) throws {
    guard !input.isEmpty else { return }
    var buffer = ByteBuffer(input.bytes)
    buffer.consume(1)
    // With or without the head of a binary list, so that its sections are reached.
    let contents = input[0] % 2 == 0 ? buffer.array : head + buffer.array
    let list = try RevocationList(contents: contents.rawSpan)
    _ = list.contains(key)
}

fuzz { try? attack($0) }
