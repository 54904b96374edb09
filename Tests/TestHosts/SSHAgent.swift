import Foundation

/// OpenSSH's `ssh-agent` with a socket of its own.
package final class SSHAgent: Sendable {
    /// The socket's path, for `SSH_AUTH_SOCK`.
    package let socket: String
    package let process: ChildProcess

    /// Starts an agent that holds `keys` of `TestKeys.user`.
    package static func start(holding keys: [TestKeys.Kind] = TestKeys.Kind.allCases) async throws -> SSHAgent {
        try await onThread { try SSHAgent(holding: keys) }
    }

    private init(holding keys: [TestKeys.Kind]) throws {
        let path = try TemporaryDirectory().path("agent")
        socket = path
        process = try ChildProcess(Installed.path(of: "ssh-agent") ?? "/usr/bin/ssh-agent", ["-D", "-a", path])
        let deadline = Date(timeIntervalSinceNow: Launch.patience)
        while !FileManager.default.fileExists(atPath: path), process.isRunning, Date() < deadline { usleep(5000) }
        for kind in keys {
            let result = try runProgramBlocking(
                "ssh-add", ["-q", try TestKeys.user.path(kind)], environment: ["SSH_AUTH_SOCK": path])
            guard result.status == 0 else {
                throw TestHostError.failed("ssh-add", status: result.status, log: result.errors)
            }
        }
    }

    package func stop() { process.kill() }
}
