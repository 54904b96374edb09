import Bytes

/// One end of a WebSocket (RFC 6455): frames in, messages out, and the other way round.
///
/// A core without I/O. After an error nothing more is to be read; `sendClose` tells the peer.
struct WebSocketMachine {
    enum Role: Sendable {
        case client
        case server
    }

    enum Event: Sendable, Equatable {
        case message(WebSocketMessage)
        /// It has to be answered by a pong with the same bytes.
        case ping([UInt8])
        case pong([UInt8])
        /// The last event.
        case close(WebSocketClose)
    }

    private enum Input {
        case header
        case payload(FrameHeader, taken: Int)
        case ended
    }

    /// A data message of which not all has come.
    private struct Message {
        let isText: Bool
        let isCompressed: Bool
        var bytes = ByteBuffer()
        var validator = UTF8Validator()
    }

    private let role: Role
    private let limit: Int
    private let compressedFrom: Int
    private var compression: MessageCompression?
    private var input = Input.header
    private var message: Message?
    /// Where masking keys come from.
    private let makeKey: @Sendable () -> UInt32

    init(
        _ role: Role, limits: WebSocketLimits, deflate: DeflateParameters?, makeKey: @escaping @Sendable () -> UInt32
    ) {
        self.role = role
        limit = limits.message
        compressedFrom = limits.compressedFrom
        compression = deflate.map { MessageCompression($0, isServer: role == .server) }
        self.makeKey = makeKey
    }

    // MARK: Input

    /// The next event, its bytes taken out of `buffer`; nil when more is needed.
    mutating func next(_ buffer: inout ByteBuffer) throws(WebSocketError) -> Event? {
        while true {
            switch input {
            case .ended: return nil
            case .header:
                guard let header = try FrameHeader(&buffer) else { return nil }
                try check(header)
                input = .payload(header, taken: 0)
            case .payload(let header, let taken):
                guard header.opcode.isControl else {
                    guard let isWhole = try takeData(header, taken, &buffer) else { return nil }
                    if isWhole, let message = message.take() { return .message(try Self.finish(message)) }
                    continue
                }
                guard buffer.count >= header.length else { return nil }
                var payload = buffer.split(header.length)
                if let mask = header.mask { payload.mask(last: payload.count, with: mask) }
                input = .header
                return try control(header.opcode, payload.array)
            }
        }
    }

    private mutating func check(_ header: FrameHeader) throws(WebSocketError) {
        guard (header.mask != nil) == (role == .server) else {
            throw .protocolError(role == .server ? "A frame is not masked." : "A frame is masked.")
        }
        switch header.opcode {
        case .text, .binary:
            guard message == nil else { throw .protocolError("A message begins within another.") }
            guard !header.isCompressed || compression != nil else { throw .protocolError("A reserved bit is set.") }
            message = Message(isText: header.opcode == .text, isCompressed: header.isCompressed)
        case .continuation:
            guard message != nil else { throw .protocolError("There is no message to continue.") }
            guard !header.isCompressed else { throw .protocolError("A reserved bit is set.") }
        case .close, .ping, .pong: return
        }
        // What is announced to be too long need not come first; compressed, it is even longer.
        if let message, header.length > limit - (message.isCompressed ? 0 : message.bytes.count) {
            throw .tooBig(limit)
        }
    }

    /// Takes what has come of a data frame; whether it ends the message, or nil when more is needed.
    private mutating func takeData(
        _ header: FrameHeader, _ taken: Int, _ buffer: inout ByteBuffer
    ) throws(WebSocketError) -> Bool? {
        let count = min(header.length - taken, buffer.count)
        guard count > 0 || header.length == taken else { return nil }
        var part = buffer.split(count)
        if let mask = header.mask { part.mask(last: count, with: mask, offset: taken & 3) }
        let isEnd = taken + count == header.length
        input = isEnd ? .header : .payload(header, taken: taken + count)
        // `check` made it.
        guard var message = message.take() else { return false }
        let before = message.bytes.count
        if message.isCompressed {
            try compression?.decompress(part.bytes, isLast: isEnd && header.isFinal, into: &message.bytes, limit: limit)
        } else if message.bytes.isEmpty {
            message.bytes = part
        } else {
            message.bytes.append(part.bytes)
        }
        if message.isText {
            // Copies of the two, as the span borrows the message that the validator is in.
            let bytes = message.bytes
            guard message.validator.take(bytes.bytes.extracting(before..<bytes.count)) else { throw .invalidText }
        }
        self.message = message
        return isEnd ? header.isFinal : count == 0 ? nil : false
    }

