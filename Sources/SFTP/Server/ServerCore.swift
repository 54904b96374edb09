import Bytes

/// The server's side of the protocol, without I/O: bytes in, requests out; `ByteBuffer.append(_: ServerMessage)` writes what
/// goes back.
///
/// The payload of a WRITE is copied once, from where it arrived to the buffer that goes to the disk; all other messages
/// are parsed where they lie, or gathered up to the limit of a message. What is wrong within a message is refused and the
/// conversation goes on; when the messages' borders are lost it is over, and the core takes nothing more.
package struct ServerCore: ~Copyable {
    /// Where the conversation is.
    private enum Phase {
        case awaitingInitialize
        case ready
        case failed(ProtocolViolation)
    }

    /// Where in the stream of messages we are.
    private enum Framing {
        /// At the start of a message, or within one of which `gathered` holds the start.
        case message
        /// Within the payload of WRITE.
        case payload(WriteProgress)
        /// Within a message that was refused, with so many bytes to go.
        case skipping(Int)
    }

    private struct WriteProgress {
        var id: RequestID
        var handle: Handle
        var offset: UInt64
        var count: Int
        /// Bytes of the message behind the payload.
        var excess: Int
        var data: ByteBuffer
    }

    private var phase = Phase.awaitingInitialize
    private var framing = Framing.message
    private var gathered = ByteBuffer()
    private let maximumMessageLength: Int

    /// A core that takes messages of at most `maximumMessageLength` bytes.
    package init(maximumMessageLength: Int = Limits.maximumMessageLength) {
        self.maximumMessageLength = maximumMessageLength
    }

    /// Takes bytes of the stream, cut anywhere, and hands on what they complete, until the sink is full; returns how many
    /// were taken. Those that were not have to come again.
    ///
    /// A violation ends the conversation: each later call throws it again.
    package mutating func receive<Sink: RequestSink & ~Copyable>(
        _ bytes: RawSpan, into sink: inout Sink
    ) throws(ProtocolViolation) -> Int {
        if case .failed(let violation) = phase { throw violation }
        do {
            return try take(bytes, into: &sink)
        } catch {
            phase = .failed(error)
            framing = .message
            gathered = ByteBuffer()
            throw error
        }
    }

    private mutating func take<Sink: RequestSink & ~Copyable>(
        _ bytes: RawSpan, into sink: inout Sink
    ) throws(ProtocolViolation) -> Int {
        var position = 0
        while position < bytes.byteCount {
            let rest = bytes.extracting(position..<bytes.byteCount)
            switch framing {
            case .payload: position += gatherPayload(rest, into: &sink)
            case .skipping(let count):
                let piece = min(count, rest.byteCount)
                position += piece
                framing = piece == count ? .message : .skipping(count - piece)
            case .message where sink.isFull: return position
            case .message where gathered.isEmpty:
                // The common case: the message is parsed where it arrived.
                let examination = try examine(rest)
                if case .needs = examination {
                    gathered.append(rest)
                    return bytes.byteCount
                }
                position += try act(on: examination, rest, into: &sink)
            case .message:
                guard case .needs(let needed) = try examine(gathered.bytes) else { preconditionFailure("left over") }
                let piece = min(needed - gathered.count, rest.byteCount)
                gathered.append(rest.extracting(first: piece))
                position += piece
                try finishGathered(into: &sink)
            }
        }
        return position
    }

    /// Acts on the gathered start of a message as soon as it says enough.
    private mutating func finishGathered<Sink: RequestSink & ~Copyable>(
        into sink: inout Sink
    ) throws(ProtocolViolation) {
        let examination = try examine(gathered.bytes)
        if case .needs = examination { return }
        var message = ByteBuffer()
        swap(&message, &gathered)
        let used = try act(on: examination, message.bytes, into: &sink)
        // What is needed was asked for to the byte, so that nothing of the next message is here.
        precondition(used == message.count, "more than a message was gathered")
        message.removeAll()
        if message.freeCapacity <= Limits.retainedBufferLength { gathered = message }
    }

    // MARK: Messages

    /// What the start of a message says about the rest of it.
    private enum Examination {
        /// So many bytes from the start of the message have to be there to tell more.
        case needs(Int)
        /// A message of so many bytes with its length field, and all of them are there.
        case complete(Int)
        /// WRITE, whose fields in front of the payload are there: so many bytes with the length field.
        case write(Int)
        /// A message of so many bytes with its length field, of which the first ones are enough to refuse it.
        case refused(Int, used: Int, RequestID, Status)
    }

    /// Looks at the start of a message. Everything that is wrong with its first fields is found as soon as they are there.
    private borrowing func examine(_ start: RawSpan) throws(ProtocolViolation) -> Examination {
        guard start.byteCount >= 4 else { return .needs(4) }
        let length = Int(start.integer(at: 0, as: UInt32.self))
        guard length <= maximumMessageLength else {
            throw .messageTooLong(length, limit: maximumMessageLength)
        }
        guard length >= Limits.minimumMessageLength else { throw .messageTooShort(length) }
        guard start.byteCount >= 9 else { return .needs(9) }
        let id = RequestID(rawValue: start.integer(at: 5))
        switch (phase, MessageType(rawValue: start[4])) {
        case (.awaitingInitialize, .initialize): break
        case (.awaitingInitialize, _), (.failed, _), (.ready, .initialize):
            throw .unexpectedMessage(type: start[4])
        case (.ready, .write): return examineWrite(start, length, id)
        case (.ready, .open), (.ready, .close), (.ready, .read), (.ready, .lstat), (.ready, .fstat),
            (.ready, .setstat), (.ready, .fsetstat), (.ready, .opendir), (.ready, .readdir), (.ready, .remove),
            (.ready, .mkdir), (.ready, .rmdir), (.ready, .realpath), (.ready, .stat), (.ready, .rename),
            (.ready, .readlink), (.ready, .symlink), (.ready, .extended):
            break
        case (.ready, .version), (.ready, .status), (.ready, .handle), (.ready, .data), (.ready, .name),
            (.ready, .attributes), (.ready, .extendedReply), (.ready, nil):
            let status = Status(.operationUnsupported, message: "a message of type \(start[4]) is no request")
            return .refused(4 + length, used: 9, id, status)
        }
        return start.byteCount >= 4 + length ? .complete(4 + length) : .needs(4 + length)
    }

    /// | offset | field | type |
    /// |---|---|---|
    /// | 9 | handle of n bytes | string |
    /// | 13 + n | offset | uint64 |
    /// | 21 + n | data | string |
    private borrowing func examineWrite(_ start: RawSpan, _ length: Int, _ id: RequestID) -> Examination {
        func refused(_ used: Int, _ message: String) -> Examination {
            .refused(4 + length, used: used, id, Status(.badMessage, message: message))
        }
        guard length >= 9 else { return refused(9, "a WRITE without a handle") }
        guard start.byteCount >= 13 else { return .needs(13) }
        let handleLength = Int(start.integer(at: 9, as: UInt32.self))
        guard handleLength <= Limits.maximumHandleLength else { return refused(13, "a handle that is too long") }
        let headerLength = 25 + handleLength
        guard 4 + length >= headerLength else { return refused(13, "a WRITE that ends early") }
        guard start.byteCount >= headerLength else { return .needs(headerLength) }
        let count = Int(start.integer(at: headerLength - 4, as: UInt32.self))
        // More than the data is let pass, as OpenSSH's server does: rclone 1.60 fills its messages up.
        guard headerLength + count <= 4 + length else {
            return refused(headerLength, "data that is longer than the message")
        }
        return .write(headerLength)
    }

    /// Does what `examination` says with `start`, and returns how many bytes of it are used up.
    private mutating func act<Sink: RequestSink & ~Copyable>(
        on examination: Examination, _ start: RawSpan, into sink: inout Sink
    ) throws(ProtocolViolation) -> Int {
        switch examination {
        case .needs: return 0
        case .complete(let length):
            try deliver(start.extracting(4..<length), into: &sink)
            return length
        case .write(let headerLength):
            let count = Int(start.integer(at: headerLength - 4, as: UInt32.self))
            var progress = WriteProgress(
                id: RequestID(rawValue: start.integer(at: 5)),
                handle: Handle(checked: [UInt8](start.extracting(13..<headerLength - 12))),
                offset: start.integer(at: headerLength - 12), count: count,
                excess: 4 + Int(start.integer(at: 0, as: UInt32.self)) - headerLength - count, data: ByteBuffer())
            guard count > 0 else {
                deliver(progress, into: &sink)
                return headerLength
            }
            progress.data = sink.payloadBuffer(count)
            framing = .payload(progress)
            return headerLength
        case .refused(let length, let used, let id, let status):
            sink.requestRefused(id, status)
            if length > used { framing = .skipping(length - used) }
            return used
        }
    }

    /// Copies payload to its buffer and hands the WRITE on when it is complete; returns how many bytes were its.
    private mutating func gatherPayload<Sink: RequestSink & ~Copyable>(
        _ bytes: RawSpan, into sink: inout Sink
    ) -> Int {
        var current = Framing.message
        swap(&current, &framing)
        guard case .payload(var progress) = consume current else { return 0 }
        let piece = min(progress.count - progress.data.count, bytes.byteCount)
        progress.data.append(bytes.extracting(first: piece))
        if progress.data.count < progress.count {
            framing = .payload(progress)
        } else {
            deliver(progress, into: &sink)
        }
        return piece
    }

    private mutating func deliver<Sink: RequestSink & ~Copyable>(_ progress: WriteProgress, into sink: inout Sink) {
        framing = progress.excess > 0 ? .skipping(progress.excess) : .message
        sink.requestReceived(progress.id, .write(progress.handle, offset: progress.offset, data: progress.data))
    }

    /// Hands on the message in `body`, type first, which is not WRITE.
    private mutating func deliver<Sink: RequestSink & ~Copyable>(
        _ body: RawSpan, into sink: inout Sink
    ) throws(ProtocolViolation) {
        let message: ClientMessage
        do throws(WireError) {
            message = try ClientMessage(body)
        } catch {
            guard case .ready = phase else { throw .malformed(.initialize, error) }
            let id = RequestID(rawValue: body.integer(at: 1))
            sink.requestRefused(id, Status(.badMessage, message: error.explanation))
            return
        }
        switch message {
        case .initialize(let hello):
            phase = .ready
            sink.helloReceived(hello)
        case .request(let id, let request): sink.requestReceived(id, request)
        }
    }
}

extension WireError {
    /// What is wrong, for the client.
    fileprivate var explanation: String {
        switch self {
        case .truncated: "the message ends early"
        case .tooLong(let length, let limit): "a field of length \(length), the limit is \(limit)"
        case .malformed(let what): "malformed: \(what)"
        case .trailingBytes(let count): "\(count) bytes too many"
        }
    }
}
