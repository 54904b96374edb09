package import Bytes
import Cryptography

/// SSH_MSG_KEXINIT (RFC 4253 §7.1): what a side offers, as names.
///
/// | offset | field |
/// |---|---|
/// | 0 | byte 20 |
/// | 1 | 16 bytes of cookie |
/// | 17 | ten name-lists |
/// | … | boolean first_kex_packet_follows, uint32 0 |
package struct KeyExchangeInit: Sendable, Equatable {
    package var cookie: [UInt8]
    package var keyExchange: [String]
    package var hostKeys: [String]
    package var ciphersToServer: [String]
    package var ciphersToClient: [String]
    package var macsToServer: [String]
    package var macsToClient: [String]
    package var compressionToServer: [String]
    package var compressionToClient: [String]
    package var languagesToServer: [String] = []
    package var languagesToClient: [String] = []
    package var firstPacketFollows = false

    /// Names in the list of key exchange methods that only mark a capability.
    package enum Marker {
        /// RFC 8308 §2.1.
        static let clientExtensions = "ext-info-c"
        static let serverExtensions = "ext-info-s"
        /// OpenSSH PROTOCOL §1.10.
        static let clientStrict = "kex-strict-c-v00@openssh.com"
        static let serverStrict = "kex-strict-s-v00@openssh.com"
    }

    /// The offer of `preferences`; the markers are sent in the first exchange of a connection only.
    package init(_ preferences: AlgorithmPreferences, role: Role, isFirst: Bool) {
        cookie = SystemRandom.bytes(16)
        keyExchange = preferences.keyExchange.map(\.rawValue)
        if isFirst {
            switch role {
            case .client: keyExchange += [Marker.clientExtensions, Marker.clientStrict]
            case .server: keyExchange += [Marker.serverExtensions, Marker.serverStrict]
            }
        }
        hostKeys = preferences.hostKeys.map(\.name)
        ciphersToServer = preferences.ciphers.map(\.rawValue)
        ciphersToClient = ciphersToServer
        macsToServer = preferences.macs.map(\.rawValue)
        macsToClient = macsToServer
        compressionToServer = preferences.compression.map(\.rawValue)
        compressionToClient = compressionToServer
    }

    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        guard try reader.byte() == MessageNumber.keyExchangeInit.rawValue else { throw .malformed("not a KEXINIT") }
        let limit = TransportLimits.algorithmCount
        cookie = [UInt8](try reader.raw(16))
        keyExchange = try reader.nameList(limit: limit)
        hostKeys = try reader.nameList(limit: limit)
        ciphersToServer = try reader.nameList(limit: limit)
        ciphersToClient = try reader.nameList(limit: limit)
        macsToServer = try reader.nameList(limit: limit)
        macsToClient = try reader.nameList(limit: limit)
        compressionToServer = try reader.nameList(limit: limit)
        compressionToClient = try reader.nameList(limit: limit)
        languagesToServer = try reader.nameList(limit: limit)
        languagesToClient = try reader.nameList(limit: limit)
        firstPacketFollows = try reader.boolean()
        _ = try reader.integer(UInt32.self)
        try reader.expectEnd()
    }

    /// The payload, as it goes on the wire and into the exchange hash.
    package func encoded() -> [UInt8] {
        var buffer = ByteBuffer(capacity: 1024)
        buffer.append(MessageNumber.keyExchangeInit.rawValue)
        buffer.append(cookie)
        for list in [
            keyExchange, hostKeys, ciphersToServer, ciphersToClient, macsToServer, macsToClient, compressionToServer,
            compressionToClient, languagesToServer, languagesToClient,
        ] {
            buffer.append(nameList: list)
        }
        buffer.append(boolean: firstPacketFollows)
        buffer.append(0 as UInt32)
        return buffer.array
    }
}
