import Bytes
import Cryptography

/// The cipher and MAC of one direction, working in place on whole packets (RFC 4253 §6).
///
/// | offset | field |
/// |---|---|
/// | 0 | uint32 packet_length |
/// | 4 | byte padding_length |
/// | 5 | payload, padding |
/// | 4 + packet_length | tag or MAC |
final class PacketProtection {
    private enum Cipher {
        case none
        case gcm(Held<AESGCM>)
        case chacha(Held<ChaCha20Poly1305>)
        case ctr(Held<AESCTR>, Held<MessageAuthenticationCode>)
        case cbc(Held<BlockCipherCBC>, Held<MessageAuthenticationCode>)
        /// A primitive failed: nothing may be sent or taken any more.
        case failed
    }

    private var cipher: Cipher
    /// Packets are padded to a multiple of this.
    let blockSize: Int
    /// Bytes of tag or MAC behind the packet.
    let tagLength: Int
    /// Whether the length field is outside what is padded and encrypted as one: EtM and AEAD forms.
    let isLengthSeparate: Bool
    /// How many bytes at the front of the packet at hand are decrypted already.
    private var decryptedPrefix = 0

    /// No protection: before the first NEWKEYS.
    init() {
        cipher = .none
        blockSize = 8
        tagLength = 0
        isLengthSeparate = false
    }

    init(
        _ algorithms: NegotiatedAlgorithms.DirectionAlgorithms, key: Secret, iv: Secret, macKey: Secret,
        direction: CipherDirection
    ) throws(TransportError) {
        blockSize = algorithms.cipher.blockSize
        do throws(CryptographyError) {
            switch algorithms.cipher {
            case .aes128GCM, .aes256GCM:
                cipher = .gcm(
                    try key.withBytes { (key) throws(CryptographyError) in
                        try iv.withBytes { (iv) throws(CryptographyError) in
                            Held(try AESGCM(key: key, nonce: iv, direction: direction))
                        }
                    })
            case .chacha20Poly1305:
                cipher = .chacha(
                    try key.withBytes { (key) throws(CryptographyError) in Held(try ChaCha20Poly1305(key: key)) })
            case .aes128CTR, .aes192CTR, .aes256CTR:
                let stream = try key.withBytes { (key) throws(CryptographyError) in
                    try iv.withBytes { (iv) throws(CryptographyError) in Held(try AESCTR(key: key, counter: iv)) }
                }
                cipher = .ctr(stream, try Self.mac(algorithms.mac, key: macKey))
            case .aes128CBC, .aes192CBC, .aes256CBC, .tripleDESCBC:
                let block = try key.withBytes { (key) throws(CryptographyError) in
                    try iv.withBytes { (iv) throws(CryptographyError) in
                        Held(
                            try BlockCipherCBC(cipher: algorithms.cipher.block, key: key, iv: iv, direction: direction))
                    }
                }
                cipher = .cbc(block, try Self.mac(algorithms.mac, key: macKey))
            }
        } catch {
            throw .cryptography(error)
        }
        tagLength = algorithms.mac?.keyLength ?? 16
        isLengthSeparate = algorithms.mac?.isEncryptThenMAC ?? true
    }

    private static func mac(
        _ algorithm: MACAlgorithm?, key: Secret
    ) throws(CryptographyError) -> Held<MessageAuthenticationCode> {
        guard let algorithm else { throw .invalidKey("a cipher without authentication has no MAC") }
        return Held(key.withBytes { key in MessageAuthenticationCode(algorithm.hash, key: key) })
    }

    // MARK: Sealing

    /// Pads, authenticates and encrypts the packet that begins at `start` of `buffer`: five bytes of room for the
    /// lengths, then the payload, which ends the buffer.
    func seal(_ buffer: inout ByteBuffer, from start: Int, sequence: UInt32) throws(TransportError) {
        let unpadded = buffer.count - start
        let padding = paddingLength(unpadded)
        appendPadding(padding, to: &buffer)
        buffer.overwrite(UInt32(unpadded - 4 + padding), at: start)
        buffer[start + 4] = UInt8(padding)
        let end = buffer.count
        buffer.append(repeating: 0, count: tagLength)
        var bytes = buffer.mutableBytes
        var packet = bytes._mutatingExtracting(start..<end + tagLength)
        do throws(CryptographyError) {
            try seal(&packet, bodyEnd: end - start, sequence: sequence)
        } catch {
            cipher = .failed
            throw .cryptography(error)
        }
    }

    /// How many bytes of padding a packet of `unpadded` bytes with its lengths needs (RFC 4253 §6).
    private func paddingLength(_ unpadded: Int) -> Int {
        let aligned = isLengthSeparate ? unpadded - 4 : unpadded
        let padding = blockSize - aligned % blockSize
        return padding < 4 ? padding + blockSize : padding
    }

    /// Whether the cipher can write elsewhere than it reads, and so seal a packet from where its parts lie.
    var sealsPieces: Bool {
        switch cipher {
        case .gcm, .chacha: true
        case .none, .ctr, .cbc, .failed: false
        }
    }

