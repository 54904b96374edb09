import Cryptography
import Foundation
import TestHosts
import Testing

@testable import SSH

/// What OpenSSH's own regression tests do with its client (`regress/transfer.sh`, `rekey.sh`, `exit-status.sh`,
/// `stderr-after-eof.sh`, `multiplex.sh`), against our server.
@Suite(
    "OpenSSH's regression tests with our server", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: Installed.has("ssh"), "ssh is not installed"))
struct TransferRegressTests {
    @Test("Files of all sizes go through a command, both ways", arguments: OpenSSHClient.releases)
    func transfer(release: OpenSSHServer.Release) async throws {
        try await ServedHost.with { host in
            let client = try OpenSSHClient(release, to: host)
            for size in [0, 10, 100, 1000, 4095, 4097, 32_768, 64_000, 1_000_000] {
                let bytes = SystemRandom.bytes(size)
                let path = host.directory.path("data-\(size)")
                let sent = try await client.run(["cat > \(path)"], input: bytes)
                #expect(sent.status == 0)
                let got = try await client.run(["cat \(path)"])
                #expect(got.status == 0 && got.outputBytes == bytes, "\(size)")
            }
        }
    }

    /// What `ssh -Q kind` names and our server has.
    private static func common(_ kind: String, _ ours: [String]) throws -> [String] {
        let theirs = try runProgramBlocking("ssh", ["-Q", kind]).output.split(separator: "\n").map(String.init)
        return ours.filter { theirs.contains($0) }
    }

    @Test("Keys are exchanged again every 256 KiB by every algorithm, and nothing is lost")
    func rekeying() async throws {
        let defaults = AlgorithmPreferences.defaults
        let ciphers = try Self.common("cipher", defaults.ciphers.map(\.rawValue)).map { ["Ciphers=\($0)"] }
        let methods = try Self.common("kex", defaults.keyExchange.map(\.rawValue)).map { ["KexAlgorithms=\($0)"] }
        let macs = try Self.common("mac", defaults.macs.map(\.rawValue))
            .map { ["MACs=\($0)", "Ciphers=aes128-ctr"] }
        #expect(ciphers.count >= 3 && methods.count >= 4 && macs.count >= 2)
        let bytes = SystemRandom.bytes(1 << 20)
        try await ServedHost.with(configure: { $0.transport.algorithms = .defaults }) { host in
            let client = try OpenSSHClient(.system, to: host)
            for settings in ciphers + methods + macs {
                let options = (["RekeyLimit=256k"] + settings).flatMap { ["-o", $0] }
                let result = try await client.run(["cat"], options: options + ["-v"], input: bytes)
                #expect(result.status == 0 && result.outputBytes == bytes, "\(settings)")
                let count = result.errors.matches(of: /SSH2_MSG_NEWKEYS received/).count
                #expect(count > 3, "\(settings): \(count) key exchanges")
            }
        }
    }

    @Test("Keys are exchanged again after a time, also in silence")
    func rekeyingByTime() async throws {
        try await ServedHost.with { host in
            let client = try OpenSSHClient(.system, to: host)
            let result = try await client.run(
                ["echo a; sleep 2; echo b; sleep 2; echo c"], options: ["-v", "-o", "RekeyLimit=default 1s"])
            #expect(result.output == "a\nb\nc\n" && result.status == 0)
            #expect(result.errors.matches(of: /SSH2_MSG_NEWKEYS received/).count > 1, "\(result.errors)")
        }
    }

    @Test("Statuses arrive, with and without a terminal", arguments: OpenSSHClient.releases)
    func statuses(release: OpenSSHServer.Release) async throws {
        try await ServedHost.with { host in
            let client = try OpenSSHClient(release, to: host)
            for status: Int32 in [0, 1, 4, 5, 44, 255] {
                #expect(try await client.run(["exit \(status)"]).status == status)
                #expect(try await client.run(["-tt", "exit \(status)"]).status == status)
            }
        }
    }

    @Test("What comes on standard error after the output has ended arrives", arguments: OpenSSHClient.releases)
    func errorsAfterEnd(release: OpenSSHServer.Release) async throws {
        try await ServedHost.with { host in
            let client = try OpenSSHClient(release, to: host)
            let result = try await client.run(["exec > /dev/null; sleep 1; head -c 300000 /dev/zero | tr '\\0' x >&2"])
            #expect(result.status == 0 && result.errors.count == 300_000)
        }
    }

    @Test("Many sessions share a master's connection, which forwards and ends on request")
    func multiplexing() async throws {
        try await ServedHost.with { host in
            let client = try OpenSSHClient(.system, to: host)
            let socket = host.directory.path("control")
            let shared = ["-S", socket]
            #expect(try await client.run(["-N", "-f"], options: shared + ["-M"]).status == 0)
            #expect(try await client.run([], options: shared + ["-O", "check"]).status == 0)
            let bytes = SystemRandom.bytes(200_000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let result = try await client.run(["cat; exit \(number)"], options: shared, input: bytes)
                        #expect(result.outputBytes == bytes && result.status == Int32(number))
                    }
                }
                try await group.waitForAll()
            }
            let port = try freePort()
            let forwarding = ["-O", "forward", "-L", "127.0.0.1:\(port):127.0.0.1:\(host.port)"]
            #expect(try await client.run([], options: shared + forwarding).status == 0)
            let greeting = try await onThread { try BlockingSocket(port: port).readLine() }
            #expect(greeting?.hasPrefix("SSH-2.0-") == true)
            #expect(try await client.run([], options: shared + ["-O", "exit"]).status == 0)
            _ = await host.ended()
        }
    }
}
