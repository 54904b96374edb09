import Bytes
import Cryptography

/// The server's part of one key exchange method: the mirror of `ClientKeyExchange`.
struct ServerKeyExchange: ~Copyable {
    private enum State {
        case awaitingValue(DiffieHellmanGroup?)
        case awaitingGroupRequest
        case finished
    }

    /// What goes into the reply and the exchange hash.
    struct Agreement: Sendable {
        /// The number of the reply message.
        let replyNumber: UInt8
        /// Our public value, as its field of the reply.
        let publicField: [UInt8]
        let encodedSecret: Secret
        /// The fields of the exchange hash between K_S and K.
        let hashedFields: [UInt8]
    }

    enum Step {
        case sent
        case agreed(Agreement)
    }

    let algorithm: KeyExchangeAlgorithm
    private var state: State
    /// The client's request for a group and the group, as the exchange hash has them.
    private var groupFields: [UInt8] = []

    init(_ algorithm: KeyExchangeAlgorithm) {
        self.algorithm = algorithm
        switch algorithm.family {
        case .curve25519, .ecdh, .hybrid: state = .awaitingValue(nil)
        case .diffieHellman(let group): state = .awaitingValue(group)
        case .groupExchange: state = .awaitingGroupRequest
        }
    }

    /// Takes a message in 30…49 from the client.
    mutating func receive<Sink: PacketSink & ~Copyable>(
        _ payload: RawSpan, sink: inout Sink
    ) throws(TransportError) -> Step {
        let present = state
        state = .finished
        var reader = WireReader(payload.extracting(1..<payload.byteCount))
        do throws(WireError) {
            switch (present, payload[0]) {
            case (.awaitingGroupRequest, 34):
                let minimum = Int(try reader.integer(UInt32.self))
                let preferred = Int(try reader.integer(UInt32.self))
                let maximum = Int(try reader.integer(UInt32.self))
                try reader.expectEnd()
                let group = try Self.group(minimum: minimum, preferred: preferred, maximum: maximum)
                var fields = ByteBuffer()
                fields.append([UInt8](payload.extracting(1..<payload.byteCount)))
                fields.append(positiveInteger: group.prime)
                fields.append(positiveInteger: group.generator)
                groupFields = fields.array
                sink.sendPacket { message in
                    message.append(31 as UInt8)
                    message.append(positiveInteger: group.prime)
                    message.append(positiveInteger: group.generator)
                }
                state = .awaitingValue(group)
                return .sent
            case (.awaitingValue(let group?), groupFields.isEmpty ? 30 : 32):
                let value = try reader.positiveInteger(limit: TransportLimits.groupBits.upperBound / 8)
                try reader.expectEnd()
                return .agreed(try agree(onValue: value, in: group))
            case (.awaitingValue(nil), 30):
                let point = try reader.bytes(limit: TransportLimits.publicValueLength)
                try reader.expectEnd()
                return .agreed(try agree(on: point))
            case (.awaitingValue, let number), (.awaitingGroupRequest, let number), (.finished, let number):
                throw WireError.malformed("\(MessageNumber(rawValue: number)) out of order")
            }
        } catch {
            throw TransportError(error, in: "a message of \(algorithm.rawValue)")
        }
    }

    /// The smallest well-known group of at least the preferred size within the range (RFC 4419 §3, RFC 8270).
    private static func group(minimum: Int, preferred: Int, maximum: Int) throws(WireError) -> DiffieHellmanGroup {
        let known: [(Int, DiffieHellmanGroup)] = [(2048, .group14), (4096, .group16), (8192, .group18)]
        let fitting = known.filter { $0.0 >= minimum && $0.0 <= maximum }
        guard minimum <= preferred, preferred <= maximum,
            let group = (fitting.first { $0.0 >= preferred } ?? fitting.last)?.1
        else { throw .malformed("no group of \(minimum) to \(maximum) bits") }
        return group
    }

    private func agree(on point: [UInt8]) throws(WireError) -> Agreement {
        do throws(CryptographyError) {
            switch algorithm.family {
            case .curve25519:
                let key = try X25519()
                let ours = key.publicKey
                return agreement(point, ours, integer: try key.sharedSecret(with: point.rawSpan))
            case .ecdh(let curve):
                let key = try ECDH(curve)
                let ours = key.publicKey
                return agreement(point, ours, integer: try key.sharedSecret(with: point.rawSpan))
            case .hybrid(let method):
                let (ours, secret) = try HybridKeyAgreement.reply(to: point, method, hash: algorithm.hash)
                return agreement(point, ours, encodedSecret: secret)
            case .diffieHellman, .groupExchange:
                preconditionFailure("these methods agree in a group")
            }
        } catch {
            throw .malformed("\(error)")
        }
    }

    private func agreement(_ theirs: [UInt8], _ ours: [UInt8], integer secret: Secret) -> Agreement {
        agreement(theirs, ours, encodedSecret: KeyDerivation.encode(positiveInteger: secret))
    }

    private func agreement(_ theirs: [UInt8], _ ours: [UInt8], encodedSecret: Secret) -> Agreement {
        var field = ByteBuffer()
        field.append(string: ours)
        var hashed = ByteBuffer()
        hashed.append(string: theirs)
        hashed.append(field.bytes)
        return Agreement(
            replyNumber: 31, publicField: field.array, encodedSecret: encodedSecret, hashedFields: hashed.array)
    }

    private func agree(onValue value: [UInt8], in group: DiffieHellmanGroup) throws(WireError) -> Agreement {
        do throws(CryptographyError) {
            let key = try DiffieHellman(group)
            var field = ByteBuffer()
            field.append(positiveInteger: key.publicValue)
            var hashed = ByteBuffer(groupFields)
            hashed.append(positiveInteger: value)
            hashed.append(field.bytes)
            return Agreement(
                replyNumber: groupFields.isEmpty ? 31 : 33, publicField: field.array,
                encodedSecret: KeyDerivation.encode(positiveInteger: try key.sharedSecret(with: value)),
                hashedFields: hashed.array)
        } catch {
            throw .malformed("\(error)")
        }
    }
}
