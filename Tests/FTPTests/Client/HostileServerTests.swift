import Bytes
import Cryptography
import FTP
import Reactor
import Synchronization
import TestHosts
import Testing

/// What no honest server does. Each ends with an error, soon, and within bounds.
@Suite("Hostile FTP servers", .timeLimit(.minutes(1)))
struct HostileServerTests {
    private typealias Answer = ScriptedFTPServer.Answer

    /// Runs `body` with a client of a server that answers so.
    private func with<Value>(
        _ answer: @escaping @Sendable (String, String) -> ScriptedFTPServer.Answer?,
        _ body: (FTPClient) async throws -> Value
    ) async throws -> Value {
        let server = try ScriptedFTPServer(answer)
        defer { server.stop() }
        var configuration = FTPConfiguration(
            host: "127.0.0.1", port: server.port, user: "a", password: Secret(utf8: "b"), security: .none)
        configuration.responseTimeout = .seconds(1)
        configuration.stallTimeout = .seconds(1)
        configuration.connectTimeout = .seconds(2)
        let client = try FTPClient(configuration, on: EventLoopGroup.shared.next())
        do {
            let value = try await body(client)
            await client.close()
            return value
        } catch {
            await client.close()
            throw error
        }
    }

    private func failure(
        _ answer: @escaping @Sendable (String, String) -> ScriptedFTPServer.Answer?,
        _ body: (FTPClient) async throws(FTPError) -> Void
    ) async throws -> FTPError? {
        try await with(answer) { client in
            do throws(FTPError) { try await body(client) } catch { return error }
            return nil
        }
    }

    @Test("A listing with an end plays by the rules")
    func honest() async throws {
        let listing = try await with({ verb, _ in verb == "MLSD" ? .send(Array("type=file;size=3; a\r\n".utf8)) : nil })
        {
            try await $0.list("x", limit: 10)
        }
        #expect(listing.entries.map(\.name) == ["a"])
    }

    @Test("Names that lead elsewhere are left out")
    func names() async throws {
        let lines = "type=file; ../../etc/passwd\r\ntype=file; /abs\r\ntype=file; ok\r\ntype=file; \u{1B}[2J\r\n"
        let listing = try await with({ verb, _ in verb == "MLSD" ? .send(Array(lines.utf8)) : nil }) {
            try await $0.list("x", limit: 10)
        }
        #expect(listing.entries.map(\.name) == ["ok", "\u{1B}[2J"] && listing.refusals.count == 2)
    }

