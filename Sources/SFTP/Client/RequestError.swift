package import Bytes

/// Why an operation on a server failed.
package enum RequestError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The server said no; its message is visible text, the path the one that was asked about.
    case status(StatusCode, message: String, operation: Operation, path: RawPath?)
    /// The server does not have the extension, or not in the version that we speak.
    case unsupported(ExtensionName)
    /// The server broke the protocol, which also ended the conversation unless it was a reply's content alone.
    case protocolViolation(ProtocolViolation)
    /// The carrier closed; the reason is visible text.
    case connectionLost(String)
    /// The client was closed on this side.
    case closed
    /// The calling task was cancelled. The server may have done what was asked.
    case cancelled
    /// The request was never sent.
    case refused(RequestRefusal)
    /// A directory with more entries, or longer ones, than the caller takes; in entries or bytes.
    case listingTooLong(limit: Int)

    package var description: String {
        switch self {
        case .status(let code, let message, let operation, let path):
            "\(operation)\(path.map { " of \($0)" } ?? ""): \(message.isEmpty ? code.description : message)"
        case .unsupported(let name): "the server does not support \(name)"
        case .protocolViolation(let violation): "the server broke the SFTP protocol: \(violation)"
        case .connectionLost(let reason): "the connection was lost: \(reason)"
        case .closed: "the SFTP client is closed"
        case .cancelled: "the operation was cancelled"
        case .refused(let refusal): refusal.description
        case .listingTooLong(let limit): "the directory listing exceeds its limit of \(limit)"
        }
    }

    /// The code of a STATUS; nil for every other error.
    package var code: StatusCode? {
        switch self {
        case .status(let code, _, _, _): code
        case .unsupported, .protocolViolation, .connectionLost, .closed, .cancelled, .refused, .listingTooLong: nil
        }
    }
}
