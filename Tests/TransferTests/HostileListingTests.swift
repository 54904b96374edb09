import Bytes
import Reactor
import SFTP
import TestHosts
import Testing

@testable import Transfer

@Suite("Downloads from a server that lies", .timeLimit(.minutes(1)))
struct HostileListingTests {
    private let loop = EventLoopGroup.shared.next()
    private let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func path(_ name: String) -> RawPath { RawPath(folder.path(name)) }

    private func entry(_ name: RawPath, mode: UInt32, size: UInt64 = 4) -> SFTP.DirectoryEntry {
        SFTP.DirectoryEntry(name: name, attributes: Attributes(size: size, mode: FileMode(rawValue: mode)))
    }

    private func get(
        _ server: ScriptedServer, from source: RawPath = "tree", _ change: (inout TransferOptions) -> Void = { _ in }
    ) async throws -> TransferSummary {
        var options = TransferOptions()
        options.parallelFiles = 1
        change(&options)
        let client = try await server.connect()
        let engine = TransferEngine(client: client, options: options, progress: TransferProgress())
        let summary = await engine.get([source], to: path("copy"))
        await client.close()
        return summary
    }

    @Test("A link and a file of one name in a listing do not lead out of the tree")
    func linkAndFile() async throws {
        try folder.write("mine", to: "victim")
        let server = ScriptedServer(
            entries: [entry("x", mode: 0o120777), entry("x", mode: 0o100644)], content: Array("evil".utf8),
            linkTarget: path("victim"), on: loop)
        let summary = try await get(server)
        #expect(try folder.read("victim") == Array("mine".utf8))
        #expect(try folder.read("copy/x") == Array("evil".utf8))
        #expect(summary.links == 1 && summary.files == 1 && summary.failures.isEmpty)
    }

    @Test("A link that stood there before is replaced by a listed file, not followed")
    func linkFromBefore() async throws {
        try folder.write("mine", to: "victim")
        let local = FileSystem(on: loop)
        try await local.mkdir(path("copy"))
        try await local.mkdir(path("copy/tree"))
        try await local.symlink(path("victim"), at: path("copy/tree/x"))
        _ = try await get(
            ScriptedServer(entries: [entry("x", mode: 0o100644)], content: Array("evil".utf8), on: loop))
        #expect(try folder.read("victim") == Array("mine".utf8))
        #expect(try folder.read("copy/tree/x") == Array("evil".utf8))
    }

    @Test("A link that the user names as the target is written through")
    func namedLink() async throws {
        try folder.write("old", to: "real")
        try await FileSystem(on: loop).symlink("real", at: path("copy"))
        let summary = try await get(
            ScriptedServer(entries: [entry("f", mode: 0o100644)], content: Array("new".utf8), on: loop), from: "f")
        #expect(summary.files == 1)
        #expect(try folder.read("real") == Array("new".utf8))
    }

    @Test(
        "A link takes the place of a file only where conflicts are to be overwritten",
        arguments: [(.skip, "mine"), (.fail, "mine"), (.rename, "mine"), (.overwrite, "other")]
            as [(TransferOptions.ConflictRule, String)])
    func linkOverFile(rule: TransferOptions.ConflictRule, expected: String) async throws {
        let local = FileSystem(on: loop)
        try await local.mkdir(path("copy"))
        try await local.mkdir(path("copy/tree"))
        try folder.write("mine", to: "copy/tree/x")
        try folder.write("other", to: "other")
        let server = ScriptedServer(entries: [entry("x", mode: 0o120777)], linkTarget: path("other"), on: loop)
        _ = try await get(server) { $0.onConflict = rule }
        #expect(try folder.read("copy/tree/x") == Array(expected.utf8))
    }

    @Test("Sizes whose sum does not fit are no reason to stop")
    func absurdSizes() async throws {
        let entries = (0..<3).map { entry(RawPath("f\($0)"), mode: 0o100644, size: .max) }
        let summary = try await get(ScriptedServer(entries: entries, content: [1, 2, 3], on: loop))
        #expect(summary.files == 3 && summary.failures.isEmpty)
    }

    @Test("Sizes of skipped files whose sum does not fit are no reason to stop")
    func absurdSkippedSizes() async throws {
        let local = FileSystem(on: loop)
        try await local.mkdir(path("copy"))
        try await local.mkdir(path("copy/tree"))
        let entries = (0..<3).map { entry(RawPath("f\($0)"), mode: 0o100644, size: .max) }
        for number in 0..<3 { try folder.write("", to: "copy/tree/f\(number)") }
        let summary = try await get(ScriptedServer(entries: entries, on: loop)) { $0.onConflict = .skip }
        #expect(summary.skipped.count == 3)
    }

    @Test("Zeros of a resumed file replace what was left under its name")
    func resumedZeros() async throws {
        try folder.write([UInt8](repeating: 0xAA, count: 3000), to: ".copy.fairlead-part")
        let zeros = [UInt8](repeating: 0, count: 5000)
        let server = ScriptedServer(entries: [entry("f", mode: 0o100644, size: 5000)], content: zeros, on: loop)
        let summary = try await get(server, from: "f") { $0.resumes = true }
        #expect(summary.files == 1)
        #expect(try folder.read("copy") == zeros)
    }
}
