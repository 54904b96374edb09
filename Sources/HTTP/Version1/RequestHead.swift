/// The head of an HTTP/1 request, checked and understood.
struct RequestHead: Sendable {
    /// How the body's end is known (RFC 9112 §6).
    enum Framing: Sendable, Equatable {
        case none
        /// So many bytes, at least one.
        case length(UInt64)
        case chunked
    }

    let method: HTTPMethod
    let target: RequestTarget
    let version: HTTPRequest.Version
    let authority: String?
    let headers: HTTPHeaders
    let framing: Framing
    /// Whether the client wants the connection to go on afterwards.
    let isPersistent: Bool
    /// Whether the client waits for `100 Continue` before it sends the body.
    let expectsContinue: Bool
}
