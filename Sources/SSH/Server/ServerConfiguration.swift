import Reactor

/// How a server's connections behave.
@dynamicMemberLookup
package struct ServerConfiguration: Sendable {
    package var connection = ConnectionConfiguration()
    /// The server's keys, one of a type, each with its certificate if it has one; the first of a type that the client
    /// knows is used.
    package var hostKeys: [KeyPair]
    /// What everybody is offered, in this order.
    package var methods: [AuthenticationMethod] = [.publicKey, .password, .keyboardInteractive]
    /// What users' keys may sign by.
    package var signatureAlgorithms: [KeyAlgorithm] = [
        .ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsaSHA512, .rsaSHA256,
    ]
    /// The shortest RSA key of a user that is taken, in bits.
    package var minimumRSABits = 2048
    /// Whose certificates users may show for their keys; empty takes none.
    package var userAuthorities: [PublicKey] = []
    /// How these may have signed.
    package var authoritySignatureAlgorithms = CertificateCheck.usualSignatureAlgorithms
    /// Keys, certificates and authorities of users that are not taken any more.
    package var revokedKeys = RevocationList()
    /// Seconds since 1970, for the dates of certificates.
    package var clock: @Sendable () -> UInt64 = { WallClock.seconds }
    /// How many wrong proofs end a connection.
    package var maximumFailures = 6
    /// Shown to everybody who wants to log in.
    package var banner: String?
    /// How long a connection may take until it is authenticated.
    package var loginGraceTime: Duration = .seconds(60)
    /// A refusal is sent a multiple of this after the request came: the policy's time for known and unknown users differs
    /// by less than that, or shows.
    package var failureStep: Duration = .milliseconds(150)
    /// The same for keys, which clients try by the dozen.
    package var keyFailureStep: Duration = .milliseconds(10)

    package init(hostKeys: [KeyPair]) {
        self.hostKeys = hostKeys
        connection.transport.algorithms = .serverDefaults
        // As OpenSSH's server: its client counts the next packet's bytes as blocks, and renews keys after each larger one
        // when `RekeyLimit` is small.
        connection.channels.maximumPacketSize = 32 << 10
        connection.channels.maximumChannels = ServerLimits.channelCount
        connection.channels.maximumPeerChannels = ServerLimits.channelCount
    }

    package subscript<Value>(dynamicMember path: WritableKeyPath<ConnectionConfiguration, Value>) -> Value {
        get { connection[keyPath: path] }
        set { connection[keyPath: path] = newValue }
    }
}
