package import Bytes

/// What a server takes and gives at most, from `limits@openssh.com` (OpenSSH PROTOCOL §4.8). 0 means that it does not say.
///
/// | offset | field | type |
/// |---|---|---|
/// | 0 | longest message, bytes | uint64 |
/// | 8 | longest read, bytes | uint64 |
/// | 16 | longest write, bytes | uint64 |
/// | 24 | most open handles | uint64 |
package struct ServerLimits: Hashable, Sendable {
    package var maximumMessageLength: UInt64
    package var maximumReadLength: UInt64
    package var maximumWriteLength: UInt64
    package var maximumOpenHandles: UInt64

    /// The limits of a server that does not say any.
    package static let unknown = ServerLimits(
        maximumMessageLength: 0, maximumReadLength: 0, maximumWriteLength: 0, maximumOpenHandles: 0)

    package init(
        maximumMessageLength: UInt64, maximumReadLength: UInt64, maximumWriteLength: UInt64, maximumOpenHandles: UInt64
    ) {
        self.maximumMessageLength = maximumMessageLength
        self.maximumReadLength = maximumReadLength
        self.maximumWriteLength = maximumWriteLength
        self.maximumOpenHandles = maximumOpenHandles
    }

    /// How many bytes to ask for in one READ: `1 ... 261,120`.
    package var readLength: Int { transferLength(maximumReadLength) }

    /// How many bytes to send in one WRITE: `1 ... 261,120`.
    package var writeLength: Int { transferLength(maximumWriteLength) }

    private func transferLength(_ limit: UInt64) -> Int {
        var length =
            limit == 0 ? UInt64(Limits.defaultTransferLength) : min(limit, UInt64(Limits.maximumTransferLength))
        // A message has to hold the payload and the fields around it; a limit too small for those is not believed.
        let overhead: UInt64 = 1024
        if maximumMessageLength > overhead { length = min(length, maximumMessageLength - overhead) }
        return Int(length)
    }
}

extension ByteBuffer {
    package mutating func append(_ limits: ServerLimits) {
        append(limits.maximumMessageLength)
        append(limits.maximumReadLength)
        append(limits.maximumWriteLength)
        append(limits.maximumOpenHandles)
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    package mutating func serverLimits() throws(WireError) -> ServerLimits {
        ServerLimits(
            maximumMessageLength: try integer(), maximumReadLength: try integer(), maximumWriteLength: try integer(),
            maximumOpenHandles: try integer())
    }
}
