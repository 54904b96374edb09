import Bytes
import Cryptography
import Foundation
import Testing

@testable import SSH

/// An `ssh-agent` of its own, stopped with the object, and one blocking connection to it.
private final class RunningAgent {
    private let folder: TemporaryFolder
    private let environment: [String: String]
    private let descriptor: Int32

    init(keys: [KeyPair]) throws {
        folder = try TemporaryFolder()
        let socketPath = folder.path + "/agent"
        let started = try OpenSSHProgram.run("ssh-agent", ["-s", "-a", socketPath])
        let words = started.text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
        let index = try #require(words.firstIndex(of: "SSH_AGENT_PID"))
        environment = ["SSH_AUTH_SOCK": socketPath, "SSH_AGENT_PID": words[index + 1]]
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(socketPath.utf8.count < 108)
        // The address outlives the call, and its start is what every address starts with.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: socketPath.utf8) }
        let result = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        for (number, key) in keys.enumerated() {
            let text = try PrivateKeyFile.text(of: key).withBytes { [UInt8]($0) }
            let path = try folder.write(text, to: "key\(number)")
            let added = try OpenSSHProgram.run("ssh-add", ["-q", path], environment: environment)
            try #require(added.status == 0, "\(added.errors)")
        }
    }

    deinit {
        close(descriptor)
        _ = try? OpenSSHProgram.run("ssh-agent", ["-k"], environment: environment)
    }

    /// Sends `request` and waits for its reply.
    func ask(_ core: inout AgentClientCore, _ request: AgentRequest) throws -> AgentReply {
        var output = ByteBuffer()
        try core.send(request, into: &output)
        let bytes = [UInt8](output.bytes)
        try #require(unsafe write(descriptor, bytes, bytes.count) == bytes.count)
        while true {
            var input = [UInt8](repeating: 0, count: 100)
            let count = unsafe read(descriptor, &input, input.count)
            try #require(count > 0)
            if let reply = try core.receive(Array(input.prefix(count)).rawSpan).first { return reply }
        }
    }
}

@Suite("ssh-agent")
struct AgentProgramTests {
    private static let data = [UInt8]("data to sign".utf8)

    @Test("ssh-agent lists our keys and signs by every algorithm")
    func signatures() throws {
        let pairs = try KeySample.all.map { try KeyPair.generate($0.kind, comment: $0.algorithm.name) }
        let agent = try RunningAgent(keys: pairs)
        var core = AgentClientCore()
        let expected = pairs.map { AgentIdentity(key: $0.publicKey, comment: $0.comment) }
        #expect(try agent.ask(&core, .identities) == .identities(expected))
        for key in pairs.map(\.publicKey) {
            for algorithm in key.algorithm.signatureAlgorithms {
                let request = AgentRequest.sign(
                    key: key, data: Self.data, flags: AgentSignatureFlags(algorithm))
                guard case .signature(let signature) = try agent.ask(&core, request) else {
                    Issue.record("\(algorithm) was refused")
                    continue
                }
                try key.verify(signature: signature.rawSpan, message: Self.data.rawSpan, algorithm: algorithm)
            }
        }
    }

    @Test("ssh-agent refuses a key that it does not have")
    func refusal() throws {
        let agent = try RunningAgent(keys: [])
        var core = AgentClientCore()
        #expect(try agent.ask(&core, .identities) == .identities([]))
        let request = AgentRequest.sign(key: try KeyPair.generate().publicKey, data: Self.data, flags: [])
        #expect(try agent.ask(&core, request) == .failure(.refused))
    }

    @Test("ssh-agent binds a session whose signature is right, and no other")
    func sessionBind() throws {
        let agent = try RunningAgent(keys: [])
        var core = AgentClientCore()
        let host = try KeyPair.generate()
        let sessionID = SystemRandom.bytes(32)
        var signature = try host.sign(sessionID.rawSpan, algorithm: .ed25519)
        let good = AgentRequest.sessionBind(
            hostKey: host.publicKey, sessionID: sessionID, signature: signature, isForwarding: false)
        #expect(try agent.ask(&core, good) == .success)
        signature[40] ^= 1
        let bad = AgentRequest.sessionBind(
            hostKey: host.publicKey, sessionID: sessionID, signature: signature, isForwarding: false)
        #expect(try agent.ask(&core, bad) == .failure(.extensionFailed))
    }
}
