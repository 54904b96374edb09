internal import CTLS

/// Why TLS cannot begin or go on.
package enum TLSError: Error, Sendable, Equatable {
    /// A certificate or key cannot be used; the text names the step and the library's reason.
    case configuration(String)
    /// The handshake or a record failed; the library's reason, or of a certificate's verification.
    case failed(String)
    /// The peer, or the stream below, ended.
    case closed

    /// The deepest reason in the thread's error queue, which is emptied.
    static func reason(_ fallback: String) -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let reason = unsafe ERR_reason_error_string(code) else { return fallback }
        return unsafe String(cString: reason)
    }
}