    @Test("A listing without an end is given up", arguments: ["type=file; x\r\n", "x", "total\r\n", "\r\n"])
    func endless(line: String) async throws {
        let bytes = Array(String(repeating: line, count: 1000).utf8)
        let start = ContinuousClock.now
        let error = try await failure({ verb, _ in verb == "MLSD" ? .sendForever(bytes) : nil }) {
            (client) async throws(FTPError) in _ = try await client.list("x", limit: 5000)
        }
        switch error {
        case .listingTooLong?, .protocolViolation?: break
        default: Issue.record("\(String(describing: error))")
        }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("A reply without an end is given up", arguments: ["211-x\r\n", "x", "\r\n"])
    func endlessReply(text: String) async throws {
        let chunk = String(repeating: text, count: 500)
        let start = ContinuousClock.now
        let error = try await failure({ verb, _ in verb == "FEAT" ? .sayForever(chunk) : nil }) {
            (client) async throws(FTPError) in try await client.connect()
        }
        #expect(error != nil)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test(
        "Silence is waited for only so long", arguments: ["USER", "PASS", "FEAT", "EPSV", "MLSD", "MLST"])
    func silence(at verb: String) async throws {
        let start = ContinuousClock.now
        let error = try await failure({ said, _ in said == verb ? .silence : nil }) { (client) async throws(FTPError) in
            _ = try await client.entry(at: "x", followingLinks: true)
            _ = try await client.list("x", limit: 10)
        }
        #expect(error != nil)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("Data that stops in the middle is waited for only so long")
    func stall() async throws {
        let start = ContinuousClock.now
        let error = try await failure({ verb, _ in
            switch verb {
            case "SIZE": .say("213 1000\r\n")
            // The end of the connection never comes: the server waits for a command.
            case "RETR": .say("150 soon\r\n")
            default: nil
            }
        }) { (client) async throws(FTPError) in
            _ = try await client.download("x", from: 0).read(1000).get()
        }
        #expect(error != nil)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test(
        "A cut of the data connection shows, with and without a reply",
        arguments: [nil, "426 gone\r\n", "226 all is well\r\n"])
    func cut(reply: String?) async throws {
        let error = try await failure({ verb, _ in
            switch verb {
            case "SIZE": .say("213 100000\r\n")
            case "RETR": .cut([UInt8](repeating: 7, count: 5000), reply: reply)
            default: nil
            }
        }) { (client) async throws(FTPError) in
            let download = try client.download("x", from: 0)
            var count = 0
            while true {
                let piece = try await download.read(4096).get()
                if piece.isEmpty { break }
                count += piece.count
            }
        }
        #expect(error != nil)
    }

    @Test("More than the size that was told is not taken")
    func surplus() async throws {
        let count = try await with({ verb, _ in
            switch verb {
            case "SIZE": .say("213 10\r\n")
            case "RETR": .sendForever([UInt8](repeating: 7, count: 100_000))
            default: nil
            }
        }) { client in
            let download = try client.download("x", from: 0)
            var count = 0
            while case .success(let piece) = await download.read(4096), !piece.isEmpty, count < 1 << 20 {
                count += piece.count
            }
            return count
        }
        #expect(count <= 10)
    }

    @Test("The address that PASV names is not gone to")
    func bounce() async throws {
        let error = try await failure({ verb, _ in
            switch verb {
            case "EPSV": .say("502 no\r\n")
            // A documentation address that nobody has (RFC 5737), and a port that nobody listens at.
            case "PASV": .say("227 passive (192,0,2,1,0,1)\r\n")
            default: nil
            }
        }) { (client) async throws(FTPError) in _ = try await client.list("x", limit: 10) }
        // Refused at once on loopback; nothing would come back from the other address.
        switch error {
        case .connectionLost(let text)?, .unreachable(let text)?, .protocolViolation(let text)?:
            #expect(!text.contains("192.0.2.1"))
        default: Issue.record("\(String(describing: error))")
        }
    }

    @Test(
        "Odd replies are errors, not traps",
        arguments: ["\r\n", "999 x\r\n", "2\r\n", "abc def\r\n", "\u{0}\u{0}\r\n", "-1 x\r\n", "250-\r\n250\r\n"])
    func odd(reply: String) async throws {
        let error = try await failure({ verb, _ in ["MLST", "SIZE", "CWD"].contains(verb) ? .say(reply) : nil }) {
            (client) async throws(FTPError) in
            _ = try await client.entry(at: "x", followingLinks: true)
        }
        _ = error
    }

    @Test("A server that lets two in at once is not asked for more")
    func crowd() async throws {
        let inside = Mutex(0)
        let refused = Mutex(0)
        let server = try ScriptedFTPServer { verb, _ in
            switch verb {
            case "PASS":
                let isIn = inside.withLock { inside in
                    if inside >= 2 { return false }
                    inside += 1
                    return true
                }
                if !isIn { refused.withLock { $0 += 1 } }
                return isIn ? nil : .say("530 too many connections\r\n")
            case "MLSD":
                usleepForTest()
                return .send(Array("type=file; a\r\n".utf8))
            default: return nil
            }
        }
        defer { server.stop() }
        let configuration = FTPConfiguration(
            host: "127.0.0.1", port: server.port, user: "a", password: Secret(utf8: "b"), security: .none)
        let client = try FTPClient(configuration, on: EventLoopGroup.shared.next())
        try await client.connect()
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<12 { group.addTask { try await client.list("x", limit: 10).entries.count } }
            return try await group.reduce(0, +)
        }
        #expect(counts == 12)
        #expect(await client.width <= 2)
        await client.close()
    }
}

/// Gives others the time to come, within a server's thread.
private func usleepForTest() {
    let end = ContinuousClock.now + .milliseconds(30)
    while ContinuousClock.now < end {}
}
