import Bytes
import Cryptography
import Reactor
import SFTP
import SSH
import TestHosts
import Testing

/// Answers nothing: the tests sign in by key.
private struct NoAnswers: AuthenticationInteraction {
    func password(_ prompt: PasswordPrompt) async -> Secret? { nil }
    func newPassword(_ prompt: NewPasswordPrompt) async -> (old: Secret, new: Secret)? { nil }
    func answers(to challenge: KeyboardInteractiveChallenge) async -> [Secret]? { nil }
    func show(_ text: ServerText) async {}
}

@Suite("SFTP in a channel of a connection", .timeLimit(.minutes(2)))
struct SubsystemChannelTests {
    private static func connect(to host: OpenSSHServer) async throws -> Connection {
        let contents = [UInt8](readText(try TestKeys.user.path(.ed25519)).utf8)
        let pair = try PrivateKeyFile(contents: contents.rawSpan).keyPair(passphrase: nil)
        let stream = try await TCPStream.connect(
            host: host.host, port: host.port, on: EventLoopGroup.shared.next(), timeout: .seconds(10))
        let connection = Connection(
            over: stream, configuration: ClientConfiguration(),
            authentication: AuthenticationPlan(
                user: host.user,
                credentials: [.key(pair.publicKey) { try? pair.sign($0.rawSpan, algorithm: $1) }],
                interaction: NoAnswers())
        ) { _ in .accept }
        try await connection.connect()
        return connection
    }

    @Test("lists, measures, writes and reads on a real server, over several channels of one connection")
    func operations() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let connection = try await Self.connect(to: host)
            let client = try await FileTransferClient.open(on: connection)
            let path = RawPath(host.directory + "/a")
            let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
            let handle = try await client.open(path, [.read, .write, .create])
            for offset in stride(from: 0, to: content.count, by: 200_000) {
                let piece = ByteBuffer(Array(content[offset..<offset + 200_000]))
                try await client.write(handle, offset: UInt64(offset), piece)
            }
            #expect(try await client.attributes(at: path).size == 3_000_000)
            let other = try await FileTransferClient.open(on: connection)
            let listed = try await other.list(RawPath(host.directory))
            #expect(listed.entries.map(\.name) == ["a"])
            var read: [UInt8] = []
            while read.count < content.count {
                let piece = try await client.read(handle, offset: UInt64(read.count), length: 250_000)
                try #require(!piece.isEmpty)
                read += [UInt8](piece.bytes)
            }
            #expect(read == content)
            await other.close()
            #expect(try await client.attributes(of: handle).size == 3_000_000)
            await #expect(throws: RequestError.closed) { try await other.attributes(at: path) }
            await connection.close()
        }
    }

    @Test("answers a hundred thousand small requests, all of one turn of the loop")
    func pipeline() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let connection = try await Self.connect(to: host)
            let client = try await FileTransferClient.open(on: connection, maximumInFlight: 65_536)
            let path = RawPath(host.directory + "/a")
            let handle = try await client.open(path, [.read, .write, .create])
            try await client.write(handle, offset: 0, ByteBuffer(Array(0..<100)))
            #expect(await client.readEverywhere(handle, count: 100_000) == 100_000)
            await connection.close()
        }
    }

    @Test("A writer that fills the channel's queue is told when it has drained")
    func draining() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let connection = try await Self.connect(to: host)
            let client = try await FileTransferClient.open(on: connection)
            let handle = try await client.open(RawPath(host.directory + "/a"), [.write, .create])
            let queued = await client.fill(handle)
            #expect(queued.before >= 256 << 10)
            #expect(queued.after < 256 << 10)
            await connection.close()
        }
    }

    @Test("When the connection ends, every request fails with the reason, and later ones at once")
    func connectionEnds() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let connection = try await Self.connect(to: host)
            let client = try await FileTransferClient.open(on: connection)
            let handle = try await client.open(RawPath(host.directory + "/a"), [.read, .write, .create])
            host.kill()
            await #expect(throws: RequestError.self) {
                while true { _ = try await client.read(handle, offset: 0, length: 1) }
            }
            await #expect(throws: RequestError.self) { try await client.attributes(of: handle) }
        }
    }

    @Test("A server without the subsystem, or whose program fails, is told from one that speaks")
    func refusals() async throws {
        let host = try await OpenSSHServer.start(options: ["ForceCommand /usr/bin/env --oh-dear"])
        try await with(host) { host in
            let connection = try await Self.connect(to: host)
            let error = await #expect(throws: RequestError.self) { try await FileTransferClient.open(on: connection) }
            // OpenSSH keeps to itself what a subsystem's program writes to standard error.
            #expect(error == .connectionLost("the server ended the SFTP session"))
            // The connection is still of use.
            #expect(try await connection.run("true").outcome == .exited(125))
            await connection.close()
        }
    }
}

extension FileTransferClient {
    /// Reads one byte `count` times, as many at once as may be in flight; how many came back as they should.
    fileprivate func readEverywhere(_ handle: Handle, count: Int) async -> Int {
        await withCheckedContinuation { done in
            let pump = Pump(handle: handle, total: count) { done.resume(returning: $0) }
            batch { for _ in 0..<60_000 { pump.next(on: self) } }
        }
    }

    /// Writes until the carrier is full; how much was queued then, and when it said that it takes more.
    fileprivate func fill(_ handle: Handle) async -> (before: Int, after: Int) {
        await withCheckedContinuation { done in
            for index in 0..<40 {
                write(handle, offset: UInt64(index) * 200_000, ByteBuffer([UInt8](repeating: 1, count: 200_000))) { _ in
                }
            }
            let before = pendingWriteCount
            whenDrained { self.assumeIsolated { done.resume(returning: (before, $0.pendingWriteCount)) } }
        }
    }
}

private final class Pump {
    private let handle: Handle
    private let total: Int
    private let done: (Int) -> Void
    private var sent = 0
    private var answered = 0
    private var correct = 0

    init(handle: Handle, total: Int, done: @escaping (Int) -> Void) {
        self.handle = handle
        self.total = total
        self.done = done
    }

    func next(on client: isolated FileTransferClient) {
        guard sent < total else { return }
        let offset = sent % 100
        sent += 1
        client.read(handle, offset: UInt64(offset), length: 1) { result in
            if result == .success(ByteBuffer([UInt8(offset)])) { self.correct += 1 }
            self.answered += 1
            if self.answered == self.total { self.done(self.correct) } else { self.next(on: client) }
        }
    }
}
