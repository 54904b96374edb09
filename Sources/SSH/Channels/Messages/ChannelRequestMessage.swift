package import Bytes

/// SSH_MSG_CHANNEL_REQUEST (RFC 4254 §5.4).
///
/// | field | type |
/// |---|---|
/// | 98 | byte |
/// | recipient channel | uint32 |
/// | request type | string |
/// | want reply | boolean |
/// | what the type says | … |
package struct ChannelRequestMessage: Equatable, Sendable {
    package var recipient: UInt32
    package var request: ChannelRequest
    package var wantReply: Bool

    package init(_ request: ChannelRequest, recipient: UInt32, wantReply: Bool) {
        self.request = request
        self.recipient = recipient
        self.wantReply = wantReply
    }

    /// Reads a payload whose number has been looked at.
    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        _ = try reader.byte()
        recipient = try reader.integer()
        let name = try reader.text(limit: ChannelLimits.nameLength)
        wantReply = try reader.boolean()
        switch name {
        case "pty-req": request = .pseudoTerminal(try Self.pseudoTerminal(&reader))
        case "x11-req":
            request = .x11Forwarding(
                .init(
                    singleConnection: try reader.boolean(),
                    authenticationProtocol: try reader.text(limit: ChannelLimits.x11TextLength),
                    authenticationCookie: try reader.text(limit: ChannelLimits.x11TextLength),
                    screen: try reader.integer()))
        case "env":
            request = .environment(
                name: try reader.text(limit: ChannelLimits.environmentNameLength), value: try reader.bytes())
        case "shell": request = .shell
        case "exec": request = .exec(command: try reader.bytes())
        case "subsystem": request = .subsystem(name: try reader.text(limit: ChannelLimits.nameLength))
        case "window-change": request = .windowChange(try Self.size(&reader))
        case "xon-xoff": request = .flowControl(clientCanDo: try reader.boolean())
        case "signal":
            request = .signal(SignalName(name: try reader.text(limit: ChannelLimits.nameLength)))
        case "exit-status": request = .exitStatus(try reader.integer())
        case "exit-signal":
            let signal = SignalName(name: try reader.text(limit: ChannelLimits.nameLength))
            let coreDumped = try reader.boolean()
            let message = String(lossy: try reader.string().extracting(first: ChannelLimits.descriptionLength))
            // Language tag.
            _ = try reader.string()
            request = .exitSignal(.init(signal: signal, coreDumped: coreDumped, message: message))
        case "eow@openssh.com": request = .endOfWrite
        case "auth-agent-req@openssh.com": request = .authenticationAgent
        case "keepalive@openssh.com":
            // Some peers put data behind it; nobody needs it.
            _ = reader.rest()
            request = .keepalive
        case _: request = .other(name: name, payload: [UInt8](reader.rest()))
        }
        try reader.expectEnd()
    }

    @_lifetime(reader: copy reader)
    private static func pseudoTerminal(_ reader: inout WireReader) throws(WireError) -> ChannelRequest.PseudoTerminal {
        let terminal = try reader.text(limit: ChannelLimits.terminalNameLength)
        let size = try size(&reader)
        let modes = try TerminalModes(decoding: try reader.string(limit: ChannelLimits.terminalModesLength))
        return .init(terminal: terminal, size: size, modes: modes)
    }

    @_lifetime(reader: copy reader)
    private static func size(_ reader: inout WireReader) throws(WireError) -> ChannelRequest.TerminalSize {
        .init(
            columns: try reader.integer(), rows: try reader.integer(), pixelWidth: try reader.integer(),
            pixelHeight: try reader.integer())
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.append(MessageNumber.channelRequest.rawValue)
        buffer.append(recipient)
        buffer.append(string: request.name)
        buffer.append(boolean: wantReply)
        switch request {
        case .shell, .endOfWrite, .authenticationAgent, .keepalive: break
        case .pseudoTerminal(let terminal):
            buffer.append(string: terminal.terminal)
            Self.encode(terminal.size, into: &buffer)
            buffer.appendString { terminal.modes.encode(into: &$0) }
        case .x11Forwarding(let forwarding):
            buffer.append(boolean: forwarding.singleConnection)
            buffer.append(string: forwarding.authenticationProtocol)
            buffer.append(string: forwarding.authenticationCookie)
            buffer.append(forwarding.screen)
        case .environment(let name, let value):
            buffer.append(string: name)
            buffer.append(string: value)
        case .exec(let command): buffer.append(string: command)
        case .subsystem(let name): buffer.append(string: name)
        case .windowChange(let size): Self.encode(size, into: &buffer)
        case .flowControl(let clientCanDo): buffer.append(boolean: clientCanDo)
        case .signal(let signal): buffer.append(string: signal.name)
        case .exitStatus(let status): buffer.append(status)
        case .exitSignal(let exit):
            buffer.append(string: exit.signal.name)
            buffer.append(boolean: exit.coreDumped)
            buffer.append(string: exit.message)
            buffer.append(string: "")
        case .other(_, let payload): buffer.append(payload)
        }
    }

    private static func encode(_ size: ChannelRequest.TerminalSize, into buffer: inout ByteBuffer) {
        buffer.append(size.columns)
        buffer.append(size.rows)
        buffer.append(size.pixelWidth)
        buffer.append(size.pixelHeight)
    }
}
