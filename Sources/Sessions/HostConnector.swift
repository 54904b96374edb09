import Bytes
import Errors
import Reactor
import SSH

/// Makes one connection: stream, key exchange, host key, authentication.
struct HostConnector {
    let request: ConnectionRequest
    let prompter: any SessionPrompter
    let loop: EventLoop

    /// Connects directly, or through `hop`.
    func connect(over hop: Connection?) async throws(FairleadError) -> Connection {
        let verification = try await HostKeyVerification(request, prompter: prompter, loop: loop)
        let agent = await openAgent()
        do throws(FairleadError) {
            let credentials = await credentials(agent)
            let (stream, address) = try await openStream(over: hop)
            let connection = Connection(
                over: stream, configuration: configuration(hostKeys: verification.algorithms),
                authentication: AuthenticationPlan(
                    user: request.user, credentials: credentials,
                    interaction: LoginInteraction(request: request, prompter: prompter))
            ) { key in await verification.verify(key, address: address) }
            do throws(ConnectionError) {
                try await connection.connect()
            } catch {
                if case .hostKeyRejected = error, let reason = verification.reason { throw reason }
                throw FairleadError(error, request.context("connect"))
            }
            await agent?.close()
            await tell(about: connection)
            return connection
        } catch {
            await agent?.close()
            throw error
        }
    }

    private func openStream(
        over hop: Connection?
    ) async throws(FairleadError) -> (stream: any ByteStream, address: String?) {
        let context = request.context("connect")
        if let hop {
            prompter.note(1, "connecting to \(request.host) port \(request.port) through the jump host")
            do throws(ConnectionError) {
                return (try await hop.openStream(toHost: request.host, port: request.port), nil)
            } catch {
                throw FairleadError(error, context)
            }
        }
        prompter.note(1, "connecting to \(request.host) port \(request.port)")
        do throws(ReactorError) {
            let stream = try await connectTCP()
            if let address = stream.remoteAddress { prompter.note(1, "connected to \(address)") }
            return (stream, stream.remoteAddress?.host)
        } catch {
            for attempt in error.attempts { prompter.note(1, "\(attempt.address): \(attempt.text)") }
            throw FairleadError(error, context)
        }
    }

    private func connectTCP() async throws(ReactorError) -> TCPStream {
        let family: SocketAddress.Family
        switch request.addressFamily {
        case .any:
            return try await TCPStream.connect(
                host: request.host, port: request.port, on: loop, timeout: request.connectTimeout)
        case .ipv4: family = .ipv4
        case .ipv6: family = .ipv6
        }
        let found = try await Resolver.resolve(host: request.host, port: request.port, on: loop)
        let addresses = found.filter { $0.family == family }
        guard !addresses.isEmpty else {
            throw ReactorError(
                .nameResolution, name: "EAI_ADDRFAMILY", operation: "look up \(request.host.visible())",
                text: "it has no address of the family that is asked for")
        }
        return try await TCPStream.connect(addresses: addresses, on: loop, timeout: request.connectTimeout)
    }

    /// The receive window of a channel to begin with, in bytes.
    private static let initialWindow: UInt32 = 8 << 20

    private func configuration(hostKeys: [KeyAlgorithm]) -> ClientConfiguration {
        var configuration = ClientConfiguration()
        configuration.transport.algorithms = request.algorithms
        configuration.transport.algorithms.hostKeys = hostKeys
        configuration.transport.rekeyPolicy = request.rekeyPolicy
        // Requests bound what a server has to send, so that a long path can be full from the second round trip on.
        configuration.channels.initialWindow = Self.initialWindow
        configuration.keepaliveInterval = request.keepaliveInterval
        configuration.keepaliveCountMax = request.keepaliveCountMax
        if let timeout = request.connectTimeout { configuration.handshakeTimeout = timeout }
        return configuration
    }

    // MARK: Credentials

    private func openAgent() async -> AgentClient? {
        guard let path = request.agentSocket, request.methods.contains(.publicKey) else { return nil }
        do throws(AgentError) {
            return try await AgentClient.connect(path: path, on: loop)
        } catch {
            prompter.note(1, "the agent at \(path) cannot be reached: \(error)")
            return nil
        }
    }

    private func credentials(_ agent: AgentClient?) async -> [AuthenticationPlan.Credential] {
        let attempts = request.password == nil ? request.promptCount : 1
        var credentials: [AuthenticationPlan.Credential] = []
        for method in request.methods {
            switch method {
            case .publicKey:
                credentials += await KeySource(request: request, prompter: prompter, loop: loop).credentials(agent)
            case .keyboardInteractive where attempts > 0: credentials.append(.keyboardInteractive(attempts: attempts))
            case .password where attempts > 0: credentials.append(.password(attempts: attempts))
            case .keyboardInteractive, .password, .none, .other: break
            }
        }
        return credentials
    }

    // MARK: Facts

    private func tell(about connection: Connection) async {
        if let identification = await connection.peerIdentification {
            prompter.note(1, "\(request.host) runs \(identification.software)")
        }
        if let algorithms = await connection.algorithms {
            let strict = await connection.isStrict ? ", strict" : ""
            prompter.note(
                1, "key exchange \(algorithms.keyExchange.rawValue)\(strict), host key algorithm \(algorithms.hostKey)")
            for (name, direction) in [("to", algorithms.toServer), ("from", algorithms.toClient)] {
                let mac = direction.mac.map { ", \($0.rawValue)" } ?? ""
                let compression = direction.compression == .none ? "" : ", \(direction.compression.rawValue)"
                prompter.note(1, "\(name) the host: \(direction.cipher.rawValue)\(mac)\(compression)")
            }
        }
        if let report = await connection.authentication {
            for attempt in report.attempts { prompter.note(attempt.outcome == .succeeded ? 1 : 2, "\(attempt)") }
            prompter.note(1, "signed in to \(request.host) as \(request.user)")
        }
    }
}
