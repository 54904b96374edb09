import Bytes
import Cryptography

/// The client's part of one key exchange method, from the first message behind KEXINIT to the shared secret.
///
/// | method | sends | receives |
/// |---|---|---|
/// | ECDH, X25519 (RFC 5656 §4, RFC 8731) | 30 Q_C | 31 K_S, Q_S, signature |
/// | hybrid (`HybridKeyAgreement`) | 30 C_INIT | 31 K_S, S_REPLY, signature |
/// | DH groups (RFC 4253 §8) | 30 e | 31 K_S, f, signature |
/// | group exchange (RFC 4419 §3) | 34 min, n, max; 32 e | 31 p, g; 33 K_S, f, signature |
struct ClientKeyExchange: ~Copyable {
    private enum State: ~Copyable {
        case curve25519(X25519)
        case ecdh(ECDH)
        case hybrid(HybridKeyAgreement)
        case diffieHellman(DiffieHellman)
        case awaitingGroup
        case groupExchange(DiffieHellman, DiffieHellmanGroup)
        case finished
    }

    /// What the server answered, and the secret that follows from it; nothing in it is verified yet.
    struct Reply: Sendable {
        let hostKey: [UInt8]
        let signature: [UInt8]
        /// K as the exchange hash has it.
        let encodedSecret: Secret
        /// The fields of the exchange hash between K_S and K: public values, and the group where it was asked for.
        let hashedFields: [UInt8]
    }

    enum Step {
        case sent
        case finished(Reply)
    }

    private enum Message {
        static let initiate: UInt8 = 30
        static let reply: UInt8 = 31
        static let groupRequest: UInt8 = 34
        static let group: UInt8 = 31
        static let groupInit: UInt8 = 32
        static let groupReply: UInt8 = 33
    }

    let algorithm: KeyExchangeAlgorithm
    private var state: State
    /// Our public value, as its field of the first message.
    private var publicField: [UInt8] = []

    /// Makes the ephemeral key and sends the first message.
    init<Sink: PacketSink & ~Copyable>(
        _ algorithm: KeyExchangeAlgorithm, sink: inout Sink
    ) throws(TransportError) {
        self.algorithm = algorithm
        var field = ByteBuffer()
        do throws(CryptographyError) {
            switch algorithm.family {
            case .curve25519:
                let key = try X25519()
                field.append(string: key.publicKey)
                state = .curve25519(key)
            case .ecdh(let curve):
                let key = try ECDH(curve)
                field.append(string: key.publicKey)
                state = .ecdh(key)
            case .hybrid(let method):
                let key = try HybridKeyAgreement(method)
                field.append(string: key.publicValue)
                state = .hybrid(key)
            case .diffieHellman(let group):
                let key = try DiffieHellman(group)
                field.append(positiveInteger: key.publicValue)
                state = .diffieHellman(key)
            case .groupExchange:
                state = .awaitingGroup
            }
        } catch {
            throw .cryptography(error)
        }
        publicField = field.array
        let value = field
        if value.isEmpty {
            sink.sendPacket { payload in
                payload.append(Message.groupRequest)
                Self.appendGroupRange(to: &payload)
            }
        } else {
            sink.sendPacket { payload in
                payload.append(Message.initiate)
                payload.append(value.bytes)
            }
        }
    }

    private static func appendGroupRange(to payload: inout ByteBuffer) {
        payload.append(UInt32(TransportLimits.groupBits.lowerBound))
        payload.append(UInt32(3072))
        payload.append(UInt32(TransportLimits.groupBits.upperBound))
    }

