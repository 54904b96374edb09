import Bytes

/// The head of a frame (RFC 6455 §5.2).
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 1 | FIN, RSV1–3, 4 bits of opcode |
/// | 1 | 1 | MASK, 7 bits of length |
/// | 2 | 0, 2 or 8 | length, when those are 126 or 127 |
/// | … | 0 or 4 | masking key |
struct FrameHeader: Sendable, Equatable {
    enum Opcode: UInt8, Sendable {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10

        var isControl: Bool { rawValue >= 8 }
    }

    let isFinal: Bool
    /// RSV1: the message is compressed (RFC 7692 §6).
    let isCompressed: Bool
    let opcode: Opcode
    /// Bytes of payload.
    let length: Int
    let mask: UInt32?

    init(isFinal: Bool = true, isCompressed: Bool = false, opcode: Opcode, length: Int, mask: UInt32?) {
        self.isFinal = isFinal
        self.isCompressed = isCompressed
        self.opcode = opcode
        self.length = length
        self.mask = mask
    }

    /// The header at the front, taken out of `buffer`; nil when it is not complete.
    init?(_ buffer: inout ByteBuffer) throws(WebSocketError) {
        guard buffer.count >= 2 else { return nil }
        let first = buffer[0]
        let second = buffer[1]
        guard first & 0x30 == 0 else { throw .protocolError("A reserved bit is set.") }
        guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .protocolError("The opcode is reserved.") }
        isFinal = first & 0x80 != 0
        isCompressed = first & 0x40 != 0
        self.opcode = opcode
        let short = Int(second & 0x7F)
        if opcode.isControl {
            guard isFinal, short <= 125, !isCompressed else {
                throw .protocolError("A control frame is fragmented, compressed or longer than 125 bytes.")
            }
        }
        let isMasked = second & 0x80 != 0
        let lengthCount = short == 126 ? 2 : short == 127 ? 8 : 0
        let count = 2 + lengthCount + (isMasked ? 4 : 0)
        guard buffer.count >= count else { return nil }
        switch lengthCount {
        case 2:
            length = Int(buffer.bytes.integer(at: 2, as: UInt16.self))
            guard length > 125 else { throw .protocolError("A length is not in its shortest form.") }
        case 8:
            let long: UInt64 = buffer.bytes.integer(at: 2)
            guard long > UInt64(UInt16.max), long <= UInt64(Int64.max) else {
                throw .protocolError("A length is not in its shortest form.")
            }
            length = Int(long)
        default: length = short
        }
        mask = isMasked ? buffer.bytes.integer(at: 2 + lengthCount) : nil
        buffer.consume(count)
    }

    /// Appends the header to `output`.
    func append(to output: inout ByteBuffer) {
        output.append((isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue)
        let flag: UInt8 = mask == nil ? 0 : 0x80
        switch length {
        case ...125: output.append(flag | UInt8(length))
        case ...Int(UInt16.max):
            output.append(flag | 126)
            output.append(UInt16(length))
        default:
            output.append(flag | 127)
            output.append(UInt64(length))
        }
        if let mask { output.append(mask) }
    }
}

extension WebSocketError {
    static func protocolError(_ reason: String) -> WebSocketError { .violation(WebSocketClose(.protocolError, reason)) }
}
