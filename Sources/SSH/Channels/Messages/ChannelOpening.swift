package import Bytes

/// SSH_MSG_CHANNEL_OPEN (RFC 4254 §5.1).
///
/// | field | type |
/// |---|---|
/// | 90 | byte |
/// | channel type | string |
/// | sender channel | uint32 |
/// | initial window size, bytes | uint32 |
/// | maximum packet size, bytes | uint32 |
/// | what the type says | … |
package struct ChannelOpenMessage: Equatable, Sendable {
    package var type: ChannelType
    package var sender: UInt32
    package var window: UInt32
    package var maximumPacketSize: UInt32

    package init(_ type: ChannelType, sender: UInt32, window: UInt32, maximumPacketSize: UInt32) {
        self.type = type
        self.sender = sender
        self.window = window
        self.maximumPacketSize = maximumPacketSize
    }

    /// Reads a payload whose number has been looked at.
    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        _ = try reader.byte()
        let name = try reader.text(limit: ChannelLimits.nameLength)
        sender = try reader.integer()
        window = try reader.integer()
        maximumPacketSize = try reader.integer()
        switch name {
        case "session": type = .session
        case "direct-tcpip":
            type = .directTCPIP(
                host: try reader.text(limit: ChannelLimits.addressLength), port: try reader.integer(),
                originator: try Self.originator(&reader))
        case "forwarded-tcpip":
            type = .forwardedTCPIP(
                address: try reader.text(limit: ChannelLimits.addressLength), port: try reader.integer(),
                originator: try Self.originator(&reader))
        case "direct-streamlocal@openssh.com":
            type = .directStreamlocal(path: RawPath(bytes: try reader.bytes(limit: ChannelLimits.socketPathLength)))
            // Reserved: a string and a uint32.
            _ = try reader.string()
            _ = try reader.integer(UInt32.self)
        case "forwarded-streamlocal@openssh.com":
            type = .forwardedStreamlocal(path: RawPath(bytes: try reader.bytes(limit: ChannelLimits.socketPathLength)))
            // Reserved.
            _ = try reader.string()
        case "auth-agent@openssh.com": type = .authenticationAgent
        case "x11": type = .x11(originator: try Self.originator(&reader))
        case _: type = .other(name: name, payload: [UInt8](reader.rest()))
        }
        try reader.expectEnd()
    }

    @_lifetime(reader: copy reader)
    private static func originator(_ reader: inout WireReader) throws(WireError) -> ChannelType.Originator {
        .init(address: try reader.text(limit: ChannelLimits.addressLength), port: try reader.integer())
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.append(MessageNumber.channelOpen.rawValue)
        buffer.append(string: type.name)
        buffer.append(sender)
        buffer.append(window)
        buffer.append(maximumPacketSize)
        switch type {
        case .session, .authenticationAgent: break
        case .directTCPIP(let host, let port, let originator), .forwardedTCPIP(let host, let port, let originator):
            buffer.append(string: host)
            buffer.append(port)
            buffer.append(string: originator.address)
            buffer.append(originator.port)
        case .directStreamlocal(let path):
            buffer.append(string: path.bytes)
            buffer.append(string: "")
            buffer.append(0 as UInt32)
        case .forwardedStreamlocal(let path):
            buffer.append(string: path.bytes)
            buffer.append(string: "")
        case .x11(let originator):
            buffer.append(string: originator.address)
            buffer.append(originator.port)
        case .other(_, let payload): buffer.append(payload)
        }
    }
}

/// SSH_MSG_CHANNEL_OPEN_CONFIRMATION (RFC 4254 §5.1).
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | 91 |
/// | 1 | 4 | recipient channel |
/// | 5 | 4 | sender channel |
/// | 9 | 4 | initial window size, bytes |
/// | 13 | 4 | maximum packet size, bytes |
/// | 17 | … | what the type says; no type here says anything |
package struct ChannelOpenConfirmationMessage: Equatable, Sendable {
    package var recipient: UInt32
    package var sender: UInt32
    package var window: UInt32
    package var maximumPacketSize: UInt32

    package init(recipient: UInt32, sender: UInt32, window: UInt32, maximumPacketSize: UInt32) {
        self.recipient = recipient
        self.sender = sender
        self.window = window
        self.maximumPacketSize = maximumPacketSize
    }

    /// Reads a payload whose number has been looked at; data of the type is ignored.
    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        _ = try reader.byte()
        recipient = try reader.integer()
        sender = try reader.integer()
        window = try reader.integer()
        maximumPacketSize = try reader.integer()
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.append(MessageNumber.channelOpenConfirmation.rawValue)
        buffer.append(recipient)
        buffer.append(sender)
        buffer.append(window)
        buffer.append(maximumPacketSize)
    }
}

/// Why a channel was not opened (RFC 4254 §5.1).
package enum ChannelOpenFailureReason: Hashable, Sendable {
    case administrativelyProhibited, connectFailed, unknownChannelType, resourceShortage
    case other(UInt32)

    /// The reason with `code`; never `.other` for 1 … 4.
    package init(code: UInt32) {
        self =
            switch code {
            case 1: .administrativelyProhibited
            case 2: .connectFailed
            case 3: .unknownChannelType
            case 4: .resourceShortage
            case _: .other(code)
            }
    }

    /// The reason code on the wire.
    package var code: UInt32 {
        switch self {
        case .administrativelyProhibited: 1
        case .connectFailed: 2
        case .unknownChannelType: 3
        case .resourceShortage: 4
        case .other(let code): code
        }
    }
}

/// SSH_MSG_CHANNEL_OPEN_FAILURE (RFC 4254 §5.1).
///
/// | field | type |
/// |---|---|
/// | 92 | byte |
/// | recipient channel | uint32 |
/// | reason code | uint32 |
/// | description, UTF-8 | string |
/// | language tag | string |
package struct ChannelOpenFailureMessage: Equatable, Sendable {
    package var recipient: UInt32
    package var reason: ChannelOpenFailureReason
    /// The peer's words, cut to `ChannelLimits.descriptionLength` bytes; not yet safe to print (`visible()`).
    package var description: String

    package init(recipient: UInt32, reason: ChannelOpenFailureReason, description: String) {
        self.recipient = recipient
        self.reason = reason
        self.description = description
    }

    /// Reads a payload whose number has been looked at. Old peers leave out the description, the language tag or both.
    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        _ = try reader.byte()
        recipient = try reader.integer()
        reason = ChannelOpenFailureReason(code: try reader.integer())
        if reader.isAtEnd {
            description = ""
        } else {
            description = String(lossy: try reader.string().extracting(first: ChannelLimits.descriptionLength))
        }
        if !reader.isAtEnd { _ = try reader.string() }
        try reader.expectEnd()
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.append(MessageNumber.channelOpenFailure.rawValue)
        buffer.append(recipient)
        buffer.append(reason.code)
        buffer.append(string: description)
        buffer.append(string: "")
    }
}
