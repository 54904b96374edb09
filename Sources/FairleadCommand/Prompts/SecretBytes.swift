import Bytes
import Cryptography

/// Bytes of a secret while it is typed or read: in one block that never moves, and wiped at the end.
struct SecretBytes: ~Copyable {
    private var bytes: [UInt8]
    private(set) var count = 0

    init() {
        // One more than allowed for a newline; never grown, so no copy stays behind.
        bytes = [UInt8](repeating: 0, count: PasswordSource.maximumLength + 2)
    }

    mutating func append(_ byte: UInt8) {
        precondition(count < bytes.count, "the reader checks the limit")
        bytes[count] = byte
        count += 1
    }

    /// Takes off the last character: one byte, or those of one in UTF-8; false when there is none.
    mutating func removeCharacter() -> Bool {
        guard count > 0 else { return false }
        repeat { removeByte() } while count > 0 && bytes[count] & 0xC0 == 0x80
        return true
    }

    mutating func removeAll() {
        while count > 0 { removeByte() }
    }

    /// Takes off one newline (LF or CRLF).
    mutating func removeNewline() {
        guard count > 0, bytes[count - 1] == UInt8(ascii: "\n") else { return }
        removeByte()
        if count > 0, bytes[count - 1] == UInt8(ascii: "\r") { removeByte() }
    }

    /// The secret; this copy is wiped.
    consuming func finish() -> Secret {
        let secret = Secret(copying: bytes.rawSpan.extracting(first: count))
        wipe()
        return secret
    }

    /// The bytes as text that is no secret (the answer to a question).
    consuming func finishText() -> String {
        String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private mutating func removeByte() {
        count -= 1
    }

    private mutating func wipe() {
        for index in bytes.indices { bytes[index] = 0 }
    }
}
