package import Bytes
package import FTP
package import Reactor
package import SFTP

/// Why one file or folder was not transferred.
package enum TransferError: Error, Sendable, Equatable {
    /// The server refused, or the connection broke.
    case remote(RequestError, path: RawPath)
    /// The local system refused.
    case local(ReactorError, path: RawPath)
    /// The source changed its size while it was read: what was expected and what came, in bytes.
    case sourceChanged(path: RawPath, expected: UInt64, found: UInt64)
    /// Both sides' SHA-256 differ after the transfer.
    case checksumMismatch(path: RawPath, local: String, remote: String)
    /// The target exists, and the options say to leave it.
    case targetExists(path: RawPath)
    /// A directory where a file is needed, or the reverse; the text says which.
    case wrongKind(path: RawPath, String)
    /// A name that the server sent is not safe to use here.
    case unsafeName(NameRefusal, folder: RawPath)
    /// Nothing has the name, or nothing matches the pattern.
    case notFound(path: RawPath, String)
    /// More would be removed than was allowed.
    case tooManyRemovals(path: RawPath, count: Int, limit: Int)
    /// A transfer by the SCP protocol failed.
    case scp(SCPError, path: RawPath)
    /// An FTP server refused, or its connection broke.
    case ftp(FTPError, path: RawPath)
    /// The transfer was cancelled.
    case cancelled

    /// What went wrong at `path` on the server.
    init(_ error: RequestError, at path: RawPath) {
        if case .cancelled = error { self = .cancelled } else { self = .remote(error, path: path) }
    }

    /// What went wrong at `path` on an FTP server.
    init(_ error: FTPError, at path: RawPath) {
        if case .cancelled = error { self = .cancelled } else { self = .ftp(error, path: path) }
    }

    /// What went wrong at `path` on this machine.
    init(_ error: ReactorError, at path: RawPath) {
        if error.kind == .cancelled { self = .cancelled } else { self = .local(error, path: path) }
    }

    /// Whether what was transferred is wrong, so that nothing can be built on it.
    var isMismatch: Bool {
        switch self {
        case .checksumMismatch: true
        case .remote, .local, .sourceChanged, .targetExists, .wrongKind, .unsafeName, .notFound, .tooManyRemovals, .scp,
            .ftp, .cancelled:
            false
        }
    }

    /// Whether the connection is gone, so that no other file can be transferred over it.
    package var endsConnection: Bool {
        switch self {
        case .remote(.connectionLost, _), .remote(.closed, _), .remote(.protocolViolation, _), .cancelled: true
        case .scp(let error, _): error.endsConnection
        case .ftp(let error, _): error.endsConnection
        case .remote, .local, .sourceChanged, .checksumMismatch, .targetExists, .wrongKind, .unsafeName, .notFound,
            .tooManyRemovals:
            false
        }
    }

    /// Whether a new connection may bring what this one did not.
    var isLoss: Bool {
        switch self {
        case .remote(.connectionLost, _), .remote(.closed, _): true
        case .ftp(let error, _): error.isLoss
        case .remote, .local, .sourceChanged, .checksumMismatch, .targetExists, .wrongKind, .unsafeName, .notFound,
            .tooManyRemovals, .scp, .cancelled:
            false
        }
    }

    /// The same error about `target` instead of the temporary name beside it, of which nobody needs to know.
    func named(_ target: RawPath?) -> TransferError {
        guard let target else { return self }
        func isTemporary(_ path: RawPath?) -> Bool {
            guard let path else { return false }
            return path.parent == target.parent && TemporaryNames.isTemporary(path.lastComponent)
        }
        switch self {
        case .remote(.status(let code, let message, let operation, let asked), let path)
        where isTemporary(asked ?? path):
            return .remote(.status(code, message: message, operation: operation, path: target), path: target)
        case .remote(let error, let path) where isTemporary(path): return .remote(error, path: target)
        case .ftp(let error, let path) where isTemporary(path): return .ftp(error, path: target)
        case .local(var error, let path) where isTemporary(path) || isTemporary(error.path):
            if isTemporary(error.path) { error.path = target }
            return .local(error, path: target)
        case .ftp(let error, let path) where isTemporary(path): return .ftp(error, path: target)
        case .remote, .local, .sourceChanged, .checksumMismatch, .targetExists, .wrongKind, .unsafeName, .notFound,
            .tooManyRemovals, .scp, .ftp, .cancelled:
            return self
        }
    }
}

extension FTPError {
    /// Whether no other file can be transferred either, unless a new connection comes.
    fileprivate var endsConnection: Bool {
        switch self {
        case .login, .certificate, .wrongPin, .tls, .nameResolution, .unreachable, .connectionLost, .timedOut,
            .configuration, .closed, .cancelled:
            true
        case .refused, .protocolViolation, .unsafePath, .listingTooLong, .unsupported: false
        }
    }

    /// Whether a new connection may bring what this one did not.
    fileprivate var isLoss: Bool {
        switch self {
        case .unreachable, .connectionLost, .timedOut: true
        case .refused, .login, .certificate, .wrongPin, .tls, .nameResolution, .protocolViolation, .unsafePath,
            .listingTooLong, .unsupported, .configuration, .closed, .cancelled:
            false
        }
    }
}
