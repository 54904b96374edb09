package import Bytes

/// What a server answers (draft-ietf-secsh-filexfer-02 §7 and §8).
package enum Reply: Equatable, Sendable {
    case status(Status)
    case handle(Handle)
    case data(ByteBuffer)
    case name([DirectoryEntry])
    case attributes(Attributes)
    /// An EXTENDED_REPLY; only who asked knows how to read it.
    case extended([UInt8])

    package var type: MessageType {
        switch self {
        case .status: .status
        case .handle: .handle
        case .data: .data
        case .name: .name
        case .attributes: .attributes
        case .extended: .extendedReply
        }
    }
}

/// A message from server to client; laid out as `ClientMessage`.
package enum ServerMessage: Equatable, Sendable {
    case version(Hello)
    case reply(RequestID, Reply)
}

extension ByteBuffer {
    /// Appends a message, length field first.
    package mutating func append(_ message: ServerMessage) {
        switch message {
        case .version(let hello):
            appendString { body in
                body.append(MessageType.version.rawValue)
                body.append(hello)
            }
        case .reply(let id, let reply):
            appendString { body in
                body.append(reply.type.rawValue)
                body.append(id.rawValue)
                body.append(fieldsOf: reply)
            }
        }
    }

    private mutating func append(fieldsOf reply: Reply) {
        switch reply {
        case .status(let status): append(status)
        case .handle(let handle): append(handle)
        case .data(let data): append(string: data.bytes)
        case .name(let entries):
            append(UInt32(entries.count))
            for entry in entries { append(entry) }
        case .attributes(let attributes): append(attributes)
        case .extended(let data): append(data)
        }
    }
}

extension ByteBuffer {
    /// The fields of DATA in front of its payload, with the length field, in bytes.
    static var dataHeaderLength: Int { 13 }

    /// Appends a DATA message up to its payload, of which `count` bytes have to follow.
    mutating func appendDataHeader(_ id: RequestID, count: Int) {
        append(UInt32(Self.dataHeaderLength - 4 + count))
        append(MessageType.data.rawValue)
        append(id.rawValue)
        append(UInt32(count))
    }

    /// Corrects the DATA message that begins at `start` to the `count` bytes of payload that it has.
    mutating func endData(at start: Int, count: Int) {
        overwrite(UInt32(Self.dataHeaderLength - 4 + count), at: start)
        overwrite(UInt32(count), at: start + Self.dataHeaderLength - 4)
    }

    /// Appends a whole STATUS message.
    mutating func appendStatus(_ id: RequestID, _ code: StatusCode, _ message: String = "") {
        append(ServerMessage.reply(id, .status(Status(code, message: message))))
    }

    /// Appends a whole STATUS `ok` message.
    mutating func appendSuccess(_ id: RequestID) {
        append(17 as UInt32)
        append(MessageType.status.rawValue)
        append(id.rawValue)
        append(StatusCode.ok.rawValue)
        // No message, no language.
        append(0 as UInt64)
    }

    /// Appends a whole EXTENDED_REPLY message, whose fields `content` writes.
    mutating func appendExtendedReply(_ id: RequestID, _ content: (inout ByteBuffer) -> Void) {
        appendString { body in
            body.append(MessageType.extendedReply.rawValue)
            body.append(id.rawValue)
            content(&body)
        }
    }
}

extension ServerMessage {
    /// The message in `body`, which is everything behind the length field.
    ///
    /// Bytes behind the last field are ignored, as OpenSSH's client does: servers that also speak later versions leave some.
    package init(_ body: RawSpan) throws(WireError) {
        var reader = WireReader(body)
        guard let type = MessageType(rawValue: try reader.byte()) else {
            throw .malformed("an unknown type of message")
        }
        if type == .version {
            self = .version(try reader.hello())
            return
        }
        let id = RequestID(rawValue: try reader.integer())
        self = .reply(id, try reader.reply(type))
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    mutating func reply(_ type: MessageType) throws(WireError) -> Reply {
        switch type {
        case .status: .status(try status())
        case .handle: .handle(try handle())
        case .data: .data(ByteBuffer(try string()))
        case .name: .name(try directoryEntries())
        case .attributes: .attributes(try attributes())
        case .extendedReply: .extended([UInt8](rest()))
        case .initialize, .version, .open, .close, .read, .write, .lstat, .fstat, .setstat, .fsetstat, .opendir,
            .readdir, .remove, .mkdir, .rmdir, .realpath, .stat, .rename, .readlink, .symlink, .extended:
            throw .malformed("a type of message that is no reply")
        }
    }
}
