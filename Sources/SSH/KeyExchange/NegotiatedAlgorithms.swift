/// What both sides agreed on (RFC 4253 §7.1): of each kind the client's first that the server has, too.
package struct NegotiatedAlgorithms: Sendable, Equatable {
    package var keyExchange: KeyExchangeAlgorithm
    package var hostKey: KeyAlgorithm
    package var toServer: DirectionAlgorithms
    package var toClient: DirectionAlgorithms

    /// What protects one direction; `mac` is nil where the cipher authenticates.
    package struct DirectionAlgorithms: Sendable, Equatable {
        package var cipher: CipherAlgorithm
        package var mac: MACAlgorithm?
        package var compression: CompressionAlgorithm
    }

    /// Throws `.noCommonAlgorithm` for the first kind in which nothing is common.
    package init(client: KeyExchangeInit, server: KeyExchangeInit) throws(TransportError) {
        keyExchange = try Self.choose("key exchange", client.keyExchange, server.keyExchange) {
            KeyExchangeAlgorithm(rawValue: $0)
        }
        hostKey = try Self.choose("host key", client.hostKeys, server.hostKeys) { KeyAlgorithm(name: $0) }
        toServer = try Self.direction(
            ciphers: (client.ciphersToServer, server.ciphersToServer),
            macs: (client.macsToServer, server.macsToServer),
            compression: (client.compressionToServer, server.compressionToServer))
        toClient = try Self.direction(
            ciphers: (client.ciphersToClient, server.ciphersToClient),
            macs: (client.macsToClient, server.macsToClient),
            compression: (client.compressionToClient, server.compressionToClient))
    }

    private static func direction(
        ciphers: ([String], [String]), macs: ([String], [String]), compression: ([String], [String])
    ) throws(TransportError) -> DirectionAlgorithms {
        let cipher = try choose("cipher", ciphers.0, ciphers.1) { CipherAlgorithm(rawValue: $0) }
        let mac: MACAlgorithm? =
            cipher.isAuthenticated ? nil : try choose("MAC", macs.0, macs.1) { MACAlgorithm(rawValue: $0) }
        return DirectionAlgorithms(
            cipher: cipher, mac: mac,
            compression: try choose("compression", compression.0, compression.1) { CompressionAlgorithm(rawValue: $0) })
    }

    private static func choose<Algorithm>(
        _ kind: String, _ client: [String], _ server: [String], _ parse: (String) -> Algorithm?
    ) throws(TransportError) -> Algorithm {
        let offered = Set(server)
        // A marker is no algorithm, though both sides could list it.
        for name in client where offered.contains(name) {
            if let algorithm = parse(name) { return algorithm }
        }
        throw .noCommonAlgorithm(kind: kind, ours: client, theirs: server)
    }

    /// Whether a packet that was sent on a guess is the right one: both sides prefer the same method and host key
    /// (RFC 4253 §7).
    static func guessIsRight(_ one: KeyExchangeInit, _ other: KeyExchangeInit) -> Bool {
        one.keyExchange.first == other.keyExchange.first && one.hostKeys.first == other.hostKeys.first
    }
}
