/// What can go wrong in this module.
package enum CryptographyError: Error, Equatable, Sendable {
    /// The library or a caller failed; the text names the operation and, where known, the library's reason.
    case failure(String)
    /// A key that is malformed, out of its bounds or not consistent in itself; the text says how.
    case invalidKey(String)
    /// A peer's public value that its group or curve forbids; the text says how.
    case invalidPublicValue(String)
    /// An authentication tag that is wrong: the packet was tampered with, or the keys differ.
    case authenticationFailed
    /// An algorithm, or a combination of them, that is not offered; the text names it.
    case unsupported(String)
}