    /// Appends a packet to `buffer`: what `front` holds, with five bytes of room for the lengths, and the first `count`
    /// bytes of `queue`, padded, authenticated and encrypted. Only with a cipher that `sealsPieces`.
    func seal(
        _ front: inout ByteBuffer, _ count: Int, from queue: inout OutboundQueue, onto buffer: inout ByteBuffer,
        sequence: UInt32
    ) throws(TransportError) {
        let unpadded = front.count + count
        let padding = paddingLength(unpadded)
        front.overwrite(UInt32(unpadded - 4 + padding), at: 0)
        front[4] = UInt8(padding)
        buffer.reserve(unpadded + padding + tagLength)
        fillPaddingStore(padding)
        defer { paddingStore.consume(padding) }
        do throws(CryptographyError) {
            let length = front.bytes.extracting(first: 4)
            let rest = front.bytes.extracting(4..<front.count)
            switch cipher {
            case .gcm(let gcm):
                try gcm.value.begin(prefix: length, onto: &buffer)
                try gcm.value.encrypt(rest, onto: &buffer)
                try queue.take(count) { piece throws(CryptographyError) in
                    try gcm.value.encrypt(piece, onto: &buffer)
                }
                try gcm.value.encrypt(paddingStore.bytes.extracting(first: padding), onto: &buffer)
                try gcm.value.finish(&buffer)
            case .chacha(let chacha):
                let start = buffer.count
                try chacha.value.begin(length: length, sequence: sequence, onto: &buffer)
                try chacha.value.encrypt(rest, onto: &buffer)
                try queue.take(count) { piece throws(CryptographyError) in
                    try chacha.value.encrypt(piece, onto: &buffer)
                }
                try chacha.value.encrypt(paddingStore.bytes.extracting(first: padding), onto: &buffer)
                try chacha.value.finish(&buffer, from: start)
            case .none, .ctr, .cbc, .failed:
                throw .failure("this cipher takes whole packets")
            }
        } catch {
            cipher = .failed
            throw .cryptography(error)
        }
    }

    private func appendPadding(_ count: Int, to buffer: inout ByteBuffer) {
        switch cipher {
        case .none, .failed: buffer.append(repeating: 0, count: count)
        case .gcm, .chacha, .ctr, .cbc:
            fillPaddingStore(count)
            buffer.append(paddingStore.bytes.extracting(first: count))
            paddingStore.consume(count)
        }
    }

    /// Sees to it that at least `count` bytes of random padding are in the store: the system is slow to ask.
    private func fillPaddingStore(_ count: Int) {
        if paddingStore.count < count { paddingStore = ByteBuffer(SystemRandom.bytes(Self.paddingStoreLength)) }
    }

    /// Bytes of random padding that are fetched at a time; at least the largest padding, 255.
    private static let paddingStoreLength = 4096
    private var paddingStore = ByteBuffer()

    private func seal(
        _ packet: inout MutableRawSpan, bodyEnd: Int, sequence: UInt32
    ) throws(CryptographyError) {
        switch cipher {
        case .none: break
        case .gcm(let gcm):
            try gcm.value.seal(packet: &packet, authenticatedPrefix: 4)
        case .chacha(let chacha):
            try chacha.value.seal(packet: &packet, sequence: sequence)
        case .ctr(let stream, let mac):
            if isLengthSeparate {
                var body = packet._mutatingExtracting(4..<bodyEnd)
                try stream.value.apply(&body)
                Self.authenticate(&packet, bodyEnd: bodyEnd, sequence: sequence, with: &mac.value)
            } else {
                Self.authenticate(&packet, bodyEnd: bodyEnd, sequence: sequence, with: &mac.value)
                var body = packet._mutatingExtracting(0..<bodyEnd)
                try stream.value.apply(&body)
            }
        case .cbc(let block, let mac):
            if isLengthSeparate {
                var body = packet._mutatingExtracting(4..<bodyEnd)
                try block.value.apply(&body)
                Self.authenticate(&packet, bodyEnd: bodyEnd, sequence: sequence, with: &mac.value)
            } else {
                Self.authenticate(&packet, bodyEnd: bodyEnd, sequence: sequence, with: &mac.value)
                var body = packet._mutatingExtracting(0..<bodyEnd)
                try block.value.apply(&body)
            }
        case .failed:
            throw .failure("the packet cipher failed before")
        }
    }

    private static func authenticate(
        _ packet: inout MutableRawSpan, bodyEnd: Int, sequence: UInt32, with mac: inout MessageAuthenticationCode
    ) {
        mac.update(sequence)
        mac.update(packet.bytes.extracting(0..<bodyEnd))
        var tag = packet._mutatingExtracting(bodyEnd..<bodyEnd + mac.length)
        mac.finish(into: &tag)
    }

    // MARK: Opening

    /// How many bytes from the front of `buffer` tell the packet's length.
    private var headerLength: Int { isLengthSeparate ? 4 : blockSize }

