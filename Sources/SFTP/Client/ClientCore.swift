package import Bytes

/// The client's side of the protocol, without I/O: requests in, bytes out; bytes in, replies out.
///
/// Ids are given out and checked here: any number of requests up to a limit may be in flight, and replies may come in any
/// order. Payloads of DATA are handed on piece by piece and never gathered; all other replies are gathered up to the limit
/// of a message. After a violation the core takes nothing more.
package struct ClientCore: ~Copyable {
    /// Where the conversation is.
    private enum Phase {
        case unstarted
        /// INIT is sent; requests may follow it at once, which saves a round trip.
        case awaitingVersion
        case ready
        case failed(ProtocolViolation)
    }

    /// Where in the stream of messages we are.
    private enum Framing {
        /// At the start of a message, or within one of which `gathered` holds the start.
        case message
        /// Within the payload of DATA.
        case data(DataProgress)
    }

    private struct DataProgress {
        var id: RequestID
        var count: Int
        var received: Int
    }

    private var phase = Phase.unstarted
    private var framing = Framing.message
    private var gathered = ByteBuffer()
    private var table: RequestTable
    private let maximumMessageLength: Int

    /// A core with its limits: how many requests may wait, `1 ... 65,536`, and the longest message in bytes.
    package init(
        maximumInFlight: Int = Limits.defaultRequestsInFlight,
        maximumMessageLength: Int = Limits.maximumMessageLength
    ) {
        table = RequestTable(limit: maximumInFlight)
        self.maximumMessageLength = maximumMessageLength
    }

    /// How many requests wait for a reply.
    package var inFlightCount: Int { table.count }

    /// Appends INIT. Once, before everything else.
    package mutating func start(into outbound: inout ByteBuffer) {
        guard case .unstarted = phase else { preconditionFailure("the conversation was started before") }
        phase = .awaitingVersion
        outbound.append(ClientMessage.initialize(Hello()))
    }
}

// MARK: - Requests

extension ClientCore {
    /// Appends `request` and returns the id that its reply will carry.
    package mutating func appendRequest(
        _ request: Request, into outbound: inout ByteBuffer
    ) throws(RequestRefusal) -> RequestID {
        for path in request.paths where path.bytes.contains(0) { throw .pathContainsNUL(path.description) }
        let id = try insert(.init(type: request.type, expectation: .init(request)))
        let start = outbound.count
        outbound.append(ClientMessage.request(id, request))
        let length = outbound.count - start - 4
        guard length <= maximumMessageLength else {
            outbound.dropLast(outbound.count - start)
            table.remove(id)
            throw .messageTooLong(length, limit: maximumMessageLength)
        }
        return id
    }

    /// Appends a READ of `length` bytes at `offset`.
    package mutating func appendRead(
        _ handle: Handle, offset: UInt64, length: Int, into outbound: inout ByteBuffer
    ) throws(RequestRefusal) -> RequestID {
        // The data has to fit into one message with its type, id and length.
        let room = maximumMessageLength - 9
        guard length >= 0, length <= room else { throw .messageTooLong(length, limit: room) }
        let id = try insert(.init(type: .read, expectation: .data(limit: length)))
        outbound.appendRead(id, handle, offset: offset, length: UInt32(length))
        return id
    }

    /// Appends a WRITE at `offset` up to its payload; the caller has to append, or send, exactly `length` bytes next.
    package mutating func appendWriteHeader(
        _ handle: Handle, offset: UInt64, length: Int, into outbound: inout ByteBuffer
    ) throws(RequestRefusal) -> RequestID {
        let room = maximumMessageLength - 21 - handle.bytes.count
        guard length >= 0, length <= room else { throw .messageTooLong(length, limit: room) }
        let id = try insert(.init(type: .write, expectation: .status))
        outbound.appendWriteHeader(id, handle, offset: offset, length: length)
        return id
    }

    private mutating func insert(_ pending: RequestTable.Pending) throws(RequestRefusal) -> RequestID {
        switch phase {
        case .awaitingVersion, .ready: try table.insert(pending)
        case .unstarted, .failed: throw .notConnected
        }
    }
}

// MARK: - Replies