    private static func finish(_ message: Message) throws(WebSocketError) -> WebSocketMessage {
        guard message.isText else { return .binary(message.bytes) }
        guard message.validator.isComplete else { throw .invalidText }
        return .text(String(lossy: message.bytes.bytes))
    }

    private mutating func control(_ opcode: FrameHeader.Opcode, _ payload: [UInt8]) throws(WebSocketError) -> Event {
        switch opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        case .close, .continuation, .text, .binary:
            input = .ended
            guard !payload.isEmpty else { return .close(WebSocketClose(.none)) }
            guard payload.count >= 2 else { throw .protocolError("A Close has half a code.") }
            let code = WebSocketCloseCode(UInt16(payload[0]) << 8 | UInt16(payload[1]))
            guard code.maySend else { throw .protocolError("A Close has a code that nobody may send.") }
            guard let reason = String(validating: payload[2...], as: UTF8.self) else { throw .invalidText }
            return .close(WebSocketClose(code, reason))
        }
    }

    // MARK: Output

    /// Appends `message` in one frame to `output`.
    mutating func send(_ message: WebSocketMessage, to output: inout ByteBuffer) {
        switch message {
        case .text(let text): send(.text, [UInt8](text.utf8).rawSpan, to: &output)
        case .binary(let bytes): send(.binary, bytes.bytes, to: &output)
        }
    }

    private mutating func send(_ opcode: FrameHeader.Opcode, _ payload: RawSpan, to output: inout ByteBuffer) {
        if payload.byteCount >= compressedFrom, let compressed = compression?.compress(payload) {
            append(opcode, compressed.bytes, isCompressed: true, to: &output)
        } else {
            append(opcode, payload, to: &output)
        }
    }

    /// Appends a ping with at most 125 bytes.
    func sendPing(_ payload: [UInt8], to output: inout ByteBuffer) {
        append(.ping, Array(payload.prefix(125)).rawSpan, to: &output)
    }

    /// Appends the answer to a ping.
    func sendPong(_ payload: [UInt8], to output: inout ByteBuffer) {
        append(.pong, Array(payload.prefix(125)).rawSpan, to: &output)
    }

    /// Appends a Close; codes that may not be sent stand for none, and the reason is cut at 123 bytes.
    func sendClose(_ close: WebSocketClose, to output: inout ByteBuffer) {
        guard close.code.maySend else { return append(.close, [UInt8]().rawSpan, to: &output) }
        var payload = [UInt8(close.code.code >> 8), UInt8(close.code.code & 0xFF)]
        for character in close.reason {
            guard payload.count + character.utf8.count <= 125 else { break }
            payload += Array(character.utf8)
        }
        append(.close, payload.rawSpan, to: &output)
    }

    private func append(
        _ opcode: FrameHeader.Opcode, _ payload: RawSpan, isCompressed: Bool = false, to output: inout ByteBuffer
    ) {
        let key = role == .client ? makeKey() : nil
        FrameHeader(isCompressed: isCompressed, opcode: opcode, length: payload.byteCount, mask: key)
            .append(to: &output)
        output.append(payload)
        if let key { output.mask(last: payload.byteCount, with: key) }
    }
}

extension WebSocketError {
    static let invalidText = WebSocketError.violation(WebSocketClose(.invalidPayload, "A text is not UTF-8."))
}
