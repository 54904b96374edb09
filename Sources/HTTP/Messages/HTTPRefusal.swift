/// Why a request is refused before anybody handles it; the connection ends after the answer.
package struct HTTPRefusal: Error, Sendable, Equatable {
    package let status: HTTPStatus
    /// One sentence for people.
    package let detail: String

    package init(_ status: HTTPStatus, _ detail: String) {
        self.status = status
        self.detail = detail
    }

    static func malformed(_ detail: String) -> HTTPRefusal { HTTPRefusal(.badRequest, detail) }

    /// The answer as RFC 9457 has it; `detail` is a text of ours.
    package var problem: HTTPResponse {
        let text = """
            {"type":"about:blank","title":"\(status.reason)","status":\(status.code),"detail":"\(detail)",\
            "category":"protocol","retryable":false}

            """
        return .text(status, text, type: "application/problem+json")
    }
}

/// Why a body cannot be read or written any further.
package enum HTTPBodyError: Error, Sendable, Equatable {
    /// The peer's framing is wrong; the connection ends with this refusal.
    case malformed(HTTPRefusal)
    /// The peer stopped in the middle, or is gone.
    case disconnected
    /// The peer was too slow.
    case timedOut
    /// The body is longer than the caller allows, in bytes.
    case tooLong(limit: Int)
    /// The task was cancelled.
    case cancelled
    /// The request has been answered: its body cannot be used any more.
    case finished
    /// More or less was written than the length that was announced.
    case wrongLength
}
