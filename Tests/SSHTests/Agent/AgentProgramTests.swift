import Bytes
import Cryptography
import Foundation
import Reactor
import Testing

@testable import SSH

/// An `ssh-agent` of its own, stopped with the object.
private final class RunningAgent: Sendable {
    private let folder: TemporaryFolder
    private let environment: [String: String]
    let socket: RawPath

    init(keys: [KeyPair]) throws {
        folder = try TemporaryFolder()
        let path = folder.path + "/agent"
        socket = RawPath(path)
        let started = try OpenSSHProgram.run("ssh-agent", ["-s", "-a", path])
        let words = started.text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
        let index = try #require(words.firstIndex(of: "SSH_AGENT_PID"))
        environment = ["SSH_AUTH_SOCK": path, "SSH_AGENT_PID": words[index + 1]]
        for (number, key) in keys.enumerated() {
            let text = try PrivateKeyFile.text(of: key).withBytes { [UInt8]($0) }
            let path = try folder.write(text, to: "key\(number)")
            let added = try OpenSSHProgram.run("ssh-add", ["-q", path], environment: environment)
            try #require(added.status == 0, "\(added.errors)")
        }
    }

    deinit {
        _ = try? OpenSSHProgram.run("ssh-agent", ["-k"], environment: environment)
    }
}

/// A connection to an agent that has `keys`, for the time of `body`.
private func withAgent(
    _ keys: [KeyPair] = [], _ body: (AgentClient) async throws -> Void
) async throws {
    let agent = try RunningAgent(keys: keys)
    let loop = EventLoop()
    let client = try await AgentClient.connect(path: agent.socket, on: loop)
    do {
        try await body(client)
    } catch {
        Issue.record(error)
    }
    await client.close()
    await loop.shutdown()
    withExtendedLifetime(agent) {}
}

@Suite("ssh-agent")
struct AgentProgramTests {
    private static let data = [UInt8]("data to sign".utf8)

    @Test("ssh-agent lists our keys and signs by every algorithm")
    func signatures() async throws {
        let pairs = try KeySample.all.map { try KeyPair.generate($0.kind, comment: $0.algorithm.name) }
        try await withAgent(pairs) { client in
            let identities = try await client.identities()
            #expect(identities == pairs.map { AgentIdentity(key: $0.publicKey, comment: $0.comment) })
            for key in pairs.map(\.publicKey) {
                for algorithm in key.algorithm.signatureAlgorithms {
                    let signature = try await client.sign(key: key, data: Self.data, algorithm: algorithm)
                    try key.verify(
                        signature: signature.rawSpan, message: Self.data.rawSpan, algorithm: algorithm)
                }
            }
        }
    }

    @Test("Requests of many tasks get their own answers")
    func concurrency() async throws {
        let pair = try KeyPair.generate()
        try await withAgent([pair]) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        if number % 2 == 0 {
                            let identities = try await client.identities()
                            #expect(identities.count == 1)
                        } else {
                            _ = try await client.sign(
                                key: pair.publicKey, data: [UInt8(number)], algorithm: .ed25519)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("ssh-agent refuses a key that it does not have")
    func refusal() async throws {
        let key = try KeyPair.generate().publicKey
        try await withAgent { client in
            let identities = try await client.identities()
            #expect(identities.isEmpty)
            await #expect(throws: AgentError.refused) {
                try await client.sign(key: key, data: Self.data, algorithm: .ed25519)
            }
        }
    }

    @Test("ssh-agent binds a session whose signature is right, and no other")
    func sessionBind() async throws {
        let host = try KeyPair.generate()
        let sessionID = SystemRandom.bytes(32)
        let good = try host.sign(sessionID.rawSpan, algorithm: .ed25519)
        var bad = good
        bad[40] ^= 1
        let wrong = bad
        try await withAgent { client in
            try await client.bindSession(hostKey: host.publicKey, sessionID: sessionID, signature: good)
            await #expect(throws: AgentError.extensionFailed) {
                try await client.bindSession(hostKey: host.publicKey, sessionID: sessionID, signature: wrong)
            }
        }
    }

    @Test("A request after the end, and one of a cancelled task, throw")
    func ends() async throws {
        try await withAgent { client in
            let task = Task {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                _ = try await client.identities()
            }
            await #expect(throws: AgentError.cancelled) { try await task.value }
            let identities = try await client.identities()
            #expect(identities.isEmpty)
            await client.close()
            await #expect(throws: AgentError.closed) { try await client.identities() }
        }
    }

    @Test("An agent that is not there is named as such")
    func absent() async throws {
        let loop = EventLoop()
        do {
            _ = try await AgentClient.connect(path: "/tmp/no-such-folder/agent", on: loop)
            Issue.record("connected to nothing")
        } catch {
            guard case .connection(let cause) = error else {
                Issue.record(error)
                return
            }
            #expect(cause.kind == .notFound)
        }
        await loop.shutdown()
    }
}
