import Bytes

/// SSH_MSG_EXT_INFO (RFC 8308): what a peer can do beyond the base protocol.
package struct ExtensionInfo: Sendable, Equatable {
    /// `server-sig-algs`: the public key algorithms that the server accepts in authentication; nil when it did not say.
    package var signatureAlgorithms: [String]?
    /// Whether the peer answers `ping@openssh.com`.
    package var supportsPing = false
    /// Every extension's name, known here or not.
    package var names: [String] = []

    package init() {}

    /// Adds what `payload` says to what is known; unknown names are kept and have no effect (RFC 8308 §2.5).
    mutating func merge(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload.extracting(1..<payload.byteCount))
        let count = Int(try reader.integer(UInt32.self))
        guard count <= TransportLimits.extensionCount else {
            throw .tooLong(count, limit: TransportLimits.extensionCount)
        }
        for _ in 0..<count {
            let name = String(
                decoding: try reader.bytes(limit: TransportLimits.extensionLength), as: UTF8.self)
            let value = try reader.bytes(limit: TransportLimits.extensionLength)
            names.append(name.visible())
            switch name {
            case "server-sig-algs":
                signatureAlgorithms = value.split(separator: UInt8(ascii: ",")).map {
                    String(decoding: $0, as: UTF8.self)
                }
            case "ping@openssh.com": supportsPing = value == [UInt8(ascii: "0")]
            // An extension without a meaning here; to ignore it is what the RFC asks for.
            case _: break
            }
        }
        try reader.expectEnd()
    }
}
