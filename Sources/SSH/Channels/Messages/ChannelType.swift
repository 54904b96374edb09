package import Bytes

/// What a channel is for, with the data of its open message (RFC 4254 §5.1).
package enum ChannelType: Equatable, Sendable {
    /// A program, shell or subsystem at the server (RFC 4254 §6.1).
    case session
    /// A TCP connection from the peer to `host` (RFC 4254 §7.2).
    case directTCPIP(host: String, port: UInt32, originator: Originator)
    /// A TCP connection that arrived at a forwarded port (RFC 4254 §7.2).
    case forwardedTCPIP(address: String, port: UInt32, originator: Originator)
    /// direct-streamlocal@openssh.com: a connection to a Unix-domain socket (OpenSSH PROTOCOL §2.4).
    case directStreamlocal(path: RawPath)
    /// forwarded-streamlocal@openssh.com (OpenSSH PROTOCOL §2.4).
    case forwardedStreamlocal(path: RawPath)
    /// auth-agent@openssh.com: a connection to the client's agent.
    case authenticationAgent
    /// A connection to the client's X server (RFC 4254 §6.3.2).
    case x11(originator: Originator)
    /// A type that is not known; `payload` is what follows the maximum packet size.
    case other(name: String, payload: [UInt8])

    /// Where a forwarded connection came from, as the peer says.
    package struct Originator: Equatable, Sendable {
        package var address: String
        package var port: UInt32

        package init(address: String, port: UInt32) {
            self.address = address
            self.port = port
        }
    }

    /// The type's name on the wire.
    package var name: String {
        switch self {
        case .session: "session"
        case .directTCPIP: "direct-tcpip"
        case .forwardedTCPIP: "forwarded-tcpip"
        case .directStreamlocal: "direct-streamlocal@openssh.com"
        case .forwardedStreamlocal: "forwarded-streamlocal@openssh.com"
        case .authenticationAgent: "auth-agent@openssh.com"
        case .x11: "x11"
        case .other(let name, _): name
        }
    }
}
