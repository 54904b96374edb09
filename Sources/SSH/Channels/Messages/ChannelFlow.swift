package import Bytes

/// SSH_MSG_CHANNEL_WINDOW_ADJUST (RFC 4254 §5.2).
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | 93 |
/// | 1 | 4 | recipient channel |
/// | 5 | 4 | bytes to add |
package struct ChannelWindowAdjustMessage: Equatable, Sendable {
    package var recipient: UInt32
    /// How many bytes the window grows by.
    package var count: UInt32

    package init(recipient: UInt32, count: UInt32) {
        self.recipient = recipient
        self.count = count
    }

    /// Reads a payload whose number has been looked at.
    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        _ = try reader.byte()
        recipient = try reader.integer()
        count = try reader.integer()
        try reader.expectEnd()
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.append(MessageNumber.channelWindowAdjust.rawValue)
        buffer.append(recipient)
        buffer.append(count)
    }
}

/// SSH_MSG_CHANNEL_DATA and SSH_MSG_CHANNEL_EXTENDED_DATA (RFC 4254 §5.2); the data stay where they are in the payload.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | 94 or 95 |
/// | 1 | 4 | recipient channel |
/// | 5 | 4 | data type code, in 95 only |
/// | 5 or 9 | 4 + n | data |
package struct ChannelDataMessage: Equatable, Sendable {
    package var recipient: UInt32
    /// The flow; nil when the data type code is not known.
    package var stream: ChannelStream?
    /// Where the data are in the payload, in bytes.
    package var range: Range<Int>

    /// SSH_EXTENDED_DATA_STDERR (RFC 4254 §5.2).
    private static let errorTypeCode: UInt32 = 1

    /// Reads a payload of number 94 or 95.
    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        let number = try reader.byte()
        recipient = try reader.integer()
        if number == MessageNumber.channelExtendedData.rawValue {
            stream = try reader.integer(UInt32.self) == Self.errorTypeCode ? .error : nil
        } else {
            stream = .output
        }
        let count = try reader.string().byteCount
        range = reader.position - count..<reader.position
        try reader.expectEnd()
    }

    /// Appends the message that carries `data`.
    package static func encode(
        recipient: UInt32, stream: ChannelStream, data: RawSpan, into buffer: inout ByteBuffer
    ) {
        encodeHeader(recipient: recipient, stream: stream, count: data.byteCount, into: &buffer)
        buffer.append(data)
    }

    /// Appends what comes before `count` bytes of data.
    static func encodeHeader(recipient: UInt32, stream: ChannelStream, count: Int, into buffer: inout ByteBuffer) {
        switch stream {
        case .output:
            buffer.append(MessageNumber.channelData.rawValue)
            buffer.append(recipient)
        case .error:
            buffer.append(MessageNumber.channelExtendedData.rawValue)
            buffer.append(recipient)
            buffer.append(errorTypeCode)
        }
        buffer.append(UInt32(count))
    }
}

/// The messages that carry nothing but a channel: EOF, CLOSE (RFC 4254 §5.3), SUCCESS, FAILURE (§5.4).
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | 96, 97, 99 or 100 |
/// | 1 | 4 | recipient channel |
package struct ChannelNoticeMessage: Equatable, Sendable {
    package enum Kind: Sendable, CaseIterable {
        case eof, close, success, failure

        package var number: MessageNumber {
            switch self {
            case .eof: .channelEOF
            case .close: .channelClose
            case .success: .channelSuccess
            case .failure: .channelFailure
            }
        }
    }

    package var kind: Kind
    package var recipient: UInt32

    package init(_ kind: Kind, recipient: UInt32) {
        self.kind = kind
        self.recipient = recipient
    }

    /// Reads a payload of number 96, 97, 99 or 100; throws `.malformed` for any other.
    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        let number = MessageNumber(rawValue: try reader.byte())
        guard let kind = Kind.allCases.first(where: { $0.number == number }) else {
            throw .malformed("the message number")
        }
        self.kind = kind
        recipient = try reader.integer()
        try reader.expectEnd()
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.append(kind.number.rawValue)
        buffer.append(recipient)
    }
}