    /// Takes a message in 30…49 from the server.
    mutating func receive<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, sink: inout Sink
    ) throws(TransportError) -> Step {
        let number = payload[0]
        let present = exchange(&state, with: .finished)
        switch consume present {
        case .curve25519(let key):
            let values = try pointReply(payload, number)
            do throws(CryptographyError) {
                return .finished(
                    reply(values, integer: try key.sharedSecret(with: values.value.rawSpan)))
            } catch {
                throw Self.error(of: error)
            }
        case .ecdh(let key):
            let values = try pointReply(payload, number)
            do throws(CryptographyError) {
                return .finished(
                    reply(values, integer: try key.sharedSecret(with: values.value.rawSpan)))
            } catch {
                throw Self.error(of: error)
            }
        case .hybrid(let key):
            let values = try pointReply(payload, number)
            do throws(CryptographyError) {
                return .finished(
                    reply(values, encodedSecret: try key.encodedSecret(with: values.value, hash: algorithm.hash)))
            } catch {
                throw Self.error(of: error)
            }
        case .diffieHellman(let key):
            return .finished(try diffieHellmanReply(payload, expecting: Message.reply, number, key, group: nil))
        case .awaitingGroup:
            let group = try receiveGroup(payload, number)
            do throws(CryptographyError) {
                let key = try DiffieHellman(group)
                var field = ByteBuffer()
                field.append(positiveInteger: key.publicValue)
                publicField = field.array
                state = .groupExchange(key, group)
            } catch {
                throw .cryptography(error)
            }
            sink.sendPacket { payload in
                payload.append(Message.groupInit)
                payload.append(publicField)
            }
            return .sent
        case .groupExchange(let key, let group):
            return .finished(try diffieHellmanReply(payload, expecting: Message.groupReply, number, key, group: group))
        case .finished:
            throw .violation("\(MessageNumber(rawValue: number)) after the key exchange method had ended")
        }
    }

    private func receiveGroup(_ payload: RawSpan, _ number: UInt8) throws(TransportError) -> DiffieHellmanGroup {
        guard number == Message.group else { throw unexpected(number) }
        var reader = WireReader(payload.extracting(1..<payload.byteCount))
        let prime: [UInt8]
        let generator: [UInt8]
        do throws(WireError) {
            prime = try reader.positiveInteger(limit: TransportLimits.groupBits.upperBound / 8)
            generator = try reader.positiveInteger(limit: TransportLimits.groupBits.upperBound / 8)
            try reader.expectEnd()
        } catch {
            throw TransportError(error, in: "the group of a group exchange")
        }
        let bits = prime.count * 8 - (prime.first?.leadingZeroBitCount ?? 0)
        guard TransportLimits.groupBits.contains(bits) else {
            throw .invalidKey("the server's Diffie-Hellman group has \(bits) bits")
        }
        do throws(CryptographyError) {
            return try DiffieHellmanGroup(prime: prime, generator: generator)
        } catch {
            throw Self.error(of: error)
        }
    }

    /// The fields of a reply.
    private struct Values {
        let hostKey: [UInt8]
        let value: [UInt8]
        let signature: [UInt8]
    }

    private func pointReply(_ payload: RawSpan, _ number: UInt8) throws(TransportError) -> Values {
        try fields(payload, expecting: Message.reply, number) {
            (reader: inout WireReader) throws(WireError) in
            try reader.bytes(limit: TransportLimits.publicValueLength)
        }
    }

    private func reply(_ values: Values, integer secret: Secret) -> Reply {
        reply(values, encodedSecret: KeyDerivation.encode(positiveInteger: secret))
    }

    private func reply(_ values: Values, encodedSecret: Secret) -> Reply {
        var hashed = ByteBuffer()
        hashed.append(publicField)
        hashed.append(string: values.value)
        return Reply(
            hostKey: values.hostKey, signature: values.signature, encodedSecret: encodedSecret,
            hashedFields: hashed.array)
    }

    private func diffieHellmanReply(
        _ payload: RawSpan, expecting expected: UInt8, _ number: UInt8, _ key: consuming DiffieHellman,
        group: DiffieHellmanGroup?
    ) throws(TransportError) -> Reply {
        let values = try fields(payload, expecting: expected, number) {
            (reader: inout WireReader) throws(WireError) in
            try reader.positiveInteger(limit: TransportLimits.groupBits.upperBound / 8)
        }
        let secret: Secret
        do throws(CryptographyError) { secret = try key.sharedSecret(with: values.value) } catch {
            throw Self.error(of: error)
        }
        var hashed = ByteBuffer()
        if let group {
            Self.appendGroupRange(to: &hashed)
            hashed.append(positiveInteger: group.prime)
            hashed.append(positiveInteger: group.generator)
        }
        hashed.append(publicField)
        hashed.append(positiveInteger: values.value)
        return Reply(
            hostKey: values.hostKey, signature: values.signature,
            encodedSecret: KeyDerivation.encode(positiveInteger: secret),
            hashedFields: hashed.array)
    }

    private func fields(
        _ payload: RawSpan, expecting expected: UInt8, _ number: UInt8,
        value: (inout WireReader) throws(WireError) -> [UInt8]
    ) throws(TransportError) -> Values {
        guard number == expected else { throw unexpected(number) }
        var reader = WireReader(payload.extracting(1..<payload.byteCount))
        do throws(WireError) {
            let hostKey = try reader.bytes(limit: TransportLimits.hostKeyLength)
            let value = try value(&reader)
            let signature = try reader.bytes(limit: TransportLimits.hostKeyLength)
            try reader.expectEnd()
            return Values(hostKey: hostKey, value: value, signature: signature)
        } catch {
            throw TransportError(error, in: "the key exchange reply")
        }
    }

    private func unexpected(_ number: UInt8) -> TransportError {
        .violation("\(MessageNumber(rawValue: number)) does not belong into \(algorithm.rawValue) here")
    }

    private static func error(of error: CryptographyError) -> TransportError {
        switch error {
        case .invalidPublicValue(let reason), .invalidKey(let reason):
            .invalidKey("the server's key exchange value: \(reason)")
        case .failure, .authenticationFailed, .unsupported: .cryptography(error)
        }
    }
}
