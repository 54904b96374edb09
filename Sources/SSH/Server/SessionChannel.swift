import Bytes
import Reactor

/// A session at a server: takes what the client says of it, starts its program and hands on what follows.
final class SessionChannel: ChannelHandler, @unchecked Sendable {
    // Sendable because what can change is touched on the connection's loop only.

    private enum State {
        case preparing
        case running(any SessionHandler)
        case ended
    }

    private let server: ServerSide
    private var context: SessionContext
    private var state = State.preparing
    private var environmentLength = 0
    /// Where the session's programs reach the client's agent.
    private var agent: UnixListener?

    init(_ server: ServerSide, user: AuthenticatedUser) {
        self.server = server
        context = SessionContext(user: user, source: server.source)
        server.sessionCount += 1
    }

    func channel(_ channel: Channel, didReceive bytes: RawSpan, from stream: ChannelStream) {
        switch state {
        case .running(let handler): handler.channel(channel, didReceive: bytes, from: stream)
        // Nobody wants it.
        case .preparing, .ended: channel.acknowledge(bytes.byteCount)
        }
    }

    func channelDidReceiveEOF(_ channel: Channel) {
        switch state {
        case .running(let handler): handler.channelDidReceiveEOF(channel)
        // A client that sends nothing may still start a program; one that has gone closes the channel.
        case .preparing, .ended: break
        }
    }

    func channelDidBecomeWritable(_ channel: Channel) {
        switch state {
        case .running(let handler): handler.channelDidBecomeWritable(channel)
        case .preparing, .ended: break
        }
    }

    func channelDidClose(_ channel: Channel, error: ConnectionError?) {
        let ended = state
        state = .ended
        server.sessionCount -= 1
        agent?.close()
        agent = nil
        switch ended {
        case .running(let handler): handler.channelDidClose(channel, error: error)
        case .preparing, .ended: break
        }
    }

    func channel(_ channel: Channel, didReceive request: ChannelRequest) -> Bool {
        switch state {
        case .preparing: prepare(request, channel)
        case .running(let handler):
            switch request {
            // One program a session (RFC 4254 §6.5).
            case .shell, .exec, .subsystem, .pseudoTerminal, .x11Forwarding, .environment, .exitStatus, .exitSignal:
                false
            case .windowChange, .flowControl, .signal, .endOfWrite, .authenticationAgent, .keepalive, .other:
                handler.channel(channel, didReceive: request)
            }
        case .ended: false
        }
    }

    private func prepare(_ request: ChannelRequest, _ channel: Channel) -> Bool {
        switch request {
        case .pseudoTerminal(let terminal):
            guard context.terminal == nil, context.user.permissions.terminal else { return false }
            context.terminal = terminal
            return true
        case .environment(let name, let value): return setVariable(name, value)
        case .authenticationAgent: return forwardAgent(channel)
        case .shell: return start(.shell, channel)
        case .exec(let command):
            return command.count <= ServerLimits.commandLength && start(.exec(command), channel)
        case .subsystem(let name): return start(.subsystem(name), channel)
        case .windowChange(let size):
            context.terminal?.size = size
            return context.terminal != nil
        case .x11Forwarding, .flowControl, .signal, .exitStatus, .exitSignal, .endOfWrite, .keepalive, .other:
            return false
        }
    }

    private func setVariable(_ name: String, _ value: [UInt8]) -> Bool {
        guard server.services.allowsVariable(name, for: context.user),
            !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")), !name.utf8.contains(0), !value.contains(0),
            let text = String(validating: value, as: UTF8.self)
        else { return false }
        let length = environmentLength + name.utf8.count + value.count
        guard context.environment.count < ServerLimits.environmentCount, length <= ServerLimits.environmentLength else {
            return false
        }
        environmentLength = length
        context.environment[name] = text
        return true
    }

    private func start(_ program: SessionProgram, _ channel: Channel) -> Bool {
        setAddresses(channel)
        let program = forced(program)
        guard let program, let handler = server.services.handler(for: program, in: context) else { return false }
        state = .running(handler)
        guard handler.start(on: channel) else {
            // The client may try another one.
            state = .preparing
            return false
        }
        return true
    }

    /// What a certificate has run instead of what the client asked for; nil when that is nothing.
    private func forced(_ program: SessionProgram) -> SessionProgram? {
        guard let command = context.user.permissions.forcedCommand else { return program }
        switch program {
        case .shell: break
        case .exec(let wanted): setOriginalCommand(wanted)
        case .subsystem(let name): setOriginalCommand([UInt8](name.utf8))
        }
        guard !command.isEmpty else { return nil }
        return command == "internal-sftp" ? .subsystem("sftp") : .exec([UInt8](command.utf8))
    }

    /// For the forced command to look at, as it was sent; left out when it cannot be a variable.
    private func setOriginalCommand(_ command: [UInt8]) {
        guard !command.contains(0), let text = String(validating: command, as: UTF8.self) else { return }
        context.environment["SSH_ORIGINAL_COMMAND"] = text
    }

    /// Who talks to whom, as ssh(1) documents it; a client cannot set these.
    private func setAddresses(_ channel: Channel) {
        for name in ["SSH_CONNECTION", "SSH_CLIENT", "SSH_ORIGINAL_COMMAND"] { context.environment[name] = nil }
        guard case .tcp(let client) = server.source,
            let own = (channel.connection.stream as? TCPStream)?.localAddress
        else { return }
        let (host, ownHost) = (plainHost(client), plainHost(own))
        context.environment["SSH_CONNECTION"] = "\(host) \(client.port) \(ownHost) \(own.port)"
        context.environment["SSH_CLIENT"] = "\(host) \(client.port) \(own.port)"
    }

    /// An IPv4 address in IPv6's form as IPv4, as programs expect it.
    private func plainHost(_ address: SocketAddress) -> String {
        let mapped = "::ffff:"
        let isMapped = address.host.hasPrefix(mapped) && address.host.contains(".")
        return isMapped ? String(address.host.dropFirst(mapped.count)) : address.host
    }

    // MARK: The agent

    /// Listens where only this user's programs come, and carries what they say to the client's agent, as long as the
    /// session lasts.
    private func forwardAgent(_ channel: Channel) -> Bool {
        guard agent == nil, context.user.permissions.agentForwarding,
            server.services.allowsAgentForwarding(for: context.user)
        else { return false }
        let connection = channel.connection
        do throws(ReactorError) {
            let listener = try UnixListener.inPrivateFolder(
                prefix: "/tmp/fairlead-agent-", name: "agent", on: channel.loop
            ) { [weak connection] stream in
                guard let connection else { return stream.close() }
                connection.assumeIsolated { $0.forward(stream, as: .authenticationAgent) }
            }
            agent = listener
            context.environment["SSH_AUTH_SOCK"] = listener.path.description
            return true
        } catch {
            return false
        }
    }
}
