import Bytes
import Cryptography
import Errors
import Reactor
import SSH
import Sessions

/// A demo host: an SSH server on loopback with everything fresh.
struct DemoHost: Sendable {
    static let user = "demo"

    let folder: DemoFolder
    let address: SocketAddress
    let password: String
    let hostKey: PublicKey
    private let server: SSHServer

    /// Starts it; port 0 takes any. `stop` has to follow.
    static func start(
        port: UInt16, allowsExec: Bool, on group: EventLoopGroup = .shared,
        log: @escaping @Sendable (SSHServer.Event) -> Void
    ) async throws -> DemoHost {
        guard let address = SocketAddress(host: "127.0.0.1", port: port) else {
            preconditionFailure("127.0.0.1 is an address")
        }
        let folder = try await DemoFolder.make(on: group.next())
        do {
            let key = try KeyPair.generate(comment: "fairlead demo")
            let password = makePassword()
            let account = FixedAccounts.Account(user, password: Secret(utf8: password))
            var admission = AdmissionControl.Configuration()
            // Everybody here is this machine, and the password cannot be guessed.
            admission.penalties = nil
            admission.dropStart = 200
            admission.dropFull = 400
            admission.perSource = admission.dropFull
            var configuration = ServerConfiguration(hostKeys: [key])
            // Clients of libssh2 1.10, such as Debian 12's curl, know no others.
            configuration.transport.algorithms.macs += [.sha256, .sha512]
            // Where commands run, files have the names that commands know them by: rclone hashes them so.
            let files =
                allowsExec
                ? try RootedFileSystem(at: "/", home: folder.root) : try RootedFileSystem(at: folder.root)
            let server = SSHServer(
                configuration, policy: FixedAccounts([account]),
                services: DemoServices(root: folder.root, files: files, allowsExec: allowsExec),
                admission: admission, on: group,
                observe: log)
            let listening = try await server.listen(at: address)
            let host = DemoHost(
                folder: folder, address: listening, password: password, hostKey: key.publicKey, server: server)
            let line = "[\(listening.host)]:\(listening.port) \(key.publicKey.line())\n"
            try await folder.write(Array(line.utf8), to: folder.knownHosts)
            return host
        } catch {
            await folder.remove()
            guard let error = error as? ReactorError else { throw error }
            if error.kind == .addressInUse {
                throw FairleadError(
                    .network, "port \(port) of this machine is in use already", operation: "demo",
                    hint: "choose another one with -p, or leave it out")
            }
            throw FairleadError(local: error, operation: "demo")
        }
    }

    /// Ends all connections and removes the folder.
    func stop() async {
        await server.shutdown()
        await folder.remove()
    }

    /// 100 random bits as letters and digits that are hard to mistake (Crockford's base 32).
    private static func makePassword() -> String {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        let letters = SystemRandom.bytes(20).map { alphabet[Int($0 & 31)] }
        return stride(from: 0, to: letters.count, by: 5).map { String(letters[$0..<$0 + 5]) }.joined(separator: "-")
    }
}
