package import Bytes

/// Why something on an FTP server failed. Texts are visible and of bounded length.
package enum FTPError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The server said no to a command, of which this is the verb.
    case refused(FTPReply, command: String)
    /// The server does not let this user in.
    case login(FTPReply)
    /// The server's certificate is not good.
    case certificate(String)
    /// The server's public key is not the one that was asked for.
    case wrongPin
    /// TLS could not be begun, or broke.
    case tls(String)
    /// The host's name cannot be looked up.
    case nameResolution(String)
    /// Nobody answers there.
    case unreachable(String)
    /// The connection broke.
    case connectionLost(String)
    /// Something took longer than allowed.
    case timedOut(String)
    case protocolViolation(String)
    /// A path that no command can hold: it has a line break or a NUL in it, or is too long.
    case unsafePath(RawPath, String)
    /// A directory with more entries or bytes than the caller takes.
    case listingTooLong(limit: Int)
    /// The server does not offer it.
    case unsupported(String)
    /// This side is set up wrongly, such as by a file of certificates that cannot be read.
    case configuration(String)
    case closed
    case cancelled

    package var description: String {
        switch self {
        case .refused(let reply, let command): "\(command): \(reply)"
        case .login(let reply): "the server does not let us in: \(reply)"
        case .certificate(let text): "the server's certificate is not good: \(text)"
        case .wrongPin: "the server's public key is not the pinned one"
        case .tls(let text): "TLS failed: \(text)"
        case .nameResolution(let text), .unreachable(let text), .timedOut(let text), .configuration(let text): text
        case .connectionLost(let text): "the connection was lost: \(text)"
        case .protocolViolation(let text): "the server broke the FTP protocol: \(text)"
        case .unsafePath(let path, let text): "\(path): \(text)"
        case .listingTooLong(let limit): "the directory listing exceeds its limit of \(limit)"
        case .unsupported(let text): "the server does not support \(text)"
        case .closed: "the FTP client is closed"
        case .cancelled: "the operation was cancelled"
        }
    }

    /// The code of the reply that refused; nil for every other error.
    package var code: Int? {
        switch self {
        case .refused(let reply, _), .login(let reply): reply.code
        case .certificate, .wrongPin, .tls, .nameResolution, .unreachable, .connectionLost, .timedOut,
            .protocolViolation, .unsafePath, .listingTooLong, .unsupported, .configuration, .closed, .cancelled:
            nil
        }
    }

    /// Whether the command is one that the server does not know (RFC 959 §4.2).
    package var isUnknownCommand: Bool { code.map { [500, 501, 502, 504].contains($0) } ?? false }
}
