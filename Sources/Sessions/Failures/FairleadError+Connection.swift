import Bytes
package import Errors
package import Reactor
package import SSH

/// The host that an error is about, and what was being done with it.
package struct FailureContext: Sendable {
    /// As the user named it.
    package var host: String
    package var port: UInt16
    package var user: String?
    package var operation: String

    package init(host: String, port: UInt16, user: String? = nil, operation: String) {
        self.host = host
        self.port = port
        self.user = user
        self.operation = operation
    }

    /// `host`, or `host port 2222`.
    var place: String { port == KnownHostName.defaultPort ? host : "\(host) port \(port)" }
}

/// The one place where what went wrong on a connection becomes one of the seven categories.
extension FairleadError {
    package init(_ error: ConnectionError, _ context: FailureContext) {
        self = Self.made(of: error, context)
        operation = context.operation
        host = context.host
        cause = cause ?? error
    }

    /// Why no stream to the host could be opened, or it broke.
    package init(_ error: ReactorError, _ context: FailureContext) {
        self = Self.made(of: error, context)
        operation = context.operation
        host = context.host
        cause = cause ?? error
    }

    /// Nothing failed: the user, or whoever owns the task, wanted it to end.
    package static func cancelled(_ context: FailureContext) -> FairleadError {
        FairleadError(
            .internal, "\(context.operation) was cancelled", operation: context.operation, host: context.host,
            cause: CancellationError())
    }

    private static func made(of error: ConnectionError, _ context: FailureContext) -> FairleadError {
        let place = context.place
        switch error {
        case .stream(let error): return made(of: error, context)
        case .closedByPeer:
            return FairleadError(
                .network, "\(place) closed the connection",
                hint: "the host may be overloaded, restarting, or refuse this address; try again")
        case .transport(let error): return made(of: error, context)
        case .hostKeyRejected(let text): return FairleadError(.authentication, text)
        case .authentication(let error): return made(of: error, context)
        case .channel(let error): return made(of: error, context)
        case .openRefused(let reason, let message):
            return refusedChannel(reason, message.isEmpty ? "" : ": \(message)", context)
        case .requestRefused("subsystem"):
            return FairleadError(
                .protocol, "\(place) has no SFTP", hint: "ask its administrator for the sftp subsystem, or use 'exec'")
        case .requestRefused(let name):
            return FairleadError(.permission, "\(place) refuses the request '\(name)'")
        case .timedOut(let step): return FairleadError(.timeout, "\(place) took too long: \(step)", hint: slowHint)
        case .unresponsive:
            return FairleadError(.network, "\(place) does not answer any more", hint: "check the network and try again")
        case .closed: return FairleadError(.network, "the connection to \(place) is closed", isRetryable: false)
        case .cancelled: return .cancelled(context)
        }
    }

    private static let slowHint = "try again, or allow more time with --connect-timeout"

    private static func made(of error: ReactorError, _ context: FailureContext) -> FairleadError {
        let place = context.place
        switch error.kind {
        case .refused:
            return FairleadError(
                .network, "\(context.host) refuses connections on port \(context.port)",
                hint: "check that an SSH server runs there, and that the port (-p) is right")
        case .unreachable:
            return FairleadError(
                .network, "\(place) cannot be reached: \(error.text)", hint: "check the network, VPN and firewall")
        case .timedOut: return FairleadError(.timeout, "\(place) did not answer in time", hint: slowHint)
        case .reset:
            return FairleadError(.network, "the connection to \(place) broke: \(error.text)", hint: "try again")
        case .nameResolution:
            return FairleadError(
                .network, "the name '\(context.host.visible())' cannot be looked up: \(error.text)",
                hint: "check the spelling and the network", isRetryable: error.name == "EAI_AGAIN")
        case .cancelled: return .cancelled(context)
        case .tooManyFiles, .addressInUse:
            return FairleadError(.internal, "no connection to \(place) can be opened: \(error.text)")
        case .permission:
            return FairleadError(
                .network, "this system does not allow to connect to \(place): \(error.text)",
                hint: "check the firewall", isRetryable: false)
        case .closed, .notFound, .alreadyExists, .notDirectory, .isDirectory, .notEmpty, .noSpace, .readOnly,
            .unsupported, .other:
            return FairleadError(.network, "the connection to \(place) failed: \(error.text)")
        }
    }

