import Bytes
import Reactor
package import SSH

/// A session channel with the `sftp` subsystem as the carrier of a client (draft-ietf-secsh-filexfer-02 §3.1).
///
/// Bytes go from the channel's packets into the client's core where they lie, and from the client's buffers into the
/// channel's queue, all within one turn of the connection's loop.
final class SubsystemChannel: MessageCarrier, ChannelHandler, @unchecked Sendable {
    // Sendable because everything is touched on the connection's loop only, which `Channel` and `FileTransferClient` check.
    private enum Phase {
        case opening
        case open(Channel, FileTransferClient)
        case closed
    }

    private var phase = Phase.opening
    /// What the server's program wrote to standard error, at most `Limits.maximumStandardErrorLength` bytes of it.
    private var standardError: [UInt8] = []

    /// Connects the channel with the client that consumes it.
    func attach(_ channel: Channel, to client: FileTransferClient) {
        guard case .opening = phase else { return client.carrierDidClose(reason(nil)) }
        phase = .open(channel, client)
    }

    // MARK: The client's side

    func write(_ buffer: ByteBuffer) {
        guard case .open(let channel, _) = phase else { return }
        channel.write(buffer)
    }

    var pendingWriteCount: Int {
        guard case .open(let channel, _) = phase else { return 0 }
        return channel.pendingWriteCount
    }

    var highWaterMark: Int {
        guard case .open(let channel, _) = phase else { return .max }
        return channel.outboundHighWaterMark
    }

    func acknowledge(_ count: Int) {
        guard case .open(let channel, _) = phase else { return }
        channel.acknowledge(count)
    }

    func close() {
        guard case .open(let channel, _) = phase else { return }
        phase = .closed
        channel.close()
    }

    // MARK: The channel's side

    func channel(_ channel: Channel, didReceive bytes: RawSpan, from stream: ChannelStream) {
        switch (stream, phase) {
        case (.output, .open(_, let client)): client.receive(bytes)
        case (.output, .opening), (.output, .closed): channel.acknowledge(bytes.byteCount)
        case (.error, _):
            let room = Limits.maximumStandardErrorLength - standardError.count
            standardError += [UInt8](bytes.extracting(first: min(room, bytes.byteCount)))
            channel.acknowledge(bytes.byteCount)
        }
    }

    func channelDidReceiveEOF(_ channel: Channel) {
        // A server without more to say does not answer either. What it has for standard error may still follow, and its
        // CLOSE; who waits is told also without that, for the answer to ours may never come.
        channel.sendEOF()
        channel.loop.execute(after: Limits.closingTime) {
            channel.close()
            self.channelDidClose(channel, error: nil)
        }
    }

    func channel(_ channel: Channel, didReceive request: ChannelRequest) -> Bool { false }

    func channelDidBecomeWritable(_ channel: Channel) {
        guard case .open(_, let client) = phase else { return }
        client.carrierDidDrain()
    }

    func channelDidClose(_ channel: Channel, error: ConnectionError?) {
        let ended = phase
        phase = .closed
        guard case .open(_, let client) = ended else { return }
        client.carrierDidClose(reason(error))
    }

    /// Why the conversation is over, for people.
    private func reason(_ error: ConnectionError?) -> String {
        let said = String(decoding: standardError, as: UTF8.self)
        let end = error.map(text) ?? "the server ended the SFTP session"
        return standardError.isEmpty ? end : "\(end): \(said)"
    }

    private func text(_ error: ConnectionError) -> String {
        switch error {
        case .closedByPeer: "the host closed it"
        case .unresponsive: "the host does not answer any more"
        case .closed: "it was closed on this side"
        case .stream(let error): "\(error)"
        case .transport, .hostKeyRejected, .authentication, .channel, .openRefused, .requestRefused, .timedOut,
            .cancelled:
            "\(error)"
        }
    }
}

extension FileTransferClient {
    /// Opens an SFTP conversation in a channel of its own and waits for the server's VERSION.
    ///
    /// The client lives on the connection's loop; `close()` closes the channel, not the connection. Throws
    /// `ConnectionError` when the channel or the subsystem is refused, and `RequestError` when what answers is no SFTP
    /// server.
    package static func open(
        on connection: Connection, maximumInFlight: Int = Limits.defaultRequestsInFlight
    ) async throws -> FileTransferClient {
        let carrier = SubsystemChannel()
        let channel = try await connection.openChannel(.session, handler: carrier)
        let client = FileTransferClient(carrier: carrier, loop: connection.loop, maximumInFlight: maximumInFlight)
        do {
            // In one step, which saves a round trip; INIT before the request would have nobody to read it.
            try await channel.request(.subsystem(name: "sftp")) { client.begin(over: carrier, channel) }
            try await client.ready()
            if await connection.peerIdentification?.software.hasPrefix("AsyncSSH") == true {
                await client.use(.linkFirst)
            }
        } catch {
            await client.close()
            throw error
        }
        return client
    }

    /// Queues INIT. On the loop.
    fileprivate nonisolated func begin(over carrier: SubsystemChannel, _ channel: Channel) {
        carrier.attach(channel, to: self)
        assumeIsolated { $0.start() }
    }
}
