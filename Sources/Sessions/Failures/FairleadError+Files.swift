package import Bytes
package import Errors
package import Reactor
package import SFTP
package import Transfer

/// The one place where what went wrong with files becomes one of the seven categories.
extension FairleadError {
    /// What an SFTP request of the host brought; `path` is what it was about, where the error does not say.
    package init(_ error: RequestError, path: RawPath? = nil, _ context: FailureContext) {
        self = Self.made(of: error, path: path, context)
        operation = operation ?? context.operation
        host = context.host
        cause = cause ?? error
    }

    /// What the local file system said.
    package init(local error: ReactorError, operation: String) {
        let place = error.path.map { "\($0): " } ?? ""
        let category: FairleadError.Category
        switch error.kind {
        case .permission: category = .permission
        case .cancelled: category = .internal
        case .refused, .unreachable, .timedOut, .reset, .nameResolution, .closed, .notFound, .alreadyExists,
            .notDirectory, .isDirectory, .notEmpty, .noSpace, .readOnly, .tooManyFiles, .addressInUse, .unsupported,
            .other:
            category = .fileSystem
        }
        self.init(
            category, "\(place)\(error.text)", operation: operation, path: error.path?.description,
            cause: error.kind == .cancelled ? CancellationError() : error)
    }

    /// Why a file or folder was not transferred.
    package init(_ error: TransferError, _ context: FailureContext) {
        switch error {
        case .remote(let error, let path): self.init(error, path: path, context)
        case .local(let error, _): self.init(local: error, operation: context.operation)
        case .sourceChanged(let path, let expected, let found):
            self.init(
                .fileSystem, "\(path) changed while it was read: \(found) bytes instead of \(expected)", path: path,
                hint: "try again when nobody writes to it")
        case .checksumMismatch(let path, let local, let remote):
            self.init(
                .fileSystem, "\(path) differs after the transfer: SHA-256 \(local) here, \(remote) there", path: path,
                hint: "transfer it again")
        case .targetExists(let path):
            self.init(
                .fileSystem, "\(path) exists already", path: path,
                hint: "choose with --on-conflict overwrite, skip or rename")
        case .wrongKind(let path, let text): self.init(.fileSystem, "\(path): \(text)", path: path)
        case .unsafeName(let refusal, let folder):
            self.init(
                .protocol, "\(context.host) sent a file name in \(folder) that is not safe to use here: \(refusal)",
                path: folder)
        case .notFound(let path, let text): self.init(.fileSystem, "\(path): \(text)", path: path)
        case .tooManyRemovals(let path, let count, let limit):
            self.init(
                .fileSystem, "\(path): nothing was removed: \(count) would have been, and \(limit) may be", path: path,
                hint: "look at the plan with --dry-run, and allow more with --max-delete")
        case .scp(let error, let path): self = Self.made(of: error, path: path, context)
        case .ftp(let error, let path): self.init(error, path: path, context)
        case .cancelled: self = .cancelled(context)
        }
        operation = operation ?? context.operation
        host = host ?? context.host
        cause = cause ?? error
    }

    private init(
        _ category: Category, _ message: String, path: RawPath, hint: String? = nil
    ) {
        self.init(category, message, operation: nil, path: path.description, hint: hint)
    }

    private static func made(of error: SCPError, path: RawPath, _ context: FailureContext) -> FairleadError {
        switch error {
        case .refused(let text), .ended(let text):
            let category: Category = text.contains("ermission denied") ? .permission : .fileSystem
            return FairleadError(category, "\(path): \(text)", operation: nil, path: path.description)
        case .violation, .unsafeName, .unexpectedName:
            return FairleadError(.protocol, "\(error)", operation: nil, path: path.description)
        case .unsupported:
            return FairleadError(
                .protocol, "\(error)", operation: nil, path: path.description,
                hint: "the server offers no SFTP, which can")
        case .connection(let error): return FairleadError(error, context)
        case .cancelled: return .cancelled(context)
        }
    }

    private static func made(of error: RequestError, path: RawPath?, _ context: FailureContext) -> FairleadError {
        switch error {
        case .status(let code, let message, let operation, let asked):
            return status(code, message, path: asked ?? path, operation: "\(operation)", context)
        case .unsupported(let name):
            return FairleadError(.protocol, "the SFTP server of \(context.host) does not support \(name)")
        case .protocolViolation(let violation):
            return FairleadError(
                .protocol, "\(context.host) broke the SFTP protocol: \(violation)", hint: hint(for: violation))
        case .connectionLost(let reason):
            return FairleadError(
                .network, "the connection to \(context.host) was lost: \(reason)", hint: "try again")
        case .closed: return FairleadError(.network, "the SFTP session is closed", isRetryable: false)
        case .cancelled: return .cancelled(context)
        case .refused(let refusal):
            return FairleadError(.internal, "\(refusal)", operation: nil, path: path?.description)
        case .listingTooLong(let limit):
            return FairleadError(
                .fileSystem, "the directory has more than \(limit) entries or bytes of names", operation: nil,
                path: path?.description)
        }
    }

    private static func hint(for violation: ProtocolViolation) -> String? {
        switch violation {
        case .textInsteadOfVersion: "let the login scripts on the host print nothing when no terminal is there"
        case .messageTooLong, .messageTooShort, .unsupportedVersion, .unexpectedMessage, .unknownRequestID, .wrongReply,
            .tooMuchData, .malformed:
            nil
        }
    }

    private static func status(
        _ code: StatusCode, _ message: String, path: RawPath?, operation: String, _ context: FailureContext
    ) -> FairleadError {
        let category: FairleadError.Category
        switch code {
        case .permissionDenied: category = .permission
        // OpenSSH's "Bad message" is its word for EINVAL and ENAMETOOLONG; a broken protocol never shows in a STATUS.
        case .noSuchFile, .failure, .endOfFile, .ok, .other, .badMessage: category = .fileSystem
        case .noConnection, .connectionLost: category = .network
        case .operationUnsupported: category = .protocol
        }
        // OpenSSH's "Failure" says nothing: the file exists, the folder is not empty, the disk is full, …
        let isBare = code == .failure && StatusCode.isBareFailure(message)
        let text = isBare ? "\(operation) failed" : message.isEmpty ? code.description : message
        let what = path.map { "\($0): " } ?? ""
        return FairleadError(
            category, "\(what)\(text.prefix(1).lowercased() + text.dropFirst())", operation: operation,
            path: path?.description, hint: hint(for: code, isBare: isBare, operation))
    }

    private static func hint(for code: StatusCode, isBare: Bool, _ operation: String) -> String? {
        if code == .badMessage { return "the name may be too long for the host" }
        guard isBare, operation == "write" else { return nil }
        return "the host does not say why: a quota may be used up, or the file too large for its file system"
    }
}
