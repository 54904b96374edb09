package import Bytes
package import Errors
package import FTP

/// What went wrong with an FTP server, as one of the seven categories.
extension FairleadError {
    /// `path` is what it was about, where it was about one.
    package init(_ error: FTPError, path: RawPath? = nil, _ context: FailureContext) {
        self = Self.made(of: error, path: path, context)
        operation = operation ?? context.operation
        host = context.host
        cause = cause ?? error
    }

    private static func made(of error: FTPError, path: RawPath?, _ context: FailureContext) -> FairleadError {
        let host = context.host
        switch error {
        case .refused(let reply, let command): return refused(reply, command, path: path, context)
        case .login(let reply):
            let user = context.user.map { " as \($0)" } ?? ""
            return FairleadError(
                reply.code == 421 ? .network : .authentication, "\(host) does not let us in\(user): \(reply)",
                hint: reply.code == 421 ? "try again later, or with fewer connections" : loginHint(reply))
        case .certificate(let text):
            return FairleadError(
                .authentication, "the certificate of \(host) is not good: \(text)",
                hint: "name who vouches for it with --ca-file, or its key with --pin and --insecure")
        case .wrongPin:
            return FairleadError(
                .authentication, "the public key of \(host) is not the one that --pin names",
                hint: "either the server has a new key or somebody is in between: ask its administrator")
        case .tls(let text):
            return FairleadError(
                .protocol, "TLS with \(host) failed: \(text)",
                hint:
                    "ftps:// is TLS from the start, ftp:// with --tls is TLS by AUTH TLS; the server may know only the other"
            )
        case .nameResolution(let text):
            return FairleadError(
                .network, "the name '\(host.visible())' cannot be looked up: \(text)",
                hint: "check the spelling and the network")
        case .unreachable(let text):
            return FairleadError(
                .network, "\(host) cannot be reached: \(text)",
                hint: "check that an FTP server runs there, the port (-p) and the firewall")
        case .connectionLost(let text):
            return FairleadError(.network, "the connection to \(host) was lost: \(text)", hint: "try again")
        case .timedOut(let text):
            return FairleadError(.timeout, "\(host) took too long: \(text)", hint: "try again")
        case .protocolViolation(let text):
            return FairleadError(.protocol, "\(host) broke the FTP protocol: \(text)")
        case .unsafePath(let path, let text):
            return FairleadError(.fileSystem, "\(path): \(text)", path: path.description)
        case .listingTooLong(let limit):
            return FairleadError(
                .fileSystem, "the directory has more than \(limit) entries", path: path?.description)
        case .unsupported(let text):
            return FairleadError(
                .protocol, "FTP, or the server \(host), does not support \(text)", path: path?.description)
        case .configuration(let text): return FairleadError(.internal, text)
        case .closed: return FairleadError(.network, "the FTP connection is closed", isRetryable: false)
        case .cancelled: return .cancelled(context)
        }
    }

    private static func loginHint(_ reply: FTPReply) -> String {
        let text = reply.text.lowercased()
        if ["tls", "ssl", "encrypt", "secure", "cleartext"].contains(where: { text.contains($0) }) {
            return "use ftp:// with --tls, or ftps://"
        }
        return "check the user's name and the password"
    }

    /// RFC 959 §4.2; 550 stands for nearly everything, so that the words have to tell what is meant.
    private static func refused(
        _ reply: FTPReply, _ command: String, path: RawPath?, _ context: FailureContext
    ) -> FairleadError {
        let category: Category
        switch reply.code {
        case 530, 532: category = .authentication
        case 500, 501, 502, 503, 504, 522, 533, 534, 536, 537: category = .protocol
        case 421, 425, 426: category = .network
        case _: category = reply.speaksOfPermission ? .permission : .fileSystem
        }
        let what = path.map { "\($0): " } ?? ""
        let text = reply.text.isEmpty ? "\(command) failed" : reply.text
        return FairleadError(
            category, "\(what)\(text) (\(command): \(reply.code))", operation: context.operation,
            path: path?.description)
    }
}
