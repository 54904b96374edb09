import Bytes
import Reactor
import SFTP
import TestHosts
import Testing
import Transfer

@Suite("Servers that lie", .timeLimit(.minutes(1)))
struct HostileServerTests {
    let files = LocalFiles()
    let local: RawPath

    init() throws {
        local = RawPath(try TemporaryDirectory().path)
    }

    private func get(
        _ tree: ScriptedTree, _ source: RawPath = "/", to target: RawPath,
        _ configure: (inout TransferOptions) -> Void = { _ in }
    ) async throws -> TransferSummary {
        let (_, client) = try await ScriptedServer.start { tree.answer($0) }
        var options = TransferOptions()
        options.durability = .never
        configure(&options)
        let engine = TwoWayEngine(client: client, options: options, progress: TransferProgress())
        return await engine.get([source], to: target)
    }

    private static let evil = Array("evil".utf8)

    @Test(
        "A name that leads out of the folder is refused, and the rest is fetched",
        arguments: [
            "..", "../evil", "a/b", "/evil", "", RawPath(bytes: Array("e\0vil".utf8)),
            RawPath(bytes: Array(repeating: 0x61, count: 256)),
        ] as [RawPath])
    func names(name: RawPath) async throws {
        let tree = ScriptedTree((name, .file(Self.evil)), ("good", .file([1])), (name, .folder([])))
        let fetched = try await get(tree, to: local / "target")
        #expect(fetched.files == 1)
        #expect(try await files.names(in: local) == ["target"])
        #expect(try await files.names(in: local / "target") == ["good"])
        // `.` and `..` belong to every listing and are left out without a word.
        #expect(fetched.failures.count == (name == ".." ? 0 : 2))
        #expect(fetched.failures.allSatisfy { if case .unsafeName = $0.error { true } else { false } })
    }

    @Test("Control characters in a name stay in the file's name and appear in no message")
    func controlCharacters() async throws {
        let tree = ScriptedTree(("\u{1B}]0;x\u{7}", .folder([("f", .file([1], stated: 5))])))
        let fetched = try await get(tree, to: local / "target")
        #expect(await files.exists(local / "target" / "\u{1B}]0;x\u{7}"))
        #expect(fetched.failures.count == 1)
        #expect(!fetched.failures.contains { "\($0.path)".contains("\u{1B}") })
    }

    @Test("A link is not written through: neither by a file nor a folder of its name, in the same run or the next")
    func plantedLink() async throws {
        try await files.system.mkdir(local / "outside")
        try await files.write("mine", to: local / "outside" / "file")
        let file = ScriptedTree.Node.file(Self.evil)
        let folder = ScriptedTree.Node.folder([("file" as RawPath, file)])
        let both: [(RawPath, ScriptedTree.Node)] = [
            ("a", .link("../outside/file")), ("a", file), ("b", .link("../outside")), ("b", folder),
        ]
        let first = try await get(ScriptedTree(("t", .folder(both))), "/t", to: local)
        #expect(first.links == 2 && first.failures.count == 2)
        #expect(try await files.text(local / "outside" / "file") == "mine")
        let next: [(RawPath, ScriptedTree.Node)] = [("a", file), ("b", folder)]
        let second = try await get(ScriptedTree(("t", .folder(next))), "/t", to: local)
        #expect(second.files == 1 && second.failures.map(\.path) == ["/t/b"])
        #expect(try await files.text(local / "outside" / "file") == "mine")
        #expect(try await files.names(in: local / "outside") == ["file"])
        #expect(try await files.system.lstat(local / "t" / "a").kind == .regular)
        #expect(try await files.system.lstat(local / "t" / "b").kind == .symbolicLink)
    }

    @Test("A link that has the name of a temporary file is not written through")
    func plantedTemporary() async throws {
        try await files.write("mine", to: local / "outside")
        let tree = ScriptedTree((".a.fairlead-part", .link("../outside")), ("a", .file(Self.evil)))
        let fetched = try await get(tree, to: local / "target") { $0.resumes = true }
        #expect(fetched.failures.isEmpty && fetched.files == 1)
        let large = ScriptedTree((".b.fairlead-part", .link("../outside")), ("b", .file(randomBytes(200_000))))
        #expect(try await get(large, to: local / "target") { $0.resumes = true }.failures.map(\.path) == ["/b"])
        #expect(try await files.text(local / "outside") == "mine")
    }

    @Test("The same name twice gives one file and one failure")
    func duplicates() async throws {
        let tree = ScriptedTree(("a", .file([1])), ("a", .file([2])))
        let fetched = try await get(tree, to: local / "target")
        #expect(fetched.files == 1)
        #expect(fetched.failures.map(\.error) == [.targetExists(path: local / "target" / "a")])
    }

    @Test("A file longer than stated is fetched to its end")
    func longer() async throws {
        let content = randomBytes(1000)
        let fetched = try await get(ScriptedTree(("a", .file(content, stated: 10))), to: local / "target")
        #expect(fetched.failures.isEmpty && fetched.bytes == 1000)
        #expect(try await files.read(local / "target" / "a") == content)
    }

    @Test("A file shorter than stated is a failure that leaves nothing under its name")
    func shorter() async throws {
        let fetched = try await get(ScriptedTree(("a", .file(randomBytes(10), stated: 1000))), to: local / "target")
        #expect(fetched.failures.map(\.error) == [.sourceChanged(path: "/a", expected: 1000, found: 10)])
        #expect(try await files.names(in: local / "target") == [])
    }