    /// The `packet_length` of the packet at the front of `buffer`; nil while too little of it is there.
    ///
    /// Asked once a packet: where the length is encrypted with the body, its block is decrypted in place.
    func packetLength(_ buffer: inout ByteBuffer, sequence: UInt32) throws(TransportError) -> Int? {
        guard buffer.count >= headerLength else { return nil }
        switch cipher {
        case .none, .gcm: break
        case .chacha(let chacha):
            let length: UInt32
            do throws(CryptographyError) {
                length = try chacha.value.packetLength(header: buffer.bytes.extracting(first: 4), sequence: sequence)
            } catch {
                throw .cryptography(error)
            }
            return try checked(Int(length))
        case .ctr(let stream, _):
            if !isLengthSeparate {
                var bytes = buffer.mutableBytes
                var block = bytes._mutatingExtracting(0..<blockSize)
                do throws(CryptographyError) { try stream.value.apply(&block) } catch { throw .cryptography(error) }
                decryptedPrefix = blockSize
            }
        case .cbc(let block, _):
            if !isLengthSeparate {
                var bytes = buffer.mutableBytes
                var first = bytes._mutatingExtracting(0..<blockSize)
                do throws(CryptographyError) { try block.value.apply(&first) } catch { throw .cryptography(error) }
                decryptedPrefix = blockSize
            }
        case .failed:
            throw .corruptedPacket
        }
        return try checked(Int(buffer.bytes.integer(at: 0, as: UInt32.self)))
    }

    private func checked(_ length: Int) throws(TransportError) -> Int {
        // The smallest packet: one byte of payload would do, padded to a block (RFC 4253 §6).
        guard length >= 5, length <= TransportLimits.packetLength else {
            throw .limitExceeded("a packet of \(length) bytes was declared")
        }
        guard (isLengthSeparate ? length : length + 4) % blockSize == 0 else {
            throw .violation("a packet of \(length) bytes is not a multiple of the block size")
        }
        return length
    }

    /// Verifies and decrypts the packet of `length` at the front of `buffer`, all of which is there.
    func open(_ buffer: inout ByteBuffer, length: Int, sequence: UInt32) throws(TransportError) {
        let bodyEnd = 4 + length
        var bytes = buffer.mutableBytes
        var packet = bytes._mutatingExtracting(0..<bodyEnd + tagLength)
        do throws(CryptographyError) {
            try open(&packet, bodyEnd: bodyEnd, sequence: sequence)
        } catch {
            cipher = .failed
            switch error {
            case .authenticationFailed: throw .corruptedPacket
            case .failure, .invalidKey, .invalidPublicValue, .unsupported: throw .cryptography(error)
            }
        }
    }

    private func open(
        _ packet: inout MutableRawSpan, bodyEnd: Int, sequence: UInt32
    ) throws(CryptographyError) {
        let prefix = decryptedPrefix
        decryptedPrefix = 0
        switch cipher {
        case .none: break
        case .gcm(let gcm):
            try gcm.value.open(packet: &packet, authenticatedPrefix: 4)
        case .chacha(let chacha):
            try chacha.value.open(packet: &packet, sequence: sequence)
        case .ctr(let stream, let mac):
            if isLengthSeparate {
                try Self.verify(packet, bodyEnd: bodyEnd, sequence: sequence, with: &mac.value)
            }
            var body = packet._mutatingExtracting((isLengthSeparate ? 4 : prefix)..<bodyEnd)
            try stream.value.apply(&body)
            if !isLengthSeparate {
                try Self.verify(packet, bodyEnd: bodyEnd, sequence: sequence, with: &mac.value)
            }
        case .cbc(let block, let mac):
            if isLengthSeparate {
                try Self.verify(packet, bodyEnd: bodyEnd, sequence: sequence, with: &mac.value)
            }
            var body = packet._mutatingExtracting((isLengthSeparate ? 4 : prefix)..<bodyEnd)
            try block.value.apply(&body)
            if !isLengthSeparate {
                try Self.verify(packet, bodyEnd: bodyEnd, sequence: sequence, with: &mac.value)
            }
        case .failed:
            throw .authenticationFailed
        }
    }

    private static func verify(
        _ packet: borrowing MutableRawSpan, bodyEnd: Int, sequence: UInt32,
        with mac: inout MessageAuthenticationCode
    ) throws(CryptographyError) {
        let bytes = packet.bytes
        mac.update(sequence)
        mac.update(bytes.extracting(0..<bodyEnd))
        var expected = ByteBuffer(capacity: mac.length)
        expected.append(repeating: 0, count: mac.length)
        var space = expected.mutableBytes
        mac.finish(into: &space)
        guard constantTimeEquals(expected.bytes, bytes.extracting(bodyEnd..<bodyEnd + mac.length)) else {
            throw .authenticationFailed
        }
    }
}

extension CipherAlgorithm {
    fileprivate var block: BlockCipherCBC.Cipher {
        switch self {
        case .aes128CBC: .aes128
        case .aes192CBC: .aes192
        case .tripleDESCBC: .tripleDES
        case .aes256CBC, .chacha20Poly1305, .aes128GCM, .aes256GCM, .aes128CTR, .aes192CTR, .aes256CTR: .aes256
        }
    }
}
