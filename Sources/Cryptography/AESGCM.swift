package import Bytes
internal import COpenSSL

/// The packet cipher AES-GCM of one direction (RFC 5647; `aes128-gcm@openssh.com`, `aes256-gcm@openssh.com`).
///
/// A packet is changed in place: a prefix that is authenticated and stays in the clear (the length field), the body, and a
/// tag of `tagLength` bytes. Each packet takes the next nonce: the last eight bytes count up by one, modulo 2⁶⁴ (RFC 5647
/// §7.1); keys have to be renewed long before they come round.
package struct AESGCM: ~Copyable, Sendable {
    /// In bytes (RFC 5647 §6.3).
    package static let tagLength = 16
    /// In bytes (RFC 5647 §6.3).
    package static let nonceLength = 12

    private var context: CipherContext
    private let direction: CipherDirection
    private var nonce: [UInt8]

    /// `key` has 16 or 32 bytes and `nonce` 12, else `invalidKey` is thrown; `unsupported` where the system lacks AES-GCM.
    package init(key: RawSpan, nonce: RawSpan, direction: CipherDirection) throws(CryptographyError) {
        let algorithm: CipherAlgorithm =
            switch key.byteCount {
            case 16: .aes128GCM
            case 32: .aes256GCM
            case let count: throw .invalidKey("AES-GCM takes 16 or 32 bytes of key, not \(count)")
            }
        guard nonce.byteCount == Self.nonceLength else {
            throw .invalidKey("AES-GCM takes 12 bytes of nonce, not \(nonce.byteCount)")
        }
        context = try .make(algorithm, key: key, direction: direction)
        self.direction = direction
        self.nonce = [UInt8](nonce)
    }

    /// Encrypts the body and writes the tag. Throws `failure` for a packet too short for prefix and tag, or too long, and
    /// when the library fails: the packet must not be sent then.
    package mutating func seal(
        packet: inout MutableRawSpan, authenticatedPrefix: Int
    ) throws(CryptographyError) {
        precondition(direction == .encrypt, "this cipher opens packets")
        let bodyLength = try Self.bodyLength(of: packet.byteCount, prefix: authenticatedPrefix)
        try unsafe packet.withUnsafeMutableBytes { packet throws(CryptographyError) in
            guard let base = unsafe packet.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            // Prefix, body and tag lie within the packet, as `bodyLength` has checked.
            let body = unsafe base + authenticatedPrefix
            try unsafe start(prefix: base, count: authenticatedPrefix)
            if bodyLength > 0 { try unsafe context.update(body, count: bodyLength) }
            try unsafe context.finish(tag: body + bodyLength)
        }
    }

    /// Begins a packet that is encrypted piece by piece into another buffer, and appends its clear prefix there.
    package mutating func begin(prefix: RawSpan, onto packet: inout ByteBuffer) throws(CryptographyError) {
        precondition(direction == .encrypt, "this cipher opens packets")
        try unsafe prefix.withUnsafeBytes { prefix throws(CryptographyError) in
            guard let base = unsafe prefix.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            try unsafe start(prefix: base, count: prefix.count)
        }
        packet.append(prefix)
    }

    /// Encrypts the next piece of the body onto `packet`.
    package mutating func encrypt(_ piece: RawSpan, onto packet: inout ByteBuffer) throws(CryptographyError) {
        try context.update(piece, onto: &packet)
    }

    /// Appends the tag. The packet must not be sent when this or a step before it has thrown.
    package mutating func finish(_ packet: inout ByteBuffer) throws(CryptographyError) {
        try unsafe packet.withFreeSpace(minimum: Self.tagLength) { space throws(CryptographyError) in
            guard let base = unsafe space.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
            // At least the tag's sixteen bytes are free.
            try unsafe context.finish(tag: base)
            return Self.tagLength
        }
    }

    /// Checks the tag and decrypts the body. Throws `authenticationFailed` for a wrong tag, when the body is wiped and the
    /// connection has to end, and `failure` as `seal` does.
    package mutating func open(
        packet: inout MutableRawSpan, authenticatedPrefix: Int
    ) throws(CryptographyError) {
        precondition(direction == .decrypt, "this cipher seals packets")
        let bodyLength = try Self.bodyLength(of: packet.byteCount, prefix: authenticatedPrefix)
        try unsafe packet.withUnsafeMutableBytes { packet throws(CryptographyError) in
            guard let base = unsafe packet.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            // As in `seal`.
            let body = unsafe base + authenticatedPrefix
            do throws(CryptographyError) {
                try unsafe start(prefix: base, count: authenticatedPrefix)
                if bodyLength > 0 { try unsafe context.update(body, count: bodyLength) }
                try unsafe context.finish(verifying: body + bodyLength)
            } catch {
                // Plain text that was not authenticated is nobody's to see.
                unsafe OPENSSL_cleanse(body, bodyLength)
                throw error
            }
        }
    }

    /// Takes the next nonce and the clear prefix.
    private mutating func start(prefix: UnsafePointer<UInt8>, count: Int) throws(CryptographyError) {
        // Twelve bytes, as `init` has checked.
        let result = unsafe nonce.withUnsafeBufferPointer { nonce in
            unsafe context.startResult(iv: nonce.baseAddress)
        }
        try OpenSSL.check(result, "nonce")
        countUp()
        if count > 0 { try unsafe context.authenticate(prefix, count: count) }
    }

    private mutating func countUp() {
        for index in stride(from: Self.nonceLength - 1, through: Self.nonceLength - 8, by: -1) {
            nonce[index] &+= 1
            if nonce[index] != 0 { return }
        }
    }

    private static func bodyLength(of packetLength: Int, prefix: Int) throws(CryptographyError) -> Int {
        guard prefix >= 0, packetLength >= prefix, packetLength - prefix >= tagLength else {
            throw .failure("packet too short for AES-GCM")
        }
        guard packetLength <= CryptographyLimits.cipherInputLength else { throw .failure("packet too long") }
        return packetLength - prefix - tagLength
    }
}
