package import Bytes
import Cryptography

/// The transport layer (RFC 4253) of one connection, without I/O: received bytes in; events, and bytes to send, out.
///
/// The owner appends what the socket has to a buffer and calls `next` until it answers `.idle`; sends messages with
/// `sendPacket`; and passes `takeOutbound` to the socket. Time is the owner's: it calls `startKeyExchange` when
/// `RekeyPolicy.interval` is over. After a throw the machine stays failed.
package struct TransportMachine: ~Copyable, PacketSink {
    package struct Configuration: Sendable {
        package var algorithms: AlgorithmPreferences
        package var identification: Identification
        package var rekeyPolicy: RekeyPolicy
        /// Sends the first key exchange message along with KEXINIT, on the guess that the server prefers what we do.
        package var guessesKeyExchange: Bool
        /// The keys that a server proves to hold; of no meaning to a client.
        package var hostKeys: [KeyPair]
        /// What a server tells a client of the signatures that it accepts, by `server-sig-algs` (RFC 8308 §3.1); nothing
        /// when empty, and of no meaning to a client.
        package var signatureAlgorithms: [KeyAlgorithm]

        package init(
            algorithms: AlgorithmPreferences = .defaults, identification: Identification = .fairlead,
            rekeyPolicy: RekeyPolicy = RekeyPolicy(), guessesKeyExchange: Bool = false, hostKeys: [KeyPair] = [],
            signatureAlgorithms: [KeyAlgorithm] = []
        ) {
            self.hostKeys = hostKeys
            self.signatureAlgorithms = signatureAlgorithms
            self.algorithms = algorithms
            self.identification = identification
            self.rekeyPolicy = rekeyPolicy
            self.guessesKeyExchange = guessesKeyExchange
        }
    }

    /// Where the connection stands.
    enum State {
        /// Our identification and KEXINIT are out; the peer's identification is awaited.
        case identifying(Identification.Parser, Offer)
        /// Messages flow; the peer has not sent a KEXINIT since the last NEWKEYS. `offer` is ours, once it is out.
        case open(Offer?)
        /// Both offers are known; the method's messages go back and forth.
        case exchanging(Exchange)
        /// The server's key is proven, and waits for the owner's decision.
        case deciding(Finished)
        /// Our NEWKEYS is out; the peer's is awaited.
        case awaitingNewKeys(Inbound)
        case failed(TransportError)
    }

    /// Our KEXINIT, and the first message of the method where it was sent on a guess.
    struct Offer {
        let message: KeyExchangeInit
        let payload: [UInt8]
        var guess: Held<ClientKeyExchange>?
    }

    struct Exchange {
        let ours: [UInt8]
        let theirs: [UInt8]
        let algorithms: NegotiatedAlgorithms
        /// The peer guessed wrong: its next message of the method is to be dropped (RFC 4253 §7).
        var dropsNextMessage: Bool
        let method: Method
    }

    /// The method's messages, from this side.
    enum Method {
        case client(Held<ClientKeyExchange>)
        case server(Held<ServerKeyExchange>)
    }

    struct Finished {
        let algorithms: NegotiatedAlgorithms
        let derivation: KeyDerivation
        let hostKey: PublicKey
    }

    struct Inbound {
        let protection: PacketProtection
        let algorithms: NegotiatedAlgorithms
    }

    package let configuration: Configuration
    package let role: Role
    /// The exchange hash of the first key exchange (RFC 4253 §7.2); nil before it ended.
    package internal(set) var sessionID: [UInt8]?
    /// What is in use; nil before the first NEWKEYS.
    package internal(set) var algorithms: NegotiatedAlgorithms?
    /// What the peer said of itself.
    package internal(set) var extensions = ExtensionInfo()
    package internal(set) var peerIdentification: Identification?
    /// The host key that the server proved to hold and the owner accepted.
    package internal(set) var hostKey: PublicKey?
    /// Whether both sides follow strict key exchange (OpenSSH PROTOCOL §1.10), the cure for Terrapin.
    package internal(set) var isStrict = false
    /// Whether the peer asked to be told of extensions (RFC 8308 §2.1).
    package internal(set) var peerWantsExtensions = false
    /// How many key exchanges have ended.
    package internal(set) var keyExchangeCount = 0

    var state: State
    var writer = PacketWriter()
    var reader = PacketReader()
    /// Messages of other layers that wait for our NEWKEYS: `uint32` length and payload, each.
    var deferred = ByteBuffer()
    /// The last payload that was compressed.
    var inflated = ByteBuffer()
    /// Bytes of the packet that was handed out last.
    var handedOut = 0
    var idleMessageCount = 0
    var pingCount = 0
    var extensionMessageCount = 0
    var isAuthenticated = false

    /// Sends the identification and, without waiting for the peer's, KEXINIT.
    package init(role: Role, configuration: Configuration) {
        self.role = role
        self.configuration = configuration
        state = .open(nil)
        writer.outbound.append(configuration.identification.line + [UInt8(ascii: "\r"), UInt8(ascii: "\n")])
        state = .identifying(Identification.Parser(peer: role == .client ? .server : .client), makeOffer())
    }

    /// Why nothing can be sent any more; nil while it can. `next` throws the same.
    package var failure: TransportError? {
        if case .failed(let error) = state { error } else { writer.failure }
    }

    // MARK: What the owner sends

    /// Sends one message of the layers above; while a key exchange is under way it waits for that to end.
    ///
    /// Nothing is sent once the machine has failed.
    package mutating func sendPacket(_ write: (inout ByteBuffer) -> Void) {
        if case .failed = state { return }
        guard isDeferring else {
            writer.sendPacket(write)
            return
        }
        deferred.appendString(write)
        if deferred.count > TransportLimits.deferredLength {
            deferred = ByteBuffer()
            state = .failed(.limitExceeded("too much waits for a key exchange to end"))
        }
    }

    package mutating func sendPacket(
        _ count: Int, from queue: inout OutboundQueue, behind write: (inout ByteBuffer) -> Void
    ) {
        if case .failed = state { return }
        guard isDeferring else {
            writer.sendPacket(count, from: &queue, behind: write)
            return
        }
        sendPacket { buffer in
            write(&buffer)
            queue.move(count, to: &buffer)
        }
    }

    /// Whether messages of the layers above wait: bulk data is better not made now.
    package var isDeferring: Bool {
        switch state {
        case .identifying, .exchanging, .deciding: true
        case .open(let offer): offer != nil
        case .awaitingNewKeys, .failed: false
        }
    }

    /// Bytes for the socket, in order; empties what is kept here.
    package mutating func takeOutbound() -> ByteBuffer {
        let bytes = writer.outbound
        // What follows is likely to be as much: to grow step by step would copy it several times.
        writer.outbound = ByteBuffer(capacity: bytes.count + bytes.count / 8)
        return bytes
    }

    /// How many bytes `takeOutbound` would return.
    package var outboundCount: Int { writer.outbound.count }

    /// The payload that was compressed and handed out as `.inflatedPayload`.
    package mutating func takeInflatedPayload() -> ByteBuffer {
        let payload = inflated
        inflated = ByteBuffer()
        return payload
    }

    /// Says goodbye (RFC 4253 §11.1). Nothing is to be sent afterwards.
    package mutating func sendDisconnect(_ reason: DisconnectReason, _ message: String) {
        writer.sendPacket { payload in
            payload.append(MessageNumber.disconnect.rawValue)
            payload.append(reason.rawValue)
            payload.append(string: message)
            payload.append(string: "")
        }
    }

    /// Asks the peer for a `pong` (OpenSSH PROTOCOL §1.9); only where `extensions.supportsPing`.
    package mutating func sendPing(_ data: [UInt8] = []) {
        sendPacket { payload in
            payload.append(MessageNumber.ping.rawValue)
            payload.append(string: data)
        }
    }

    /// Answers a message that no layer knows (RFC 4253 §11.4).
    package mutating func sendUnimplemented() {
        let sequence = reader.lastSequence
        sendPacket { payload in
            payload.append(MessageNumber.unimplemented.rawValue)
            payload.append(sequence)
        }
    }

    // MARK: What the owner decides

    /// Goes on with the host key that was presented: sends NEWKEYS and takes the new keys into use.
    package mutating func acceptHostKey() throws(TransportError) {
        switch state {
        case .deciding(let finished): try changeKeys(finished)
        case .identifying, .open, .exchanging, .awaitingNewKeys:
            preconditionFailure("no host key waits for a decision")
        case .failed(let error): throw error
        }
    }

    /// Tells that the user is authenticated: delayed compression begins, and EXT_INFO has had its time.
    package mutating func authenticationSucceeded() throws(TransportError) {
        isAuthenticated = true
        try applyCompression(outbound: true, inbound: true)
    }

    /// Begins a key exchange, unless one is under way already.
    package mutating func startKeyExchange() {
        switch state {
        case .open(nil): state = .open(makeOffer())
        case .open, .identifying, .exchanging, .deciding, .awaitingNewKeys, .failed: break
        }
    }

    /// Begins a key exchange when the policy's bytes or packets are used up in either direction.
    package mutating func startKeyExchangeIfDue() {
        guard let algorithms else { return }
        let policy = configuration.rekeyPolicy
        let (sending, receiving) =
            role == .client ? (algorithms.toServer, algorithms.toClient) : (algorithms.toClient, algorithms.toServer)
        if policy.isDue(bytes: writer.byteCount, packets: writer.packetCount, cipher: sending.cipher)
            || policy.isDue(bytes: reader.byteCount, packets: reader.packetCount, cipher: receiving.cipher)
        {
            startKeyExchange()
        }
    }
}
