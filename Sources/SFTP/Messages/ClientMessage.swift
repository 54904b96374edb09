package import Bytes

/// A message from client to server.
///
/// | offset | field | type |
/// |---|---|---|
/// | 0 | length of what follows | uint32 |
/// | 4 | type | byte |
/// | 5 | request id; in INIT the version | uint32 |
/// | 9 | fields of the type | |
package enum ClientMessage: Equatable, Sendable {
    case initialize(Hello)
    case request(RequestID, Request)
}

extension ByteBuffer {
    /// Appends a message, length field first.
    package mutating func append(_ message: ClientMessage) {
        switch message {
        case .initialize(let hello):
            appendString { body in
                body.append(MessageType.initialize.rawValue)
                body.append(hello)
            }
        case .request(let id, let request):
            appendString { body in
                body.append(request.type.rawValue)
                body.append(id.rawValue)
                body.append(fieldsOf: request)
            }
        }
    }

    private mutating func append(fieldsOf request: Request) {
        switch request {
        case .open(let path, let flags, let attributes):
            append(path)
            append(flags.rawValue)
            append(attributes)
        case .close(let handle), .fstat(let handle), .readdir(let handle): append(handle)
        case .read(let handle, let offset, let length):
            append(handle)
            append(offset)
            append(length)
        case .write(let handle, let offset, let data):
            append(handle)
            append(offset)
            append(string: data.bytes)
        case .lstat(let path), .opendir(let path), .remove(let path), .rmdir(let path), .realpath(let path),
            .stat(let path), .readlink(let path):
            append(path)
        case .setstat(let path, let attributes), .mkdir(let path, let attributes):
            append(path)
            append(attributes)
        case .fsetstat(let handle, let attributes):
            append(handle)
            append(attributes)
        case .rename(let from, let to):
            append(from)
            append(to)
        case .symlink(let target, let link):
            append(target)
            append(link)
        case .extended(let extended): append(extended)
        }
    }

    /// Appends a whole READ message.
    mutating func appendRead(_ id: RequestID, _ handle: Handle, offset: UInt64, length: UInt32) {
        append(UInt32(1 + 4 + 4 + handle.bytes.count + 8 + 4))
        append(MessageType.read.rawValue)
        append(id.rawValue)
        append(handle)
        append(offset)
        append(length)
    }

    /// Appends a WRITE message up to its payload, of which `length` bytes have to follow.
    mutating func appendWriteHeader(_ id: RequestID, _ handle: Handle, offset: UInt64, length: Int) {
        append(UInt32(1 + 4 + 4 + handle.bytes.count + 8 + 4 + length))
        append(MessageType.write.rawValue)
        append(id.rawValue)
        append(handle)
        append(offset)
        append(UInt32(length))
    }
}

extension ClientMessage {
    /// The message in `body`, which is everything behind the length field.
    ///
    /// Bytes behind the last field are ignored, as OpenSSH's server does: some clients send more than they say.
    package init(_ body: RawSpan) throws(WireError) {
        var reader = WireReader(body)
        guard let type = MessageType(rawValue: try reader.byte()) else {
            throw .malformed("an unknown type of message")
        }
        if type == .initialize {
            self = .initialize(try reader.hello())
            return
        }
        let id = RequestID(rawValue: try reader.integer())
        self = .request(id, try reader.request(type))
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    fileprivate mutating func request(_ type: MessageType) throws(WireError) -> Request {
        switch type {
        case .open: .open(try path(), OpenFlags(rawValue: try integer()), try attributes())
        case .close: .close(try handle())
        case .read: .read(try handle(), offset: try integer(), length: try integer())
        case .write: .write(try handle(), offset: try integer(), data: ByteBuffer(try string()))
        case .lstat: .lstat(try path())
        case .fstat: .fstat(try handle())
        case .setstat: .setstat(try path(), try attributes())
        case .fsetstat: .fsetstat(try handle(), try attributes())
        case .opendir: .opendir(try path())
        case .readdir: .readdir(try handle())
        case .remove: .remove(try path())
        case .mkdir: .mkdir(try path(), try attributes())
        case .rmdir: .rmdir(try path())
        case .realpath: .realpath(try path())
        case .stat: .stat(try path())
        case .rename: .rename(from: try path(), to: try path())
        case .readlink: .readlink(try path())
        case .symlink: .symlink(target: try path(), link: try path())
        case .extended: .extended(try extendedRequest())
        case .initialize, .version, .status, .handle, .data, .name, .attributes, .extendedReply:
            throw .malformed("a type of message that is no request")
        }
    }
}
