import Bytes
import Errors
import FTP
import HTTP
import Reactor
import SFTP
import SSH
import Sessions
import Transfer

extension Problem {
    /// The problem that any error of a handler is.
    package init(_ error: any Error) {
        switch error {
        case let error as Problem: self = error
        case let error as FairleadError: self.init(failure: error)
        case let error as SessionError: self.init(error)
        case let error as AccountError: self.init(error)
        case let error as LocalFolders.Refusal: self.init(error)
        case let error as HTTPBodyError: self.init(error)
        case is CancellationError:
            self.init(
                .serviceUnavailable, "The service is being stopped: try again.", category: .network, isRetryable: true)
        default:
            self.init(
                .internalServerError, "Something went wrong here: tell the administrator the request's id.",
                category: .internal)
            cause = error
        }
    }

    // MARK: Of the remote side

    private init(failure error: FairleadError) {
        if let unknown = error.cause as? UnknownHostKey {
            self.init(unknown, host: error.host ?? "the host")
            return
        }
        if let refusal = error.cause as? HostKeyRefusal {
            self.init(refusal, host: error.host ?? "the host")
            return
        }
        self.init(
            Self.status(of: error), Self.sentence(error), category: error.category, isRetryable: error.isRetryable)
        cause = error
    }

    private static func status(of error: FairleadError) -> HTTPStatus {
        if isNotFound(error.cause) { return .notFound }
        if case .targetExists = error.cause as? TransferError { return .conflict }
        return switch error.category {
        case .network, .authentication, .fileSystem, .protocol: .badGateway
        case .permission: .forbidden
        case .timeout: .gatewayTimeout
        case .internal: error.cause is CancellationError ? .serviceUnavailable : .internalServerError
        }
    }

    private static func isNotFound(_ cause: (any Error)?) -> Bool {
        switch cause {
        case let error as RequestError: return error.code == .noSuchFile
        case let error as TransferError:
            switch error {
            case .remote(let error, _): return error.code == .noSuchFile
            case .local(let error, _): return error.kind == .notFound
            case .notFound: return true
            // "Not available": servers have no other word (RFC 959 §4.2.1).
            case .ftp(let error, _): return error.code == 550
            case .sourceChanged, .checksumMismatch, .targetExists, .wrongKind, .unsafeName, .tooManyRemovals, .scp,
                .cancelled:
                return false
            }
        default: return false
        }
    }

    /// The message with what to do next; hints that speak of the command's options are replaced.
    private static func sentence(_ error: FairleadError) -> String {
        let hint: String? = error.hint.flatMap {
            $0.contains(" -") || $0.contains("(-") || $0.contains("'exec'") ? nil : $0
        }
        let next = hint ?? advice(error.category)
        let message = error.message.visible()
        return "\(message.prefix(1).uppercased())\(message.dropFirst()); \(next.visible())."
    }

    private static func advice(_ category: FairleadError.Category) -> String {
        switch category {
        case .network: "check the host's name and port, and try again"
        case .authentication: "check the user name and the credential"
        case .permission: "ask the host's administrator for access"
        case .fileSystem: "check the path"
        case .protocol: "check that the host speaks this protocol"
        case .timeout: "try again, or allow more time"
        case .internal: "tell the administrator the request's id"
        }
    }

    private init(_ unknown: UnknownHostKey, host: String) {
        let detail =
            if let expected = unknown.expected {
                "The host key of \(host.visible()) is \(unknown.fingerprint), not \(expected.visible()) as expected: "
                    + "somebody may be impersonating the host; ask its administrator."
            } else {
                "The host key of \(host.visible()) is not known: compare its fingerprint \(unknown.fingerprint) with the "
                    + "host's administrator, and send it as hostKey to accept it."
            }
        self.init(.conflict, detail, category: .authentication)
        members = [
            ("fingerprint", .string(unknown.fingerprint)),
            ("randomart", .string(unknown.randomart.joined(separator: "\n"))),
            ("key_type", .string(unknown.algorithm)), ("reason", "unknown_host_key"),
        ]
    }

    private init(_ refusal: HostKeyRefusal, host: String) {
        let reason: String
        let detail: String
        switch refusal.reason {
        case .changed, .otherTypesKnown:
            reason = "changed_host_key"
            detail =
                "The host key of \(host.visible()) has changed: it is now \(refusal.offered). Somebody may be "
                + "impersonating the host; if it was set up anew, the service's administrator has to remove the old key."
        case .revoked:
            reason = "revoked_host_key"
            detail =
                "The host key of \(host.visible()), \(refusal.offered), is marked as revoked: ask the host's "
                + "administrator for a new one."
        }
        self.init(.conflict, detail, category: .authentication)
        members = [("fingerprint", .string(refusal.offered.description)), ("reason", .string(reason))]
        if case .changed(let known) = refusal.reason {
            members.append(("known_fingerprint", .string(known.key.fingerprint.description)))
        }
    }

    // MARK: Of this side

    private init(_ error: SessionError) {
        switch error {
        case .unknown: self = .notFound("There is no such session: list those that there are.")
        case .notConnected(let state, let canReconnect):
            self.init(
                .conflict,
                "The session is \(state.rawValue): "
                    + (canReconnect ? "reconnect it, and try again." : "reconnect it with a credential."),
                category: .network, isRetryable: state == .connecting)
        case .busy(let state):
            self.init(.conflict, "The session is \(state.rawValue) already.", category: .protocol)
        case .tooMany(let limit):
            self.init(
                .conflict, "There are \(limit) sessions, and there may be no more: end one first.", category: .internal,
                isRetryable: true)
        case .tooManyTerminals(let limit):
            self.init(
                .conflict, "The session has \(limit) terminals, and may have no more: close one first.",
                category: .internal, isRetryable: true)
        case .unsupported(let kind, let what):
            self.init(
                .conflict, "A session by \(kind.rawValue.uppercased()) has no \(what): use one by SSH.",
                category: .protocol)
        }
    }

    private init(_ error: AccountError) {
        switch error {
        case .exists(let name):
            self.init(.conflict, "There is a user \(name.visible()) already.", category: .internal)
        case .unknown(let name): self = .notFound("There is no user \(name.visible()).")
        case .lastAdministrator:
            self.init(
                .conflict, "This is the last administrator: make another one first.", category: .permission)
        case .tooManyTokens(let limit):
            self.init(
                .conflict, "The user has \(limit) tokens, and may have no more: remove one first.", category: .internal)
        case .failed:
            self.init(
                .internalServerError, "The service's database failed: tell the administrator the request's id.",
                category: .internal, isRetryable: true)
            cause = error
        }
    }

    private init(_ refusal: LocalFolders.Refusal) {
        switch refusal {
        case .outside:
            self = .forbidden("The path is not in a folder that the service may use: name one below its files' folder.")
        case .malformed: self = .invalid("path", "is no path of a file")
        }
    }

    private init(_ error: HTTPBodyError) {
        switch error {
        case .malformed(let refusal): self.init(refusal.status, refusal.detail)
        case .tooLong(let limit): self.init(.contentTooLarge, "The body may have at most \(limit) bytes.")
        case .timedOut:
            self.init(.requestTimeout, "The body came too slowly: try again.", category: .timeout, isRetryable: true)
        case .disconnected, .cancelled, .finished, .wrongLength:
            self.init(
                .badRequest, "The body did not come to its end: try again.", category: .network, isRetryable: true)
        }
    }
}
