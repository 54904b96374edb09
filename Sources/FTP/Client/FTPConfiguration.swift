package import Bytes
package import Cryptography

/// Which server, as whom, and how it has to prove itself.
package struct FTPConfiguration: Sendable {
    /// How the connection is protected.
    package enum Security: Sendable, Hashable {
        /// Not at all.
        case none
        /// AUTH TLS before anything else, and nothing without it (RFC 4217).
        case explicit
        /// TLS from the first byte.
        case implicit
    }

    /// Who vouches for the server's certificate.
    package enum Trust: Sendable, Hashable {
        /// The authorities that this system trusts.
        case system
        /// Those in a file in PEM form.
        case authorities(RawPath)
        /// Nobody; a pinned key is still demanded.
        case nobody
    }

    /// A name or an address, without brackets.
    package var host: String
    package var port: UInt16
    package var user: String
    package var password: Secret
    package var security: Security
    package var trust = Trust.system
    /// The SHA-256 of the server's public key (SubjectPublicKeyInfo), 32 bytes; nil when any will do.
    package var pinnedKey: [UInt8]?
    package var connectTimeout = Duration.seconds(30)
    /// How long the server may take to answer a command.
    package var responseTimeout = Duration.seconds(60)
    /// How long nothing may move while it could.
    package var stallTimeout = Duration.seconds(60)
    /// Whether TLS 1.3 may be used.
    ///
    /// Servers send its tickets when they like: one that lies unread when an upload ends resets the connection, and data
    /// connections are refused whose session is another ticket. So only where a server has no TLS 1.2.
    var usesNewestTLS = false
    /// Connections at once, at least 1.
    package var maximumConnections = 4

    package init(host: String, port: UInt16, user: String, password: Secret, security: Security) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.security = security
    }

    /// Throws unless user and password can be said to a server, and the pin is one.
    func check() throws(FTPError) {
        if user.utf8.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) {
            throw .configuration("the user's name has a line break or a NUL in it")
        }
        let isSayable = password.withBytes { bytes in
            bytes.byteOffsets.allSatisfy { ![0, 0x0A, 0x0D].contains(bytes[$0]) }
        }
        guard isSayable else { throw .configuration("the password has a line break or a NUL in it") }
        if let pinnedKey, pinnedKey.count != HashAlgorithm.sha256.digestLength {
            throw .configuration("the pinned key is no SHA-256")
        }
    }
}
