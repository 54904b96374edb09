import Foundation

/// A real SSH server that others wrote, on a loopback port, for the time of a test.
///
/// It runs until `stop()` or the end of the test process.
package protocol TestHost: AnyObject, Sendable {
    /// What it is, for messages.
    var name: String { get }
    var port: UInt16 { get }
    /// The user to sign in as.
    var user: String { get }
    /// A directory for the test's files; the same path on both sides.
    var directory: String { get }
    /// A `known_hosts` file with the server's keys.
    var knownHosts: String { get }
    var process: ChildProcess { get }
    /// What the server has logged so far.
    var log: String { get }
}

extension TestHost {
    /// Where to connect: an address, not a name.
    package var host: String { "127.0.0.1" }

    /// `user@host`.
    package var target: String { "\(user)@\(host)" }

    /// Ends the server and its connections in an orderly way.
    package func stop() { process.stop() }

    /// Ends the server and its connections at once.
    package func kill() { process.kill() }
}

/// Runs `body` with `host` and stops it afterwards.
package func with<Host: TestHost, R>(_ host: Host, _ body: (Host) async throws -> R) async throws -> R {
    defer { host.stop() }
    return try await body(host)
}

/// Starts a server's program and waits until it answers, with an SSH version line unless it is to be something else.
struct Launch {
    let name: String
    /// Whether whoever answers is the server.
    var isReady: (BlockingSocket) -> Bool = { $0.readLine()?.hasPrefix("SSH-2.0-") == true }
    /// The seconds that a server may take until it answers.
    static let patience: TimeInterval = 20

    /// Starts what `start` makes for a free port; tries again with another port when the program ends at once (another
    /// program was faster to take the port).
    func run(
        log: String, _ start: (_ port: UInt16, _ output: Int32) throws -> ChildProcess
    ) throws -> (ChildProcess, UInt16) {
        for attempt in 1...3 {
            let port = try freePort()
            let output = unsafe open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            defer { close(output) }
            let process = try start(port, output)
            let deadline = Date(timeIntervalSinceNow: Self.patience)
            while process.isRunning, Date() < deadline {
                if let socket = try? BlockingSocket(port: port, timeout: Self.patience), isReady(socket) {
                    return (process, port)
                }
                usleep(5000)
            }
            process.kill()
            if attempt == 3 { break }
        }
        throw TestHostError.notReady(name, log: (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
    }
}

extension TestHost {
    /// The lines of `known_hosts` for the public keys in `files` on `port`.
    static func knownHostsLines(port: UInt16, publicKeys: [String]) -> String {
        publicKeys.map { key in
            "[127.0.0.1]:\(port) " + key.split(separator: " ").prefix(2).joined(separator: " ") + "\n"
        }.joined()
    }
}

package func readText(_ path: String) -> String {
    (try? String(decoding: Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)) ?? ""
}