    private static func made(of error: TransportError, _ context: FailureContext) -> FairleadError {
        let place = context.place
        switch error {
        case .notSSH(let text):
            return FairleadError(
                .protocol, "\(place) does not speak SSH: it says '\(text)'", hint: "check the port (-p)")
        case .violation(let text), .limitExceeded(let text), .invalidKey(let text):
            return FairleadError(.protocol, "\(place) broke the SSH protocol: \(text)")
        case .corruptedPacket:
            return FairleadError(
                .protocol, "a packet from \(place) was changed on its way",
                hint: "something between is broken or hostile")
        case .noCommonAlgorithm(let kind, _, let theirs):
            return FairleadError(
                .protocol, "\(place) has no \(kind) algorithm in common with what is allowed here",
                hint: "it offers \(theirs.prefix(12).joined(separator: ", "))")
        case .invalidHostKeySignature:
            return FairleadError(.authentication, "\(place) could not prove that it holds its host key")
        case .disconnected(let reason, let message): return disconnected(reason, message, context)
        case .cryptography(let error): return FairleadError(.internal, "the cryptographic library failed: \(error)")
        }
    }

    /// RFC 4253 §11.1.
    private static func disconnected(_ reason: UInt32, _ message: String, _ context: FailureContext) -> FairleadError {
        let text = message.isEmpty ? "reason \(reason)" : message
        // OpenSSH gives the reason "protocol error" when it has seen enough wrong keys.
        if message.contains("Too many authentication failures") {
            return FairleadError(
                .authentication, "\(context.place) saw too many wrong keys or passwords",
                hint: "name the right key with -i, and use -o IdentitiesOnly=yes or --no-agent")
        }
        let category: FairleadError.Category
        switch reason {
        case 2, 5, 6, 8: category = .protocol
        case 9, 13, 14, 15: category = .authentication
        case 1: category = .permission
        case _: category = .network
        }
        return FairleadError(category, "\(context.place) ended the connection: \(text)")
    }

    private static func made(of error: AuthenticationError, _ context: FailureContext) -> FairleadError {
        switch error {
        case .violation(let text), .limitExceeded(let text):
            return FairleadError(.protocol, "\(context.place) broke the authentication protocol: \(text)")
        case .unexpectedInput(let text): return FairleadError(.internal, "authentication went wrong here: \(text)")
        case .exhausted(let report):
            let user = context.user.map { " as \($0)" } ?? ""
            return FairleadError(
                .authentication, "\(context.place) does not let us in\(user): \(report)", hint: hint(for: report))
        }
    }

    private static func hint(for report: AuthenticationReport) -> String {
        let offersPassword = report.offered.contains(.password) || report.offered.contains(.keyboardInteractive)
        let triedKey = report.attempts.contains { $0.method == .publicKey }
        if offersPassword { return "check the user's name, or use -i KEY, --password-stdin or --password-file" }
        return triedKey
            ? "check the user's name, and that the key is in the host's authorized_keys" : "name a key with -i"
    }

    private static func made(of error: ChannelError, _ context: FailureContext) -> FairleadError {
        switch error.scope {
        case .connection, .channel:
            return FairleadError(.protocol, "\(context.place) broke the SSH connection protocol: \(error)")
        case .operation: return FairleadError(.internal, "a channel to \(context.place) is not open: \(error)")
        }
    }

    private static func refusedChannel(
        _ reason: ChannelOpenFailureReason, _ message: String, _ context: FailureContext
    ) -> FairleadError {
        switch reason {
        case .administrativelyProhibited:
            FairleadError(.permission, "\(context.place) does not allow this kind of channel\(message)")
        case .connectFailed: FairleadError(.network, "\(context.place) could not connect\(message)")
        case .unknownChannelType:
            FairleadError(.protocol, "\(context.place) does not know this kind of channel\(message)")
        case .resourceShortage:
            FairleadError(
                .network, "\(context.place) has no room for another channel\(message)", hint: "try again later")
        case .other(let code): FairleadError(.protocol, "\(context.place) refused a channel (\(code))\(message)")
        }
    }
}
