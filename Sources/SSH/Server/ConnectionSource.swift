package import Reactor

/// Where a connection to a server comes from.
package enum ConnectionSource: Hashable, Sendable, CustomStringConvertible {
    case tcp(SocketAddress)
    /// A Unix socket, or a stream within another connection.
    case local

    package var description: String {
        switch self {
        case .tcp(let address): "\(address)"
        case .local: "local"
        }
    }
}
