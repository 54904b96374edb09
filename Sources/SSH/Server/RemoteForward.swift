import Bytes
import Reactor

/// Where a server listens for a client, and hands each connection on (RFC 4254 §7.1, OpenSSH PROTOCOL §2.4).
final class RemoteForward: Sendable {
    private enum Listener: Sendable {
        case tcp([TCPListener])
        case socket(UnixListener)
    }

    private let listener: Listener
    /// The port that was chosen, for TCP.
    let port: UInt16

    private init(_ listener: Listener, port: UInt16) {
        self.listener = listener
        self.port = port
    }

    /// Listens at `place`. To be called on the loop; names are not looked up, but for `localhost`.
    static func open(
        at place: ForwardingPlace, on loop: EventLoop,
        accept: @escaping @Sendable (any ByteStream, _ type: ChannelType) -> Void
    ) throws(ReactorError) -> RemoteForward {
        switch place {
        case .socket(let path):
            let listener = try UnixListener(path: path, on: loop, isPrivate: true) { stream in
                accept(stream, .forwardedStreamlocal(path: path))
            }
            return RemoteForward(.socket(listener), port: 0)
        case .tcp(let host, let port):
            var listeners: [TCPListener] = []
            var chosen = port
            for (index, address) in addresses(of: host).enumerated() {
                guard let address = SocketAddress(host: address, port: chosen) else { continue }
                do throws(ReactorError) {
                    let listener = try TCPListener(address: address, on: loop) { stream in
                        let peer = stream.remoteAddress
                        let originator = ChannelType.Originator(
                            address: peer?.host ?? "", port: UInt32(peer?.port ?? 0))
                        let bound = stream.localAddress?.port ?? port
                        accept(stream, .forwardedTCPIP(address: host, port: UInt32(bound), originator: originator))
                    }
                    listeners.append(listener)
                    chosen = listener.localAddress.port
                } catch {
                    // One family will do.
                    guard index == 0, !host.isEmpty, host != "*" else { continue }
                    throw error
                }
            }
            guard !listeners.isEmpty else {
                throw ReactorError(.other, name: "EADDRNOTAVAIL", operation: "listen", text: "no such address")
            }
            return RemoteForward(.tcp(listeners), port: chosen)
        }
    }

    /// The addresses that a client means (RFC 4254 §7.1).
    private static func addresses(of host: String) -> [String] {
        switch host {
        // The first takes IPv4 too, where the system has both.
        case "", "*": ["::", "0.0.0.0"]
        case "localhost": ["127.0.0.1", "::1"]
        default: [host]
        }
    }

    func close() {
        switch listener {
        case .tcp(let listeners): for listener in listeners { listener.close() }
        case .socket(let listener): listener.close()
        }
    }
}
