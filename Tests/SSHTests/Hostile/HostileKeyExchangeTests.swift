import Bytes
import Cryptography
import TestHosts
import Testing

@testable import SSH

@Suite("Servers that attack a client's key exchange")
struct HostileKeyExchangeTests {
    /// Plays a server up to the client's first message of `method`, then says `replies`, one for each message.
    private static func meet(
        _ method: KeyExchangeAlgorithm, hostKeys: [KeyAlgorithm] = [.ed25519],
        _ replies: @escaping @Sendable (Int) -> [UInt8]?
    ) async throws -> Encounter {
        try await Encounter.with { socket in
            var preferences = AlgorithmPreferences.defaults
            preferences.keyExchange = [method]
            preferences.hostKeys = hostKeys
            let offer = KeyExchangeInit(preferences, role: .server, isFirst: true)
            socket.write(Array("SSH-2.0-hostile\r\n".utf8) + plainPacket(offer.encoded()))
            _ = socket.readLine()
            guard readPacket(socket)?.first == 20 else { return }
            var count = 0
            while readPacket(socket) != nil, let reply = replies(count) {
                socket.write(plainPacket(reply))
                count += 1
            }
            socket.drain()
        } change: {
            $0.transport.algorithms.keyExchange = [method]
        }
    }

    private static func readPacket(_ socket: BlockingSocket) -> [UInt8]? {
        guard let header = socket.read(exactly: 5) else { return nil }
        let length = header.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard let rest = socket.read(exactly: length - 1) else { return nil }
        return Array(rest.dropLast(Int(header[4])))
    }

    private static func reply(
        _ number: UInt8 = 31, hostKey: [UInt8] = TransportSide.hostKey.publicKey.blob,
        signature: [UInt8] = [0], value: (inout ByteBuffer) -> Void
    ) -> [UInt8] {
        payload {
            $0.append(number)
            $0.append(string: hostKey)
            value(&$0)
            $0.append(string: signature)
        }
    }

    // MARK: Public values

