package import Bytes

/// What a peer did that the protocol forbids; the connection is of no use any more.
package enum ProtocolViolation: Error, Equatable, Sendable, CustomStringConvertible {
    /// A message longer than we take: its length and the limit, in bytes.
    case messageTooLong(Int, limit: Int)
    /// A message too short to have a type and an id; in bytes.
    case messageTooShort(Int)
    /// Text came where VERSION was due: something on the server prints at the start of a session. The start of it, visible.
    case textInsteadOfVersion(String)
    /// The server speaks another version than 3.
    case unsupportedVersion(UInt32)
    /// A type of message that has no place here: unknown, a request, VERSION twice, or a reply before VERSION.
    case unexpectedMessage(type: UInt8)
    /// A reply to a request that was never made, or a second reply.
    case unknownRequestID(UInt32)
    /// A reply of a type that the request cannot have.
    case wrongReply(MessageType, to: MessageType)
    /// More data than was asked for; in bytes.
    case tooMuchData(Int, limit: Int)
    /// A message whose fields are wrong.
    case malformed(MessageType, WireError)

    package var description: String {
        switch self {
        case .messageTooLong(let length, let limit): "a message of \(length) bytes, the limit is \(limit)"
        case .messageTooShort(let length): "a message of \(length) bytes"
        case .textInsteadOfVersion(let text):
            "text instead of SFTP, starting with \"\(text)\": something on the server prints when a session starts"
        case .unsupportedVersion(let version): "version \(version) of the protocol instead of \(Hello.spokenVersion)"
        case .unexpectedMessage(let type): "a message of type \(type), which has no place there"
        case .unknownRequestID(let id): "a reply to request \(id), which is not waiting for one"
        case .wrongReply(let reply, let request): "a reply of type \(reply) to a request of type \(request)"
        case .tooMuchData(let length, let limit): "\(length) bytes of data where \(limit) were asked for"
        case .malformed(let type, let error): "a malformed message of type \(type): \(error)"
        }
    }
}

/// Why a request was not even sent.
package enum RequestRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// As many requests as allowed are in flight.
    case tooManyInFlight(limit: Int)
    /// The message would be longer than the limit; both in bytes.
    case messageTooLong(Int, limit: Int)
    /// A path with a NUL byte would name another file on the server; the path, visible.
    case pathContainsNUL(String)
    /// The conversation has not been started, or has failed.
    case notConnected

    package var description: String {
        switch self {
        case .tooManyInFlight(let limit): "\(limit) requests are in flight already"
        case .messageTooLong(let length, let limit): "the request would be \(length) bytes long, the limit is \(limit)"
        case .pathContainsNUL(let path): "the path contains a NUL byte: \(path)"
        case .notConnected: "the SFTP conversation is not open"
        }
    }
}
