package import Bytes
import CUV

/// Why an operation of the system failed.
package struct ReactorError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it is, as far as callers act on it.
    package enum Kind: Sendable, Equatable, CaseIterable {
        /// Nobody listens at the address.
        case refused
        /// No route to the host or network.
        case unreachable
        /// Nobody answered in time.
        case timedOut
        /// The peer broke the connection off.
        case reset
        /// The host's name could not be resolved.
        case nameResolution
        /// The stream, file or loop had been closed before.
        case closed
        /// The task was cancelled.
        case cancelled
        case notFound
        case permission
        case alreadyExists
        case notDirectory
        case isDirectory
        case notEmpty
        case noSpace
        case readOnly
        case tooManyFiles
        case addressInUse
        case unsupported
        case other
    }

    /// One address of a host, and what it said.
    package struct Attempt: Sendable, Equatable {
        package var address: String
        package var kind: Kind
        package var text: String
    }

    package var kind: Kind
    /// The system's name of the error, such as `ECONNREFUSED`.
    package var name: String
    /// What was being done, such as `connect` or `open`.
    package var operation: String
    /// The system's words for it.
    package var text: String
    /// The path it was done to.
    package var path: RawPath?
    /// What each address said, when connecting failed.
    package var attempts: [Attempt] = []

    package init(_ kind: Kind, name: String, operation: String, text: String, path: RawPath? = nil) {
        self.kind = kind
        self.name = name
        self.operation = operation
        self.text = text
        self.path = path
    }

    /// The error that libuv's negative `code` stands for.
    init(uv code: CInt, operation: String, path: RawPath? = nil) {
        self.init(
            Kind(uv: code), name: unsafe String(cString: uv_err_name(code)), operation: operation,
            text: unsafe String(cString: uv_strerror(code)), path: path)
    }

    /// The error that the system's `errno` stands for.
    init(errno: CInt, operation: String, path: RawPath? = nil) {
        self.init(uv: uv_translate_sys_error(errno), operation: operation, path: path)
    }

    static func cancelled(_ operation: String) -> ReactorError {
        ReactorError(uv: UV_ECANCELED.rawValue, operation: operation)
    }

    static func closed(_ operation: String) -> ReactorError {
        ReactorError(.closed, name: "EBADF", operation: operation, text: "it has been closed")
    }

    /// The sentence for people: `open /etc/shadow: permission denied`.
    package var description: String {
        let what = path.map { "\(operation) \($0)" } ?? operation
        guard !attempts.isEmpty else { return "\(what): \(text)" }
        return "\(what): \(text) (" + attempts.map { "\($0.address): \($0.text)" }.joined(separator: "; ") + ")"
    }
}

extension ReactorError.Kind {
    /// The kind of libuv's negative `code`.
    init(uv code: CInt) {
        self =
            switch uv_errno_t(rawValue: code) {
            case UV_ECONNREFUSED: .refused
            case UV_EHOSTUNREACH, UV_ENETUNREACH, UV_ENETDOWN, UV_EADDRNOTAVAIL, UV_EHOSTDOWN: .unreachable
            case UV_ETIMEDOUT: .timedOut
            case UV_ECONNRESET, UV_EPIPE, UV_ECONNABORTED: .reset
            case UV_EAI_ADDRFAMILY, UV_EAI_AGAIN, UV_EAI_FAIL, UV_EAI_FAMILY, UV_EAI_NODATA, UV_EAI_NONAME,
                UV_EAI_OVERFLOW, UV_EAI_SERVICE, UV_EAI_MEMORY, UV_EAI_BADFLAGS, UV_EAI_SOCKTYPE, UV_EAI_PROTOCOL,
                UV_EAI_BADHINTS:
                .nameResolution
            case UV_EBADF, UV_ENOTCONN, UV_ESHUTDOWN: .closed
            case UV_ECANCELED, UV_EAI_CANCELED: .cancelled
            case UV_ENOENT, UV_ESRCH: .notFound
            case UV_EACCES, UV_EPERM: .permission
            case UV_EEXIST: .alreadyExists
            case UV_ENOTDIR: .notDirectory
            case UV_EISDIR: .isDirectory
            case UV_ENOTEMPTY: .notEmpty
            case UV_ENOSPC, UV_EFBIG: .noSpace
            case UV_EROFS: .readOnly
            case UV_EMFILE, UV_ENFILE: .tooManyFiles
            case UV_EADDRINUSE: .addressInUse
            case UV_ENOTSUP, UV_ENOSYS: .unsupported
            default: .other
            }
    }
}
