import Cryptography
import Foundation
import TestHosts
import Testing

@testable import SSH

@Suite("The server and other people's clients", .serialized, .timeLimit(.minutes(5)))
struct OtherClientsTests {
    /// The lines of a script of `Scripts/hosts` that plays a client.
    private func play(_ script: String) async throws -> [String] {
        try await ServedHost.with { host in
            let result = try await runProgram(
                Repository.cache + "/venv/bin/python3",
                [
                    Repository.script(script), "\(host.port)", ServedHost.hostKeys[0].publicKey.line(), ServedHost.user,
                    try TestKeys.user.path(.ed25519), ServedHost.password,
                ], timeout: 150)
            #expect(result.status == 0, "\(result.errors)")
            return result.output.split(separator: "\n").map(String.init)
        }
    }

    @Test("AsyncSSH", .enabled(if: Installed.asyncSSH, "AsyncSSH is not installed"))
    func asyncSSH() async throws {
        let lines = try await play("asyncssh-client")
        #expect(lines.filter { !$0.hasPrefix("ok ") } == [])
        #expect(lines.count == 13)
    }

    @Test("Paramiko", .enabled(if: Installed.paramiko, "Paramiko is not installed"))
    func paramiko() async throws {
        let lines = try await play("paramiko-client")
        #expect(lines.filter { !$0.hasPrefix("ok ") } == [])
        #expect(lines.count == 6)
    }

    // MARK: PuTTY

    private func plink(
        _ host: ServedHost, _ arguments: [String], _ command: String, input: [UInt8] = []
    ) async throws -> ProgramResult {
        let fingerprints = ServedHost.hostKeys.flatMap { ["-hostkey", "\($0.publicKey.fingerprint)"] }
        return try await runProgram(
            "plink",
            ["-batch", "-ssh", "-noagent", "-P", "\(host.port)", "-l", ServedHost.user] + fingerprints + arguments
                + ["127.0.0.1", command], input: input, environment: ["HOME": host.directory.path], timeout: 60)
    }

    @Test("PuTTY's plink: password, key, status, bytes, forwarding", .enabled(if: Installed.has("plink")))
    func putty() async throws {
        try await ServedHost.with { host in
            let secret = try host.directory.write(ServedHost.password + "\n", to: "password")
            let byPassword = try await plink(host, ["-pwfile", secret], "echo in; exit 7")
            #expect(byPassword.output == "in\n" && byPassword.status == 7, "\(byPassword.errors)")
            let wrong = try await plink(host, ["-pwfile", try host.directory.write("no\n", to: "wrong")], "true")
            #expect(wrong.status == 1 && wrong.output.isEmpty)
            let key = host.directory.path("key.ppk")
            let made = try await runProgram("puttygen", [try TestKeys.user.path(.ed25519), "-O", "private", "-o", key])
            #expect(made.status == 0, "\(made.errors)")
            let input = SystemRandom.bytes(1 << 20)
            let byKey = try await plink(host, ["-i", key], "cat", input: input)
            #expect(byKey.status == 0 && byKey.outputBytes == input, "\(byKey.errors)")
            let terminal = try await plink(host, ["-i", key, "-t"], "tty")
            #expect(terminal.output.contains("/dev/pts/"), "\(terminal.errors)")
            let greeter = try HostileServer { $0.write("welcome\n") }
            defer { greeter.stop() }
            let forwarded = try await plink(host, ["-i", key, "-nc", "127.0.0.1:\(greeter.port)"], "")
            #expect(forwarded.output == "welcome\n", "\(forwarded.errors)")
        }
    }

    // MARK: Dropbear

    private func dbclient(
        _ host: ServedHost, _ arguments: [String], _ command: String, password: String? = nil, input: [UInt8] = []
    ) async throws -> ProgramResult {
        // It takes whatever host key comes: it keeps those it knows in the account's home, which is not ours to change.
        try await runProgram(
            "dbclient", ["-y", "-y", "-p", "\(host.port)"] + arguments + ["\(ServedHost.user)@127.0.0.1", command],
            input: input,
            environment: ["HOME": host.directory.path].merging(
                password.map { ["DROPBEAR_PASSWORD": $0] } ?? [:], uniquingKeysWith: { $1 }), timeout: 60)
    }

    @Test("Dropbear's dbclient: password, key, status, bytes, forwarding", .enabled(if: Installed.has("dbclient")))
    func dropbear() async throws {
        try await ServedHost.with { host in
            let byPassword = try await dbclient(host, [], "echo in; exit 7", password: ServedHost.password)
            #expect(byPassword.output == "in\n" && byPassword.status == 7, "\(byPassword.errors)")
            let wrong = try await dbclient(host, [], "true", password: "wrong")
            #expect(wrong.output.isEmpty && wrong.errors.contains("exited"))
            let key = host.directory.path("key")
            let made = try await runProgram(
                "dropbearconvert", ["openssh", "dropbear", try TestKeys.user.path(.ed25519), key])
            #expect(made.status == 0, "\(made.errors)")
            let input = SystemRandom.bytes(1 << 20)
            let byKey = try await dbclient(host, ["-i", key], "cat", input: input)
            #expect(byKey.status == 0 && byKey.outputBytes == input, "\(byKey.errors)")
            let greeter = try HostileServer { $0.write("welcome\n") }
            defer { greeter.stop() }
            let forwarded = try await dbclient(host, ["-i", key, "-B", "127.0.0.1:\(greeter.port)"], "")
            #expect(forwarded.output == "welcome\n", "\(forwarded.errors)")
        }
    }
}
