package import Bytes

/// A whole message (RFC 6455 §5.6).
package enum WebSocketMessage: Sendable, Equatable {
    case text(String)
    case binary(ByteBuffer)
}

/// Why one side closed (RFC 6455 §7.4).
package struct WebSocketCloseCode: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    package let code: UInt16

    package init(_ code: UInt16) {
        self.code = code
    }

    package init(integerLiteral value: UInt16) {
        code = value
    }

    package static let normal: WebSocketCloseCode = 1000
    package static let goingAway: WebSocketCloseCode = 1001
    package static let protocolError: WebSocketCloseCode = 1002
    package static let unsupportedData: WebSocketCloseCode = 1003
    /// Never sent: the peer closed without saying why.
    package static let none: WebSocketCloseCode = 1005
    /// Never sent: the connection broke.
    package static let abnormal: WebSocketCloseCode = 1006
    package static let invalidPayload: WebSocketCloseCode = 1007
    package static let policyViolation: WebSocketCloseCode = 1008
    package static let messageTooBig: WebSocketCloseCode = 1009
    package static let internalError: WebSocketCloseCode = 1011
    package static let tryAgainLater: WebSocketCloseCode = 1013

    /// Whether it may be in a Close frame (RFC 6455 §7.4, and IANA's registry).
    var maySend: Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    package var description: String { "\(code)" }
}

/// What a Close frame said.
package struct WebSocketClose: Sendable, Equatable {
    package let code: WebSocketCloseCode
    /// Text of the peer's: not safe to print as it is.
    package let reason: String

    package init(_ code: WebSocketCloseCode, _ reason: String = "") {
        self.code = code
        self.reason = reason
    }
}

/// Why a WebSocket cannot go on.
package enum WebSocketError: Error, Sendable, Equatable {
    /// The peer broke the protocol; it is told this.
    case violation(WebSocketClose)
    /// The peer closed, or we did: nothing can be sent any more.
    case closed(WebSocketClose)
    /// The connection broke.
    case disconnected
    /// The peer did not answer.
    case unresponsive
    /// There is no connection to the server; the text says why.
    case unreachable(String)
    /// The server did not agree to a WebSocket; the text says what it did.
    case refused(status: Int?, String)
    case cancelled
}