extension ClientCore {
    /// Takes the next bytes of the stream, cut anywhere, and hands on what they complete.
    ///
    /// A violation ends the conversation: each later call throws it again.
    package mutating func receive<Sink: ReplySink & ~Copyable>(
        _ bytes: RawSpan, into sink: inout Sink
    ) throws(ProtocolViolation) {
        if case .failed(let violation) = phase { throw violation }
        do {
            try take(bytes, into: &sink)
        } catch {
            phase = .failed(error)
            gathered = ByteBuffer()
            throw error
        }
    }

    /// What the start of a message says about the rest of it.
    private enum Examination {
        /// So many bytes from the start of the message have to be there to tell more.
        case needs(Int)
        /// A message of so many bytes with its length field, and all of them are there.
        case complete(Int)
        /// DATA, whose fields in front of the payload are there.
        case data(RequestID, count: Int)
    }

    /// The length, type, id and payload length in front of DATA's payload.
    private static var dataHeaderLength: Int { 13 }

    private mutating func take<Sink: ReplySink & ~Copyable>(
        _ bytes: RawSpan, into sink: inout Sink
    ) throws(ProtocolViolation) {
        var position = 0
        while true {
            switch framing {
            case .data(var progress):
                let piece = min(progress.count - progress.received, bytes.byteCount - position)
                if piece > 0 {
                    sink.dataPiece(
                        progress.id, bytes.extracting(position..<position + piece), offset: progress.received)
                    position += piece
                    progress.received += piece
                }
                guard progress.received == progress.count else {
                    framing = .data(progress)
                    return
                }
                framing = .message
                table.remove(progress.id)
                sink.dataEnded(progress.id)
            case .message where gathered.isEmpty:
                // The common case: the message is parsed where it arrived.
                guard position < bytes.byteCount else { return }
                let rest = bytes.extracting(position..<bytes.byteCount)
                switch try examine(rest) {
                case .needs:
                    gathered.append(rest)
                    return
                case .complete(let length):
                    try deliver(rest.extracting(4..<length), into: &sink)
                    position += length
                case .data(let id, let count):
                    position += Self.dataHeaderLength
                    begin(id, count, into: &sink)
                }
            case .message:
                switch try examine(gathered.bytes) {
                case .needs(let needed):
                    let piece = min(needed - gathered.count, bytes.byteCount - position)
                    guard piece > 0 else { return }
                    gathered.append(bytes.extracting(position..<position + piece))
                    position += piece
                case .complete(let length):
                    try deliverGathered(length, into: &sink)
                case .data(let id, let count):
                    gathered.removeAll()
                    begin(id, count, into: &sink)
                }
            }
        }
    }

    private mutating func begin<Sink: ReplySink & ~Copyable>(
        _ id: RequestID, _ count: Int, into sink: inout Sink
    ) {
        framing = .data(DataProgress(id: id, count: count, received: 0))
        sink.dataBegan(id, count: count)
    }

    /// Looks at the start of a message. Everything that is wrong with its first fields is found as soon as they are there.
    private borrowing func examine(_ start: RawSpan) throws(ProtocolViolation) -> Examination {
        guard start.byteCount >= 4 else { return .needs(4) }
        let length = Int(start.integer(at: 0, as: UInt32.self))
        guard length <= maximumMessageLength else { throw overlong(length, start) }
        guard length >= Limits.minimumMessageLength else { throw .messageTooShort(length) }
        guard start.byteCount >= 5 else { return .needs(5) }
        let type = try replyType(start[4])
        guard type == .data else { return start.byteCount >= 4 + length ? .complete(4 + length) : .needs(4 + length) }
        guard length >= Self.dataHeaderLength - 4 else { throw .malformed(.data, .truncated) }
        guard start.byteCount >= Self.dataHeaderLength else { return .needs(Self.dataHeaderLength) }
        return try examineData(start, length)
    }

    private borrowing func examineData(
        _ start: RawSpan, _ length: Int
    ) throws(ProtocolViolation) -> Examination {
        let id = RequestID(rawValue: start.integer(at: 5))
        let count = Int(start.integer(at: 9, as: UInt32.self))
        guard let pending = table.pending(id) else { throw .unknownRequestID(id.rawValue) }
        guard case .data(let limit) = pending.expectation else { throw .wrongReply(.data, to: pending.type) }
        let room = length - (Self.dataHeaderLength - 4)
        guard count <= room else { throw .malformed(.data, .truncated) }
        guard count == room else { throw .malformed(.data, .trailingBytes(room - count)) }
        guard count <= limit else { throw .tooMuchData(count, limit: limit) }
        return .data(id, count: count)
    }

