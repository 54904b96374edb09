/// What a session leads to, without its secrets: enough to connect again.
package struct SessionTarget: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case ssh
        case ftp
    }

    /// How an FTP connection is protected.
    package enum Protection: String, Sendable, CaseIterable {
        case none
        /// `AUTH TLS` (RFC 4217).
        case explicitTLS
        /// TLS from the first byte, on a port of its own.
        case implicitTLS
    }

    package var kind: Kind
    package var host: String
    package var port: UInt16
    package var username: String
    /// What the user calls it.
    package var name: String?
    /// The key file, where one was named.
    package var keyPath: String?
    /// Hosts to go through, as `user@host:port`, the first one first.
    package var jumps: [String] = []
    package var protection = Protection.none
    /// Seconds for connecting.
    package var timeout = 30

    package init(kind: Kind, host: String, port: UInt16, username: String) {
        self.kind = kind
        self.host = host
        self.port = port
        self.username = username
    }
}
