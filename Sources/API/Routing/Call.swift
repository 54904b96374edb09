package import HTTP
import Reactor

/// One request on its way through its route's handler: who asks, and what was checked already.
package struct Call: Sendable {
    package let request: HTTPRequest
    package let route: Route
    /// Of the path.
    package let parameters: [String: String]
    package let principal: Principal
    /// The body, where the route takes JSON; else null.
    package let body: JSONValue
    package let id: String

    /// The address that the request came from, without the port; `local` for a Unix socket.
    package var remote: String { request.remoteAddress?.host ?? "local" }

    /// A member of the body that is a text.
    func text(_ name: String) -> String? { body[name]?.string }

    func integer(_ name: String) -> Int64? { body[name]?.integer }

    func flag(_ name: String) -> Bool { body[name]?.bool ?? false }
}