    @Test("A file that was cut since it was listed is fetched as it is now")
    func cut() async throws {
        let tree = ScriptedTree(("a", .file(randomBytes(10), stated: 1000)))
        let (_, client) = try await ScriptedServer.start { request in
            guard case .fstat = request else { return tree.answer(request) }
            return .reply(.attributes(Attributes(size: 10)))
        }
        let engine = TwoWayEngine(client: client, options: TransferOptions(), progress: TransferProgress())
        let fetched = await engine.get(["/"], to: local / "target")
        #expect(fetched.failures.isEmpty && fetched.bytes == 10)
    }

    @Test("A server that answers with a few bytes at a time is read to the end, without a gap")
    func shortReads() async throws {
        let content = randomBytes(5000)
        let tree = ScriptedTree(("a", .file(content)))
        let (_, client) = try await ScriptedServer.start { request in
            guard case .read(let handle, let offset, let length) = request else { return tree.answer(request) }
            return tree.answer(.read(handle, offset: offset, length: min(length, 37)))
        }
        let engine = TwoWayEngine(client: client, options: TransferOptions(), progress: TransferProgress())
        let fetched = await engine.get(["/"], to: local / "target")
        #expect(fetched.failures.isEmpty)
        #expect(try await files.read(local / "target" / "a") == content)
    }

    @Test("A listing without an end is a failure")
    func endlessListing() async throws {
        let tree = ScriptedTree()
        let (_, client) = try await ScriptedServer.start { request in
            guard case .readdir = request else { return tree.answer(request) }
            return .reply(
                .name([DirectoryEntry(name: "a", attributes: Attributes(mode: FileMode(.regular, permissions: 0o644)))])
            )
        }
        var options = TransferOptions()
        options.limits.folderEntries = 1000
        let engine = TwoWayEngine(client: client, options: options, progress: TransferProgress())
        let fetched = await engine.get(["/"], to: local / "target")
        #expect(fetched.failures.map(\.error) == [.remote(.listingTooLong(limit: 1000), path: "/")])
    }

    @Test("Folders in folders without an end are a failure at the limit")
    func endlessTree() async throws {
        let (_, client) = try await ScriptedServer.start { request in
            switch request {
            case .opendir(let path): .reply(.handle(Handle(path.bytes + Array("?".utf8))!))
            case .readdir(let handle) where handle.bytes.count < 250:
                .reply(
                    .name([
                        DirectoryEntry(
                            name: "d", attributes: Attributes(mode: FileMode(.directory, permissions: 0o755)))
                    ]))
            case .stat: .reply(.attributes(Attributes(mode: FileMode(.directory, permissions: 0o755))))
            case _: .reply(.status(Status(.endOfFile)))
            }
        }
        var options = TransferOptions()
        options.limits.depth = 10
        options.limits.folderEntries = 3
        let engine = TwoWayEngine(client: client, options: options, progress: TransferProgress())
        let fetched = await engine.get(["/"], to: local / "target")
        #expect(fetched.files == 0 && !fetched.failures.isEmpty)
    }

    @Test("Set-user-ID, set-group-ID and sticky bits of a server are not taken over", arguments: [false, true])
    func specialBits(preserves: Bool) async throws {
        let tree = ScriptedTree(("a", .file([1])))
        let (_, client) = try await ScriptedServer.start { request in
            guard case .readdir = request, case .reply(.name(var entries)) = tree.answer(request) else {
                return tree.answer(request)
            }
            entries[0].attributes.mode = FileMode(.regular, permissions: 0o7755)
            return .reply(.name(entries))
        }
        var options = TransferOptions()
        options.preserves = preserves
        let engine = TwoWayEngine(client: client, options: options, progress: TransferProgress())
        let fetched = await engine.get(["/"], to: local / "target")
        #expect(fetched.failures.isEmpty)
        #expect(try await files.system.stat(local / "target" / "a").permissions == 0o755)
    }

    @Test("A server that acknowledges what it does not keep is found out")
    func lostWrites() async throws {
        try await files.write(randomBytes(100_000), to: local / "a")
        let (server, client) = try await ScriptedServer.start { request in
            switch request {
            case .open: .reply(.handle(Handle([1])!))
            case .fstat: .reply(.attributes(Attributes(size: 5)))
            case .stat, .lstat: .reply(.status(Status(.noSuchFile)))
            case _: .reply(.status(Status(.ok)))
            }
        }
        let engine = TwoWayEngine(client: client, options: TransferOptions(), progress: TransferProgress())
        let sent = await engine.put([local / "a"], to: "/a")
        #expect(sent.failures.count == 1 && sent.files == 0)
        #expect(server.requests.contains { if case .remove = $0 { true } else { false } })
    }

    @Test("A link is followed where the user named it, but not where the server chose the name")
    func linkForFolder() async throws {
        try await files.system.mkdir(local / "outside")
        try await files.system.symlink("outside", at: local / "t")
        let tree = ScriptedTree(("t", .folder([("file" as RawPath, .file(Self.evil))])))
        #expect(try await get(tree, "/t", to: local).files == 1)
        #expect(try await files.names(in: local / "outside") == ["file"])
        try await files.system.unlink(local / "outside" / "file")
        let above = ScriptedTree(("x", .folder([("..", .folder([("file" as RawPath, .file(Self.evil))]))])))
        let (_, client) = try await ScriptedServer.start { request in
            guard case .realpath = request else { return above.answer(request) }
            return .reply(.name([DirectoryEntry(name: "/t")]))
        }
        let engine = TwoWayEngine(client: client, options: TransferOptions(), progress: TransferProgress())
        let fetched = await engine.get(["/x/.."], to: local)
        #expect(fetched.failures.map(\.error) == [.wrongKind(path: local / "t", "in the way of a folder")])
        #expect(try await files.names(in: local / "outside") == [])
    }
}
