import Bytes
import Errors
import Reactor
import SSH
import Sessions

extension Demo: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        let host = try await DemoHost.start(port: port, allowsExec: allowsExec) { event in
            console.debug(1, event.text)
        }
        do {
            try show(host, console)
            // Until a signal cancels it.
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        } catch {
            await host.stop()
            throw error
        }
        await host.stop()
        return .done
    }

    private func show(_ host: DemoHost, _ console: Console) throws {
        guard !output.isJSON else {
            let members: [(String, JSON)] = [
                ("host", .string(host.address.host)), ("port", .integer(Int64(host.address.port))),
                ("username", .string(DemoHost.user)), ("password", .string(host.password)),
                ("host_key", .string(host.hostKey.line())),
            ]
            return try console.out(JSON.object(members + JSON.members("root", of: host.folder.root)).text + "\n")
        }
        let (port, known) = (host.address.port, host.folder.knownHosts.description.shellQuoted)
        let target = "\(DemoHost.user)@\(host.address.host)"
        try console.out(
            """
            A demo host is up at \(host.address). Ctrl-C ends it, and its files go with it.

              user      \(DemoHost.user)
              password  \(host.password)
              host key  \(host.hostKey.fingerprint)
              files     \(host.folder.root)

            To reach it:

              fairlead ls -p \(port) --known-hosts \(known) \(target)
              sftp -P \(port) -o UserKnownHostsFile=\(known) \(target)
              ssh -p \(port) -o UserKnownHostsFile=\(known) \(target)\(allowsExec ? "" : "    (needs --allow-exec)")

            """)
    }
}

extension SSHServer.Event {
    /// One line for `-v`.
    fileprivate var text: String {
        switch self {
        case .refused(let source, let refusal): "\(source): refused: \(refusal)"
        case .connected(let source): "\(source): connected"
        case .authenticated(let source, let user): "\(source): \(user.name.visible()) logged in"
        case .ended(let source, let user, let error):
            "\(source): \(user.map { "\($0.name.visible()): " } ?? "")ended: \(error)"
        }
    }
}
