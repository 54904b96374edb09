import Bytes
import Foundation
import Reactor
import SFTP
import Testing

@Suite("OpenSSH's sftp-server", .enabled(if: ServerProcess.isInstalled), .timeLimit(.minutes(2)))
struct OpenSSHServerTests {
    let directory: TemporaryDirectory
    let server: ServerProcess
    let client: FileTransferClient

    init() async throws {
        directory = try TemporaryDirectory()
        server = try ServerProcess(directory: directory.path)
        client = FileTransferClient(carrier: server, loop: EventLoopGroup.shared.next())
        server.start(client)
        await client.start()
        try await client.ready()
    }

    private func create(_ name: String, _ content: [UInt8]) async throws {
        let handle = try await client.open(directory(name), [.write, .create, .truncate])
        try await client.write(handle, offset: 0, ByteBuffer(content))
        try await client.close(handle)
    }

    @Test("Files are written, read, measured, cut, and closed")
    func files() async throws {
        let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let handle = try await client.open(
            directory("a"), [.read, .write, .create, .exclusive],
            attributes: Attributes(mode: FileMode(rawValue: 0o640)))
        try await client.write(handle, offset: 0, ByteBuffer(content))
        #expect(try await client.read(handle, offset: 0, length: 100_000) == ByteBuffer(content))
        #expect(try await client.read(handle, offset: 99_990, length: 100) == ByteBuffer(Array(content[99_990...])))
        #expect(try await client.read(handle, offset: 100_000, length: 100).isEmpty)
        let attributes = try await client.attributes(of: handle)
        #expect(attributes.size == 100_000 && attributes.kind == .regular && attributes.mode?.permissions == 0o640)
        try await client.setAttributes(of: handle, Attributes(size: 10, times: .init(access: 1000, modification: 2000)))
        let cut = try await client.attributes(of: handle)
        #expect(cut.size == 10 && cut.times == .init(access: 1000, modification: 2000))
        try await client.synchronize(handle)
        #expect(try await client.statistics(of: handle).maximumNameLength == 255)
        try await client.close(handle)
        let failure = RequestError.status(.noSuchFile, message: "No such file", operation: .request(.close), path: nil)
        await #expect(throws: failure) { try await client.close(handle) }
        await #expect(throws: RequestError.self) {
            try await client.open(directory("a"), [.write, .create, .exclusive])
        }
    }

    @Test("Paths are made, linked, renamed, replaced and removed")
    func paths() async throws {
        try await create("a", [1, 2, 3])
        try await client.setAttributes(at: directory("a"), Attributes(mode: FileMode(rawValue: 0o600)))
        #expect(try await client.attributes(at: directory("a")).mode == FileMode(.regular, permissions: 0o600))
        try await client.makeSymbolicLink(directory("link"), to: "a")
        #expect(try await client.readLink(directory("link")) == "a")
        #expect(try await client.linkAttributes(at: directory("link")).kind == .symbolicLink)
        #expect(try await client.attributes(at: directory("link")).kind == .regular)
        try await client.setLinkAttributes(
            at: directory("link"), Attributes(times: .init(access: 5, modification: 6)))
        #expect(try await client.linkAttributes(at: directory("link")).times?.modification == 6)
        #expect(try await client.attributes(at: directory("a")).times?.modification != 6)
        try await client.makeHardLink(directory("hard"), to: directory("a"))
        #expect(try await client.attributes(at: directory("hard")).size == 3)
        await #expect(throws: RequestError.self) { try await client.rename(directory("a"), to: directory("hard")) }
        try await create("b", [4])
        try await client.replace(directory("hard"), with: directory("b"))
        #expect(try await client.attributes(at: directory("hard")).size == 1)
        try await client.rename(directory("hard"), to: directory("c"))
        try await client.makeDirectory(directory("d"), attributes: Attributes(mode: FileMode(rawValue: 0o700)))
        #expect(try await client.attributes(at: directory("d")).mode == FileMode(.directory, permissions: 0o700))
        #expect(try await client.realPath(directory("d/../c")) == directory("c"))
        #expect(try await client.realPath(".") == client.realPath(RawPath(directory.path)))
        let names = try await client.list(RawPath(directory.path)).entries.map(\.name.description).sorted()
        #expect(names == ["a", "c", "d", "link"])
        try await client.remove(directory("c"))
        try await client.removeDirectory(directory("d"))
        let missing = RequestError.status(
            .noSuchFile, message: "No such file", operation: .request(.stat), path: directory("c"))
        await #expect(throws: missing) { try await client.attributes(at: directory("c")) }
    }

    @Test("Extensions do what OpenSSH's PROTOCOL says")
    func extensions() async throws {
        let limits = try await client.serverLimits()
        #expect(limits.readLength == 261_120 && limits.writeLength == 261_120)
        #expect(limits.maximumMessageLength == 262_144 && limits.maximumOpenHandles > 0)
        #expect(await client.limits == limits)
        #expect(try await client.statistics(at: RawPath(directory.path)).totalBytes > 0)
        // The tilde alone is where the session started, not what HOME says.
        let start = try await client.realPath(".")
        #expect(try await client.expandPath("~/x") == start.appending("x"))
        #expect(
            try await client.expandPath(RawPath("~\(NSUserName())/x")) == RawPath(NSHomeDirectory()).appending("x"))
        #expect(try await client.homeDirectory(of: NSUserName()) == RawPath(NSHomeDirectory()))
        let names = try await client.accountNames(users: [getuid(), 3_999_999_999], groups: [0])
        #expect(names == AccountNames(users: [NSUserName(), nil], groups: ["root"]))
        try await create("a", Array(0..<200))
        let source = try await client.open(directory("a"), .read)
        let destination = try await client.open(directory("b"), [.read, .write, .create])
        try await client.copyData(DataCopy(from: source, offset: 10, length: 100, to: destination, offset: 5))
        #expect(
            try await client.read(destination, offset: 0, length: 500)
                == ByteBuffer([0, 0, 0, 0, 0] + Array(10..<110)))
        await #expect(throws: RequestError.unsupported(.checkFileName)) {
            try await client.hashes(at: directory("a"), FileCheck(algorithms: ["sha256"]))
        }
    }

    @Test("A directory of a thousand files, with odd names, is listed completely")
    func largeDirectory() async throws {
        var expected: Set<RawPath> = [RawPath(bytes: [0xFF, 0x0A, 0x1B])]
        for index in 0..<1000 { expected.insert(RawPath("file \(index)")) }
        for name in expected {
            let path = RawPath(directory.path).appending(name)
            await client.abandon(try await client.open(path, [.write, .create]))
        }
        let listing = try await client.list(RawPath(directory.path))
        #expect(listing.entries.count == 1001 && listing.refusals.isEmpty)
        #expect(Set(listing.entries.map(\.name)) == expected)
        await #expect(throws: RequestError.listingTooLong(limit: 500)) {
            try await client.list(RawPath(directory.path), maximumCount: 500)
        }
        await #expect(throws: RequestError.self) { try await client.list(directory("missing")) }
        let handle = try await client.openDirectory(RawPath(directory.path))
        var count = 0
        while let entries = try await client.readDirectory(handle) { count += entries.count }
        #expect(count == 1003)
    }

    @Test("Large reads and writes stream through, whatever the pieces", arguments: [1000, 32_768, 300_000])
    func bulk(pieceLength: Int) async throws {
        let directory = try TemporaryDirectory()
        let server = try ServerProcess(directory: directory.path)
        let client = FileTransferClient(carrier: server, loop: EventLoopGroup.shared.next())
        server.start(client, pieceLength: pieceLength)
        await client.start()
        try await client.ready()
        let length = Limits.maximumTransferLength
        let handle = try await client.open(directory("big"), [.read, .write, .create])
        let blocks = 40
        let written = Tally()
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            Task {
                await client.onLoop { client in
                    for block in 0..<blocks {
                        let data = ByteBuffer([UInt8](repeating: UInt8(block), count: length))
                        client.write(handle, offset: UInt64(block * length), data) { result in
                            if case .failure(let error) = result { Issue.record(error) }
                            if written.add() == blocks { done.resume() }
                        }
                    }
                }
            }
        }
        let read = Tally()
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            Task {
                await client.onLoop { client in
                    for block in 0..<blocks {
                        client.read(handle, offset: UInt64(block * length), length: length) { result in
                            let data = (try? result.get()) ?? ByteBuffer()
                            #expect(data == ByteBuffer([UInt8](repeating: UInt8(block), count: length)))
                            if read.add() == blocks { done.resume() }
                        }
                    }
                }
            }
        }
        await client.close()
    }

    @Test("A hundred thousand small requests are answered, thousands in flight at a time")
    func pipeline() async throws {
        try await create("a", Array(0..<100))
        let handle = try await client.open(directory("a"), .read)
        let total = 100_000
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            Task {
                await client.onLoop { client in
                    let pump = Pump(handle: handle, total: total) { done.resume() }
                    client.batch { for _ in 0..<4000 { pump.next(on: client) } }
                }
            }
        }
        #expect(await client.inFlightCount == 0)
        #expect(try await client.attributes(of: handle).size == 100)
    }

    @Test("A thousand calls of a thousand tasks share one client")
    func manyTasks() async throws {
        try await create("a", [1, 2, 3])
        try await withThrowingTaskGroup { group in
            for _ in 0..<1000 {
                group.addTask { [client, directory] in try await client.attributes(at: directory("a")).size }
            }
            for try await size in group { #expect(size == 3) }
        }
    }

    @Test("When the server goes, calls fail, and close is safe")
    func serverEnds() async throws {
        server.close()
        await #expect(throws: RequestError.self) { try await client.attributes(at: "a") }
        await client.close()
    }
}

/// Keeps requests in flight until all are answered; each answer is checked.
private final class Pump {
    private let handle: Handle
    private let total: Int
    private let done: @Sendable () -> Void
    private var sent = 0
    private var answered = 0

    init(handle: Handle, total: Int, done: @escaping @Sendable () -> Void) {
        self.handle = handle
        self.total = total
        self.done = done
    }

    func next(on client: isolated FileTransferClient) {
        guard sent < total else { return }
        let offset = sent % 100
        sent += 1
        client.read(handle, offset: UInt64(offset), length: 1) { result in
            if result != .success(ByteBuffer([UInt8(offset)])) { Issue.record("a wrong answer") }
            self.answered += 1
            if self.answered == self.total { self.done() } else { self.next(on: client) }
        }
    }
}
