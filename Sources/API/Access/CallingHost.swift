import HTTP
import Reactor

/// Whether a request means this service, and comes from one of its own pages: against DNS rebinding and cross-site requests.
enum CallingHost {
    /// The name or address of an authority, in lower case and without its port and brackets.
    static func name(of authority: String) -> String {
        let text = authority.lowercased()
        if text.hasPrefix("[") { return String(text.dropFirst().prefix { $0 != "]" }) }
        return String(text.prefix { $0 != ":" })
    }

    /// Whether `authority` names this service. An address always does: no name leads there that is not the service's own.
    static func isOurs(_ authority: String?, listening: String, allowed: [String]) -> Bool {
        guard let authority else { return false }
        let name = name(of: authority)
        return name == "localhost" || name == listening.lowercased() || allowed.contains(name)
            || SocketAddress(host: name, port: 0) != nil
    }

    /// Whether the page that sent the request, if one did, is of the same host and port. A page that does not say which it
    /// is, is not ours.
    static func isFromOurPage(_ request: HTTPRequest) -> Bool {
        guard request.headers[.origin] != nil else {
            return request.headers["sec-fetch-site"].map { $0 == "same-origin" || $0 == "none" } ?? true
        }
        let origins = request.headers.values(.origin)
        guard origins.count == 1, let authority = request.authority else { return false }
        let scheme = request.isSecure ? "https" : "http"
        return origins[0].lowercased() == "\(scheme)://\(authority.lowercased())"
    }
}
