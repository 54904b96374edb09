import Bytes
import Errors
import Reactor
import SSH
import Sessions

/// An SSH server for files: whoever signs in sees one folder by SFTP, as if it were the whole machine, and can do nothing
/// else.
///
/// Commands, shells and forwarding are refused. Connections are spread over a thread for each core, and strangers are held
/// back before they can use up the machine: so many connections that have not signed in, so many of one address, and
/// growing waits for addresses that guess passwords. OpenSSH's `sftp`, `scp` and `sshfs`, PuTTY, lftp, rclone and curl can
/// talk to it.
///
/// ```swift
/// let key = try await HostKey.loadOrCreate(at: "host_key")
/// let server = SSHServer(hostKey: key, logins: Accounts([.init("ada", password: "open sesame")]), folder: .init("/srv/box"))
/// let address = try await server.listen(port: 2222)
/// ```
public actor SSHServer {
    /// Where it can be reached.
    public struct Address: Sendable, Hashable, CustomStringConvertible {
        /// An IPv4 or IPv6 address.
        public let host: String
        /// Never 0.
        public let port: UInt16

        /// `host:port`, an IPv6 address in brackets.
        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

        init(_ address: SocketAddress) {
            host = address.host
            port = address.port
        }
    }

    /// The keys by which clients know it.
    public nonisolated let hostKeys: [HostKey]
    private let folder: SharedFolder
    private let options: Options
    private let policy: LoginPolicy
    private let observe: @Sendable (Event) -> Void
    private var core: Task<SSH.SSHServer, any Error>?

    /// A server that does not listen yet.
    ///
    /// - Parameters:
    ///   - hostKey: the key by which clients know it.
    ///   - logins: who may sign in.
    ///   - folder: what they see.
    ///   - observe: told what happens, in order; called on an event loop, so it must not block.
    public init(
        hostKey: HostKey, logins: any Logins, folder: SharedFolder, options: Options = Options(),
        observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.init(hostKeys: [hostKey], logins: logins, folder: folder, options: options, observe: observe)
    }

    /// A server with several keys, one of a type.
    public init(
        hostKeys: [HostKey], logins: any Logins, folder: SharedFolder, options: Options = Options(),
        observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.hostKeys = hostKeys
        self.folder = folder
        self.options = options
        policy = LoginPolicy(logins)
        self.observe = observe
    }

    /// Listens at `host` and `port`, and serves until `shutdown`; can be called for several addresses.
    ///
    /// - Parameters:
    ///   - host: `127.0.0.1` is for this machine alone, `0.0.0.0` for everybody, and `::` for everybody by IPv6 too.
    ///   - port: 0 takes any that is free.
    /// - Returns: the address with the port that it got.
    /// - Throws: an error of the category `fileSystem` or `permission` for the folder, and `network` for the address.
    @discardableResult
    public func listen(at host: String = "127.0.0.1", port: UInt16 = 0) async throws(FairleadError) -> Address {
        let server = try await start()
        do throws(ReactorError) {
            let addresses = try await Resolver.resolve(host: host, port: port, on: server.loop)
            return Address(try await server.listen(at: addresses[0]))
        } catch {
            throw FairleadError(
                .network, "cannot listen at \(host):\(port): \(error.text)", operation: "listen", host: host,
                hint: "choose another port, or 0 for any that is free", isRetryable: false, cause: error)
        }
    }

    /// Serves until the task is cancelled, then gives those who are signed in `time` to finish.
    public func serve(finishingWithin time: Duration = .seconds(5)) async {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        await Task { await shutdown(within: time) }.value
    }

    /// Stops listening and ends what has not signed in; those who have get `time` to finish, and then are ended too.
    public func shutdown(within time: Duration = .zero) async {
        guard let core else { return }
        self.core = nil
        await (try? core.value)?.shutdown(within: time)
    }

    /// How many connections there are, and how many of them have signed in.
    public var connectionCounts: (all: Int, signedIn: Int) {
        get async {
            guard let core, let counts = await (try? core.value)?.counts else { return (0, 0) }
            return (counts.all, counts.all - counts.unauthenticated)
        }
    }

    private func start() async throws(FairleadError) -> SSH.SSHServer {
        let starting = core ?? Task { [self] in try await makeServer() }
        core = starting
        do { return try await starting.value } catch {
            core = nil
            throw error as? FairleadError ?? FairleadError(.internal, "\(error)", operation: "listen", cause: error)
        }
    }

    private func makeServer() async throws -> SSH.SSHServer {
        let services = FolderServices(try await folder.open(), folder)
        var configuration = ServerConfiguration(hostKeys: hostKeys.map(\.pair))
        configuration.banner = options.banner
        configuration.loginGraceTime = options.loginTime
        configuration.maximumFailures = max(options.maximumFailures, 1)
        var admission = AdmissionControl.Configuration()
        admission.total = options.maximumConnections
        if !options.penalisesGuessing { admission.penalties = nil }
        if let limit = options.maximumWaiting {
            (admission.dropStart, admission.dropFull, admission.perSource) = (limit, limit, limit)
        }
        return SSH.SSHServer(
            configuration, policy: policy, services: services, admission: admission
        ) { [observe] event in observe(Event(event)) }
    }
}
