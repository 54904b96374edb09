package import Bytes
internal import COpenSSL
internal import CSodium

/// The packet cipher `chacha20-poly1305@openssh.com` of one direction (OpenSSH `PROTOCOL.chacha20poly1305`).
///
/// | offset | length | |
/// |---|---|---|
/// | 0 | 4 | packet length, encrypted with K_1 |
/// | 4 | n | body, encrypted with K_2 from block 1 on |
/// | 4 + n | 16 | Poly1305 over both, keyed by block 0 of K_2 |
///
/// The nonce is the packet's sequence number; keys have to be renewed before that comes round.
@safe
package struct ChaCha20Poly1305: ~Copyable, @unchecked Sendable {
    // Sendable: the contexts have one owner and are used by `mutating` methods only.

    /// In bytes.
    package static let keyLength = 64
    /// In bytes.
    package static let tagLength = 16
    private static let lengthLength = 4

    private var main: CipherContext
    private var header: CipherContext
    private var authenticator: Authenticator

    /// `key` has 64 bytes, K_2 first, else `invalidKey` is thrown; `unsupported` where the system lacks the ciphers.
    package init(key: RawSpan) throws(CryptographyError) {
        guard key.byteCount == Self.keyLength else {
            throw .invalidKey("chacha20-poly1305 takes 64 bytes of key, not \(key.byteCount)")
        }
        let main = try CipherContext.make(.chaCha20, key: key.extracting(first: 32), direction: .encrypt)
        let header = try CipherContext.make(.chaCha20, key: key.extracting(last: 32), direction: .encrypt)
        authenticator = try Authenticator()
        self.main = main
        self.header = header
    }

    /// The length field of the packet that starts with the four bytes of `header`; not authenticated yet.
    package mutating func packetLength(header encrypted: RawSpan, sequence: UInt32) throws(CryptographyError) -> UInt32
    {
        precondition(encrypted.byteCount == Self.lengthLength, "the length field has four bytes")
        var length = unsafe encrypted.unsafeLoadUnaligned(as: UInt32.self)
        try Self.start(&header, sequence: sequence)
        try unsafe withUnsafeMutableBytes(of: &length) { bytes throws(CryptographyError) in
            guard let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            // Four bytes.
            try unsafe header.update(base, count: Self.lengthLength)
        }
        return UInt32(bigEndian: length)
    }

    /// Encrypts length and body, and writes the tag. Throws `failure` for a packet that is too short or too long, and when
    /// the library fails: the packet must not be sent then.
    package mutating func seal(packet: inout MutableRawSpan, sequence: UInt32) throws(CryptographyError) {
        let bodyLength = try Self.bodyLength(of: packet.byteCount)
        try unsafe packet.withUnsafeMutableBytes { packet throws(CryptographyError) in
            guard let base = unsafe packet.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            // Length, body and tag lie within the packet, as `bodyLength` has checked.
            let body = unsafe base + Self.lengthLength
            try startPacket(sequence: sequence)
            try Self.start(&header, sequence: sequence)
            try unsafe header.update(base, count: Self.lengthLength)
            if bodyLength > 0 { try unsafe main.update(body, count: bodyLength) }
            try unsafe authenticator.finish(base, count: Self.lengthLength + bodyLength, tag: body + bodyLength)
        }
    }

    /// Begins a packet that is encrypted piece by piece into another buffer, and appends its length field there.
    package mutating func begin(
        length: RawSpan, sequence: UInt32, onto packet: inout ByteBuffer
    ) throws(CryptographyError) {
        precondition(length.byteCount == Self.lengthLength, "the length field has four bytes")
        try startPacket(sequence: sequence)
        try Self.start(&header, sequence: sequence)
        try header.update(length, onto: &packet)
    }

    /// Encrypts the next piece of the body onto `packet`.
    package mutating func encrypt(_ piece: RawSpan, onto packet: inout ByteBuffer) throws(CryptographyError) {
        try main.update(piece, onto: &packet)
    }

    /// Appends the tag over what `packet` holds from `start` on. The packet must not be sent when this or a step before
    /// it has thrown.
    package mutating func finish(_ packet: inout ByteBuffer, from start: Int) throws(CryptographyError) {
        let count = packet.count - start
        packet.append(repeating: 0, count: Self.tagLength)
        var bytes = packet.mutableBytes
        try unsafe bytes.withUnsafeMutableBytes { bytes throws(CryptographyError) in
            guard let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            // `count` bytes from `start` on, and room for the tag behind them.
            try unsafe authenticator.finish(base + start, count: count, tag: base + start + count)
        }
    }

    /// Checks the tag, then decrypts length and body. Throws `authenticationFailed` for a wrong tag, when the packet stays
    /// as it is and the connection has to end, and `failure` as `seal` does.
    package mutating func open(packet: inout MutableRawSpan, sequence: UInt32) throws(CryptographyError) {
        let bodyLength = try Self.bodyLength(of: packet.byteCount)
        try unsafe packet.withUnsafeMutableBytes { packet throws(CryptographyError) in
            guard let base = unsafe packet.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            // As in `seal`.
            let body = unsafe base + Self.lengthLength
            try startPacket(sequence: sequence)
            try unsafe authenticator.verify(base, count: Self.lengthLength + bodyLength, tag: body + bodyLength)
            try Self.start(&header, sequence: sequence)
            try unsafe header.update(base, count: Self.lengthLength)
            if bodyLength > 0 { try unsafe main.update(body, count: bodyLength) }
        }
    }

    /// Sets the nonce of K_2 and takes the Poly1305 key from block 0; the key stream is at block 1 then.
    private mutating func startPacket(sequence: UInt32) throws(CryptographyError) {
        try Self.start(&main, sequence: sequence)
        try unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { block throws(CryptographyError) in
            guard let block = block.baseAddress else { return }
            // One block of zeros becomes one of key stream, of which the first 32 bytes are the key.
            unsafe block.initialize(repeating: 0, count: 64)
            defer { unsafe OPENSSL_cleanse(block, 64) }
            try unsafe main.update(block, count: 64)
            try unsafe authenticator.start(key: block)
        }
    }

    /// libcrypto's IV for the original ChaCha20: block counter (8 bytes, little-endian), nonce (8 bytes).
    private static func start(_ cipher: inout CipherContext, sequence: UInt32) throws(CryptographyError) {
        let iv: (UInt64, UInt64) = (0, UInt64(sequence).bigEndian)
        let result = unsafe withUnsafeBytes(of: iv) { iv in
            // Sixteen bytes.
            unsafe cipher.startResult(iv: iv.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
        try OpenSSL.check(result, "nonce")
    }

    private static func bodyLength(of packetLength: Int) throws(CryptographyError) -> Int {
        guard packetLength >= lengthLength + tagLength else { throw .failure("packet too short for chacha20-poly1305") }
        guard packetLength <= CryptographyLimits.cipherInputLength else { throw .failure("packet too long") }
        return packetLength - lengthLength - tagLength
    }
}

extension ChaCha20Poly1305 {
    /// The one owner of a libcrypto Poly1305 context. Pointers have to be valid for the lengths that go with them.
    @safe
    struct Authenticator: ~Copyable {
        private let context: OpaquePointer

        /// Fetched once and kept; libcrypto counts references atomically.
        nonisolated(unsafe) private static let implementation: OpaquePointer? = unsafe EVP_MAC_fetch(
            nil, "POLY1305", nil)

        init() throws(CryptographyError) {
            guard let implementation = unsafe Self.implementation else { throw .unsupported("POLY1305") }
            unsafe context = try OpenSSL.check(EVP_MAC_CTX_new(implementation), "new Poly1305 context")
        }

        deinit {
            // libcrypto wipes the key.
            unsafe EVP_MAC_CTX_free(context)
        }

        /// Takes the key, of 32 bytes, for one message.
        mutating func start(key: UnsafePointer<UInt8>) throws(CryptographyError) {
            try OpenSSL.check(unsafe EVP_MAC_init(context, key, 32, nil), "Poly1305 key")
        }

        /// Writes the tag, of 16 bytes, over `count` bytes.
        mutating func finish(
            _ bytes: UnsafePointer<UInt8>, count: Int, tag: UnsafeMutablePointer<UInt8>
        ) throws(CryptographyError) {
            var written = 0
            try OpenSSL.check(unsafe EVP_MAC_update(context, bytes, count), "Poly1305")
            try OpenSSL.check(unsafe EVP_MAC_final(context, tag, &written, tagLength), "Poly1305")
            guard written == tagLength else { throw .failure("Poly1305: \(written) bytes") }
        }

        /// Throws `authenticationFailed` unless `tag`, of 16 bytes, is the one over `count` bytes.
        mutating func verify(
            _ bytes: UnsafePointer<UInt8>, count: Int, tag: UnsafePointer<UInt8>
        ) throws(CryptographyError) {
            try unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: tagLength) {
                expected throws(CryptographyError) in
                guard let expected = expected.baseAddress else { return }
                try unsafe finish(bytes, count: count, tag: expected)
                guard unsafe crypto_verify_16(expected, tag) == 0 else { throw .authenticationFailed }
            }
        }
    }
}