    /// Whether a message of this type may come now.
    private borrowing func replyType(_ number: UInt8) throws(ProtocolViolation) -> MessageType {
        guard let type = MessageType(rawValue: number) else { throw .unexpectedMessage(type: number) }
        switch (phase, type) {
        case (.awaitingVersion, .version): return type
        case (.ready, .status), (.ready, .handle), (.ready, .data), (.ready, .name), (.ready, .attributes),
            (.ready, .extendedReply):
            return type
        case (.unstarted, _), (.awaitingVersion, _), (.ready, _), (.failed, _):
            throw .unexpectedMessage(type: number)
        }
    }

    /// A login shell that prints is the usual reason for a first message of absurd length: letters read as a number.
    private borrowing func overlong(_ length: Int, _ start: RawSpan) -> ProtocolViolation {
        guard case .awaitingVersion = phase else { return .messageTooLong(length, limit: maximumMessageLength) }
        let text = [UInt8](start.extracting(first: min(start.byteCount, 64)))
        guard text.prefix(4).allSatisfy({ (0x20..<0x7F).contains($0) || (0x09...0x0D).contains($0) || $0 == 0x1B })
        else {
            return .messageTooLong(length, limit: maximumMessageLength)
        }
        return .textInsteadOfVersion(String(decoding: text, as: UTF8.self).visible())
    }

    private mutating func deliverGathered<Sink: ReplySink & ~Copyable>(
        _ length: Int, into sink: inout Sink
    ) throws(ProtocolViolation) {
        var message = gathered
        gathered = ByteBuffer()
        try deliver(message.bytes.extracting(4..<length), into: &sink)
        // The storage is kept for the next message, unless an idle connection would hold much of it.
        message.removeAll()
        if message.freeCapacity <= Limits.retainedBufferLength { gathered = message }
    }

    /// Hands on the message in `body`, type first, which is not DATA.
    private mutating func deliver<Sink: ReplySink & ~Copyable>(
        _ body: RawSpan, into sink: inout Sink
    ) throws(ProtocolViolation) {
        let type = try replyType(body[0])
        guard type != .version else {
            try deliverVersion(body, into: &sink)
            return
        }
        var reader = WireReader(body.extracting(1..<body.byteCount))
        let id: RequestID
        let reply: Reply
        do throws(WireError) {
            id = RequestID(rawValue: try reader.integer())
        } catch {
            throw .malformed(type, error)
        }
        guard let pending = table.pending(id) else { throw .unknownRequestID(id.rawValue) }
        guard pending.expectation.allows(type) else { throw .wrongReply(type, to: pending.type) }
        do throws(WireError) {
            reply = try reader.reply(type)
        } catch {
            throw .malformed(type, error)
        }
        if case .status(let status) = reply, status.code == .ok, !pending.expectation.allowsSuccess {
            throw .wrongReply(type, to: pending.type)
        }
        table.remove(id)
        sink.replyReceived(id, reply)
    }

    private mutating func deliverVersion<Sink: ReplySink & ~Copyable>(
        _ body: RawSpan, into sink: inout Sink
    ) throws(ProtocolViolation) {
        var reader = WireReader(body.extracting(1..<body.byteCount))
        let hello: Hello
        do throws(WireError) {
            hello = try reader.hello()
        } catch {
            throw .malformed(.version, error)
        }
        guard hello.version == Hello.spokenVersion else { throw .unsupportedVersion(hello.version) }
        phase = .ready
        sink.versionReceived(hello)
    }
}

extension RequestTable.Expectation {
    /// Whether a reply of this type can be the answer.
    fileprivate func allows(_ type: MessageType) -> Bool {
        if type == .status { return true }
        return switch self {
        case .status: false
        case .handle: type == .handle
        case .data: type == .data
        case .name: type == .name
        case .attributes: type == .attributes
        case .extended: type == .extendedReply
        case .anything: true
        }
    }

    /// Whether STATUS `ok` can be the answer.
    fileprivate var allowsSuccess: Bool {
        switch self {
        case .status, .anything: true
        case .handle, .data, .name, .attributes, .extended: false
        }
    }
}
