package import Bytes
package import Reactor
package import SSH

/// A session of an SSH server whose program is a file server: the subsystem `sftp`.
///
/// Bytes go from the channel's packets into the server where they lie, and its replies into the channel's queue, all within
/// one turn of the connection's loop.
package final class FileServerSession: SessionHandler, MessageCarrier, @unchecked Sendable {
    // Sendable because everything is touched on the connection's loop only, which `Channel` and `FileServer` check.
    private enum Phase {
        case idle
        case open(Channel, FileServer)
        case closed
    }

    private let files: RootedFileSystem
    private let options: FileServerOptions
    private var phase = Phase.idle

    package init(files: RootedFileSystem, options: FileServerOptions = FileServerOptions()) {
        self.files = files
        self.options = options
    }

    /// Clients that keep to the draft's order of SYMLINK's paths with every server that does not say that it is OpenSSH.
    private static let linkFirstClients = ["AsyncSSH_", "libssh_"]

    package func start(on channel: Channel) -> Bool {
        let client = channel.connection.assumeIsolated { $0.peerIdentification?.software ?? "" }
        var options = options
        if Self.linkFirstClients.contains(where: { client.hasPrefix($0) }) { options.takesLinkFirst = true }
        phase = .open(channel, FileServer(carrier: self, loop: channel.loop, files: files, options: options))
        return true
    }

    // MARK: The server's side

    package func write(_ buffer: ByteBuffer) {
        guard case .open(let channel, _) = phase else { return }
        channel.write(buffer)
    }

    package var pendingWriteCount: Int {
        guard case .open(let channel, _) = phase else { return 0 }
        return channel.pendingWriteCount
    }

    package var highWaterMark: Int {
        guard case .open(let channel, _) = phase else { return .max }
        return channel.outboundHighWaterMark
    }

    package func acknowledge(_ count: Int) {
        guard case .open(let channel, _) = phase else { return }
        channel.acknowledge(count)
    }

    package func close() {
        guard case .open(let channel, _) = phase else { return }
        phase = .closed
        channel.finish(.exited(0))
    }

    // MARK: The channel's side

    package func channel(_ channel: Channel, didReceive bytes: RawSpan, from stream: ChannelStream) {
        guard case .open(_, let server) = phase, stream == .output else {
            return channel.acknowledge(bytes.byteCount)
        }
        server.receive(bytes)
    }

    package func channelDidReceiveEOF(_ channel: Channel) {
        guard case .open(_, let server) = phase else { return }
        server.carrierDidEnd()
    }

    package func channel(_ channel: Channel, didReceive request: ChannelRequest) -> Bool { false }

    package func channelDidBecomeWritable(_ channel: Channel) {
        guard case .open(_, let server) = phase else { return }
        server.carrierDidDrain()
    }

    package func channelDidClose(_ channel: Channel, error: ConnectionError?) {
        guard case .open(_, let server) = phase else { return }
        phase = .closed
        server.carrierDidClose()
    }
}