    /// Points whose multiple by any private key is zero (RFC 7748 §7; Bernstein, "Curve25519: public key validation").
    private static let lowOrderPoints: [String] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]

    @Test("A Curve25519 point of low order is refused", arguments: lowOrderPoints)
    func lowOrder(point: String) async throws {
        let bytes = try #require(Hexadecimal.decode(point))
        let met = try await Self.meet(.curve25519SHA256) { _ in Self.reply { $0.append(string: bytes) } }
        met.expectFailure(\.isInvalidKey)
    }

    @Test("A Curve25519 value of another length is refused", arguments: [0, 31, 33, 256])
    func curve25519Length(count: Int) async throws {
        let met = try await Self.meet(.curve25519SHA256) { _ in
            Self.reply { $0.append(string: [UInt8](repeating: 9, count: count)) }
        }
        met.expectFailure(\.isInvalidKey)
    }

    @Test(
        "What is no point of the curve is refused",
        arguments: [KeyExchangeAlgorithm.ecdhP256, .ecdhP384, .ecdhP521], 0...5)
    func points(method: KeyExchangeAlgorithm, form: Int) async throws {
        guard case .ecdh(let curve) = method.family else { return }
        let size = curve.fieldLength
        let point: [UInt8] =
            switch form {
            case 0: []
            case 1: [0]
            case 2: [4] + [UInt8](repeating: 0, count: 2 * size)
            case 3: [4] + [UInt8](repeating: 0xFF, count: 2 * size)
            // Compressed, and one byte short.
            case 4: [2] + [UInt8](repeating: 1, count: size)
            case _: [4] + [UInt8](repeating: 1, count: 2 * size - 1)
            }
        let met = try await Self.meet(method) { _ in Self.reply { $0.append(string: point) } }
        met.expectFailure(\.isInvalidKey)
    }

    private static let hybrids: [KeyExchangeAlgorithm] = [.mlkem768X25519SHA256, .sntrup761X25519SHA512]

    @Test("A hybrid value of another length is refused", arguments: hybrids, [0, 32, 1070, 1072, 1119, 1121, 2048])
    func hybridLength(method: KeyExchangeAlgorithm, count: Int) async throws {
        let met = try await Self.meet(method) { _ in
            Self.reply { $0.append(string: [UInt8](repeating: 9, count: count)) }
        }
        met.expectFailure(\.isInvalidKey)
    }

    @Test("A hybrid value longer than any is malformed", arguments: hybrids, [2049, 200_000])
    func hybridLimit(method: KeyExchangeAlgorithm, count: Int) async throws {
        let met = try await Self.meet(method) { _ in
            Self.reply { $0.append(string: [UInt8](repeating: 9, count: count)) }
        }
        met.expectFailure(\.isViolation)
    }

    @Test("A point of low order is refused next to a key encapsulation, too", arguments: hybrids, lowOrderPoints)
    func hybridLowOrder(method: KeyExchangeAlgorithm, point: String) async throws {
        let bytes = try #require(Hexadecimal.decode(point))
        let length = method == .mlkem768X25519SHA256 ? MLKEM768.ciphertextLength : SNTRUP761.ciphertextLength
        let met = try await Self.meet(method) { _ in
            Self.reply { $0.append(string: SystemRandom.bytes(length) + bytes) }
        }
        met.expectFailure(\.isInvalidKey)
    }

    @Test("A ciphertext that was not made for the client's key ends in a wrong signature", arguments: hybrids)
    func foreignCiphertext(method: KeyExchangeAlgorithm) async throws {
        let length = method == .mlkem768X25519SHA256 ? MLKEM768.ciphertextLength : SNTRUP761.ciphertextLength
        let point = try X25519().publicKey
        let signature = try TransportSide.hostKey.sign([1, 2, 3].rawSpan, algorithm: .ed25519)
        let met = try await Self.meet(method) { _ in
            Self.reply(signature: signature) { $0.append(string: SystemRandom.bytes(length) + point) }
        }
        met.expectFailure { $0 == .transport(.invalidHostKeySignature) }
    }

    enum GroupValue: CaseIterable { case zero, one, primeLessOne, prime, primeAndOne }

    private static func value(_ kind: GroupValue, _ prime: [UInt8]) -> [UInt8] {
        // The prime is odd, and its last byte is not 0xFF in groups where that is used.
        switch kind {
        case .zero: return []
        case .one: return [1]
        case .primeLessOne: return Array(prime.dropLast()) + [prime[prime.count - 1] - 1]
        case .prime: return prime
        case .primeAndOne: return [1] + prime.dropFirst()
        }
    }

    @Test("Diffie-Hellman values out of range are refused", arguments: GroupValue.allCases)
    func groupValues(kind: GroupValue) async throws {
        let value = Self.value(kind, DiffieHellmanGroup.group14.prime)
        let met = try await Self.meet(.group14SHA256) { _ in Self.reply { $0.append(positiveInteger: value) } }
        if kind == .primeAndOne {
            // In range, and so refused only for the signature.
            met.expectFailure { $0.isInvalidKey || $0 == .transport(.invalidHostKeySignature) }
        } else {
            met.expectFailure(\.isInvalidKey)
        }
    }

    @Test(
        "A negative or gigantic Diffie-Hellman value is malformed",
        arguments: [[0x80, 1], [UInt8](repeating: 1, count: 1026)])
    func oddIntegers(bytes: [UInt8]) async throws {
        let met = try await Self.meet(.group14SHA256) { _ in Self.reply { $0.append(string: bytes) } }
        met.expectFailure(\.isViolation)
    }

    private static func group(_ prime: [UInt8], _ generator: [UInt8]) -> [UInt8] {
        payload {
            $0.append(31 as UInt8)
            $0.append(positiveInteger: prime)
            $0.append(positiveInteger: generator)
        }
    }

    @Test(
        "A group of a wrong size, an even prime and a generator out of range are refused",
        arguments: [
            group(DiffieHellmanGroup.group1.prime, [2]), group([UInt8](repeating: 0xFF, count: 255), [2]),
            group([UInt8](repeating: 0xFF, count: 255) + [0xFE], [2]), group(DiffieHellmanGroup.group14.prime, []),
            group(DiffieHellmanGroup.group14.prime, [1]),
            group(DiffieHellmanGroup.group14.prime, DiffieHellmanGroup.group14.prime), group([], []), group([7], [2]),
        ])
    func groups(message: [UInt8]) async throws {
        let met = try await Self.meet(.groupExchangeSHA256) { _ in message }
        met.expectFailure(\.isInvalidKey)
    }

    @Test("A group larger than its limit is malformed", arguments: [1025, 2048, 32_000])
    func hugeGroup(length: Int) async throws {
        let met = try await Self.meet(.groupExchangeSHA256) { _ in
            Self.group([UInt8](repeating: 0xFF, count: length), [2])
        }
        met.expectFailure(\.isViolation)
    }

    @Test(
        "Values out of range are refused in a group exchange too",
        arguments: [GroupValue.zero, .one, .primeLessOne, .prime])
    func groupExchangeValues(kind: GroupValue) async throws {
        let prime = DiffieHellmanGroup.group14.prime
        let met = try await Self.meet(.groupExchangeSHA256) { count in
            count == 0
                ? Self.group(prime, [2]) : Self.reply(33) { $0.append(positiveInteger: Self.value(kind, prime)) }
        }
        met.expectFailure(\.isInvalidKey)
    }

    @Test("A second group in place of the reply is refused")
    func groupTwice() async throws {
        let met = try await Self.meet(.groupExchangeSHA256) { _ in Self.group(DiffieHellmanGroup.group14.prime, [2]) }
        met.expectFailure(\.isViolation)
    }

    // MARK: Host keys and signatures

    private static func meet(
        hostKey: [UInt8], signature: [UInt8], algorithm: KeyAlgorithm
    ) async throws -> Encounter {
        let value = try X25519().publicKey
        return try await meet(.curve25519SHA256, hostKeys: [algorithm]) { _ in
            reply(hostKey: hostKey, signature: signature) { $0.append(string: value) }
        }
    }

    @Test(
        "A signature over something else is refused",
        arguments: [
            (SigningKey.Kind.ed25519, KeyAlgorithm.ed25519), (.ecdsa(.p256), .ecdsaP256),
            (.rsa(bits: 2048), .rsaSHA256),
        ])
    func wrongSignature(kind: SigningKey.Kind, algorithm: KeyAlgorithm) async throws {
        let key = try KeyPair.generate(kind)
        let signature = try key.sign([1, 2, 3].rawSpan, algorithm: algorithm)
        let met = try await Self.meet(hostKey: key.publicKey.blob, signature: signature, algorithm: algorithm)
        met.expectFailure { $0 == .transport(.invalidHostKeySignature) }
    }

    @Test("A host key of another type than was negotiated is refused")
    func otherType() async throws {
        let key = try KeyPair.generate(.ecdsa(.p256))
        let signature = try key.sign([1].rawSpan, algorithm: .ecdsaP256)
        let met = try await Self.meet(hostKey: key.publicKey.blob, signature: signature, algorithm: .ed25519)
        met.expectFailure(\.isInvalidKey)
    }

    @Test("A signature by another algorithm than was negotiated is refused: RSA with SHA-1 in place of SHA-2")
    func otherSignatureAlgorithm() async throws {
        let key = try KeyPair.generate(.rsa(bits: 2048))
        let signature = try key.sign([1].rawSpan, algorithm: .rsa)
        let met = try await Self.meet(hostKey: key.publicKey.blob, signature: signature, algorithm: .rsaSHA256)
        met.expectFailure(\.isInvalidKey)
    }

    @Test("A certificate is shown only by who holds the key in it")
    func borrowedCertificate() async throws {
        let signature = try KeyPair.generate().sign([1].rawSpan, algorithm: .ed25519)
        let met = try await Self.meet(
            hostKey: CertificateMaker().blob(), signature: signature, algorithm: .certificate(.ed25519))
        met.expectFailure { $0 == .transport(.invalidHostKeySignature) }
    }

    @Test("A key in place of a certificate is refused, and the other way round, and so is one that nests or is cut off")
    func otherThanCertificate() async throws {
        let signature = try CertificateMaker.key.sign([1].rawSpan, algorithm: .ed25519)
        let certificate = try CertificateMaker().blob()
        var nested = CertificateMaker()
        nested.authorityBlob = certificate
        let shown: [([UInt8], KeyAlgorithm)] = [
            (CertificateMaker.key.publicKey.blob, .certificate(.ed25519)), (certificate, .ed25519),
            (try nested.blob(), .certificate(.ed25519)), (certificate.dropLast(), .certificate(.ed25519)),
        ]
        for (hostKey, algorithm) in shown {
            let met = try await Self.meet(hostKey: hostKey, signature: signature, algorithm: algorithm)
            met.expectFailure(\.isInvalidKey)
        }
    }

    @Test("ECDSA integers wider than the curve, or zero, are refused", arguments: [0, 33, 1000])
    func ecdsaIntegers(length: Int) async throws {
        let key = try KeyPair.generate(.ecdsa(.p256))
        let signature = payload {
            $0.append(string: "ecdsa-sha2-nistp256")
            $0.appendString {
                $0.append(positiveInteger: [UInt8](repeating: 0x7F, count: length))
                $0.append(positiveInteger: [1])
            }
        }
        let met = try await Self.meet(hostKey: key.publicKey.blob, signature: signature, algorithm: .ecdsaP256)
        met.expectFailure(\.isInvalidKey)
    }

    @Test("RSA keys of an absurd size or exponent are refused, and soon", arguments: [1, 64, 127, 2049, 8000])
    func rsaModulus(length: Int) async throws {
        let key = payload {
            $0.append(string: "ssh-rsa")
            $0.append(positiveInteger: [1, 0, 1])
            $0.append(positiveInteger: [UInt8](repeating: 0xFF, count: length))
        }
        let signature = payload {
            $0.append(string: "rsa-sha2-256")
            $0.append(string: [UInt8](repeating: 0x7F, count: length))
        }
        let met = try await Self.meet(hostKey: key, signature: signature, algorithm: .rsaSHA256)
        met.expectFailure(\.isInvalidKey)
    }

    @Test(
        "An RSA exponent of 1, of zero, even or huge is refused",
        arguments: [[], [1], [2], [UInt8](repeating: 0xFF, count: 256)])
    func rsaExponent(exponent: [UInt8]) async throws {
        let key = payload {
            $0.append(string: "ssh-rsa")
            $0.append(positiveInteger: exponent)
            $0.append(positiveInteger: [UInt8](repeating: 0xFF, count: 256))
        }
        let met = try await Self.meet(
            hostKey: key,
            signature: payload {
                $0.append(string: "rsa-sha2-256")
                $0.append(string: [UInt8](repeating: 0x7F, count: 256))
            }, algorithm: .rsaSHA256)
        met.expectFailure(\.isInvalidKey)
    }

    @Test("A reply that is cut short at any place is malformed")
    func truncatedReply() throws {
        let value = try X25519().publicKey
        let whole = Self.reply { $0.append(string: value) }
        var sink = ChannelPacketList()
        for end in 1..<whole.count {
            var exchange = try ClientKeyExchange(.curve25519SHA256, sink: &sink)
            let part = Array(whole.prefix(end))
            #expect(throws: TransportError.self) { _ = try exchange.receive(part.rawSpan, sink: &sink) }
        }
    }
}
