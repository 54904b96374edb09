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

    /// Listens at the socket `path`. To be called on the loop.
    static func open(
        at path: RawPath, on loop: EventLoop,
        accept: @escaping @Sendable (any ByteStream, _ type: ChannelType) -> Void
    ) throws(ReactorError) -> RemoteForward {
        let listener = try UnixListener(path: path, on: loop, isPrivate: true) { stream in
            accept(stream, .forwardedStreamlocal(path: path))
        }
        return RemoteForward(.socket(listener), port: 0)
    }

    /// Listens at `addresses`, which are those of `host`, all with the port that the first one gets. To be called on the
    /// loop.
    static func open(
        at addresses: Addresses, of host: String, port: UInt16, on loop: EventLoop,
        accept: @escaping @Sendable (any ByteStream, _ type: ChannelType) -> Void
    ) throws(ReactorError) -> RemoteForward {
        var listeners: [TCPListener] = []
        var chosen = port
        for (index, address) in addresses.hosts.enumerated() {
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
                // One family will do, unless it was the one that counts.
                guard index == 0, !addresses.areAny else { continue }
                throw error
            }
        }
        guard !listeners.isEmpty else {
            throw ReactorError(.other, name: "EADDRNOTAVAIL", operation: "listen", text: "no such address")
        }
        return RemoteForward(.tcp(listeners), port: chosen)
    }

    /// What a client's word for an address stands for (RFC 4254 §7.1).
    struct Addresses {
        var hosts: [String]
        /// Whether any of them will do: which families there are is the system's affair.
        var areAny: Bool

        /// What needs no lookup; nil for a name.
        init?(_ host: String) {
            switch host {
            // The first takes IPv4 too, where the system has both.
            case "", "*": self.init(hosts: ["::", "0.0.0.0"], areAny: true)
            case "localhost": self.init(hosts: ["127.0.0.1", "::1"], areAny: false)
            default:
                guard SocketAddress(host: host, port: 0) != nil else { return nil }
                self.init(hosts: [host], areAny: false)
            }
        }

        init(hosts: [String], areAny: Bool) {
            self.hosts = hosts
            self.areAny = areAny
        }

        /// What the system's resolver knows of a name.
        static func lookUp(_ host: String, on loop: EventLoop) async throws(ReactorError) -> Addresses {
            Addresses(hosts: try await Resolver.resolve(host: host, port: 0, on: loop).map(\.host), areAny: true)
        }
    }

    func close() {
        switch listener {
        case .tcp(let listeners): for listener in listeners { listener.close() }
        case .socket(let listener): listener.close()
        }
    }
}
