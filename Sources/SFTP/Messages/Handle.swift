/// What a server calls an open file or directory: bytes that mean something to it alone, at most 256 of them
/// (draft-ietf-secsh-filexfer-02 §6.3).
package struct Handle: Hashable, Sendable {
    package let bytes: [UInt8]

    /// The handle of these bytes; nil when they are more than 256.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Limits.maximumHandleLength else { return nil }
        self.bytes = bytes
    }

    init(checked bytes: [UInt8]) {
        self.bytes = bytes
    }
}
