import Foundation

/// AsyncSSH's server: passwords, keyboard-interactive and several stages for any user, also without root.
package final class AsyncSSHServer: TestHost {
    package struct Prompt: Sendable {
        package let text: String
        package let echo: Bool
        /// The answer that is right.
        package let answer: String

        package init(_ text: String, echo: Bool, answer: String) {
            self.text = text
            self.echo = echo
            self.answer = answer
        }
    }

    package struct Options: Sendable {
        /// Accepts `TestKeys.user`.
        package var publicKey = true
        package var password: String?
        /// The first right password is answered with a request to change it; this is the new one that is accepted.
        package var changedPassword: String?
        /// Keyboard-interactive: the prompts of each round.
        package var rounds: [[Prompt]] = []
        /// Methods that have to succeed one after the other, by partial success; else any one of them will do.
        package var stages: [String] = []
        package var hostKeys = TestKeys.Kind.allCases
        package var sftp = true
        /// Rekeys after so many bytes.
        package var rekeyBytes: Int?
        package var keyExchanges: [String] = []
        package var ciphers: [String] = []
        package var macs: [String] = []
        package var compression: [String] = []

        package init() {}
    }

    package let name = "AsyncSSH"
    package let port: UInt16
    package let user = "somebody"
    package let directory: String
    package let knownHosts: String
    package let process: ChildProcess
    private let logFile: String

    package var log: String { readText(logFile) }

    /// Starts a server; `configure` changes its options.
    package static func start(_ configure: (inout Options) -> Void = { _ in }) async throws -> AsyncSSHServer {
        var options = Options()
        configure(&options)
        return try await onThread { [options] in try AsyncSSHServer(options) }
    }

    private init(_ options: Options) throws {
        let temporary = try TemporaryDirectory()
        directory = temporary.path("files")
        try FileManager.default.createDirectory(atPath: temporary.path("files"), withIntermediateDirectories: false)
        var document: [String: Any] = [
            "host_keys": try options.hostKeys.map { try TestKeys.host.path($0) },
            "sftp": options.sftp, "stages": options.stages, "kex": options.keyExchanges, "ciphers": options.ciphers,
            "macs": options.macs, "compression": options.compression,
            "rounds": options.rounds.map { round in round.map { [$0.text, $0.echo, $0.answer] as [Any] } },
        ]
        if options.publicKey { document["authorized_keys"] = try TestKeys.user.authorizedKeys }
        if let password = options.password { document["password"] = password }
        if let password = options.changedPassword { document["change_to"] = password }
        if let bytes = options.rekeyBytes { document["rekey_bytes"] = bytes }
        let file = try temporary.write(
            [UInt8](try JSONSerialization.data(withJSONObject: document)), to: "options.json")
        logFile = temporary.path("log")
        (process, port) = try PythonHost.start("asyncssh-server", [file], log: logFile, directory: directory)
        knownHosts = try temporary.write(
            Self.knownHostsLines(port: port, publicKeys: options.hostKeys.map { try TestKeys.host.publicKey($0) }),
            to: "known_hosts")
    }
}
