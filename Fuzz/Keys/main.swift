import Bytes
import FuzzDriver
import SSH

// Keys and signatures as peers and files bring them.

func attack(_ input: borrowing ByteBuffer) throws {
    guard !input.isEmpty else { return }
    let kind = input[0]
    var buffer = ByteBuffer(input.bytes)
    buffer.consume(1)
    let bytes = buffer.array
    switch kind % 5 {
    case 0:
        let key = try PublicKey(blob: bytes)
        precondition(key.blob == bytes, "a key has more than one encoding")
        _ = key.bitCount
        // Whatever the key is, this is no signature of it.
        try? key.verify(signature: bytes.rawSpan, message: bytes.rawSpan, algorithm: key.algorithm)
    case 1:
        let algorithm = KeyAlgorithm.known[Int(kind / 5) % KeyAlgorithm.known.count]
        let signature = try SignatureBlob(bytes.rawSpan, algorithm: algorithm)
        _ = try SignatureBlob(signature.bytes.rawSpan, algorithm: algorithm)
    case 2:
        let (key, comment) = try PublicKey.parse(line: bytes)
        let (again, _) = try PublicKey.parse(line: Array(key.line().utf8))
        precondition(again == key, "a key changed on its way through a line")
        _ = comment
    case 3:
        let file = try PrivateKeyFile(contents: bytes)
        _ = try file.keyPair(passphrase: nil)
    default:
        // The body of OpenSSH's own format, so that its armour need not be found.
        let text =
            "-----BEGIN OPENSSH PRIVATE KEY-----\n" + Base64.encode(bytes) + "\n-----END OPENSSH PRIVATE KEY-----\n"
        let file = try PrivateKeyFile(contents: Array(text.utf8))
        _ = try file.keyPair(passphrase: nil)
    }
}

fuzz { try? attack($0) }
