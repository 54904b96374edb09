import Bytes
import Reactor
import Synchronization
import TestHosts
import Testing
import Transfer

@Suite("Trees that are made alike", .timeLimit(.minutes(1)))
struct SyncTests {
    /// Two trees on both sides of a server, and runs over them.
    private struct Pair: Sendable {
        let site: Site
        let direction: Direction
        var source: RawPath { (direction == .get ? site.remote : site.local) / "from" }
        var target: RawPath { (direction == .get ? site.local : site.remote) / "to" }
        var files: LocalFiles { site.files }

        init(_ direction: Direction) async throws {
            site = try await Site()
            self.direction = direction
            try await files.system.mkdir(source)
        }

        func run(
            _ configure: (inout SyncOptions) -> Void = { _ in }, transfer: (inout TransferOptions) -> Void = { _ in }
        ) async -> (summary: TransferSummary, steps: [SyncStep]) {
            let engine = site.engine(transfer)
            let steps = Mutex<[SyncStep]>([])
            var options = SyncOptions()
            configure(&options)
            options.plan = { step in steps.withLock { $0.append(step) } }
            let summary =
                switch direction {
                case .get:
                    await engine.engine.sync(source, in: engine.remote, to: target, at: engine.local, options)
                case .put:
                    await engine.engine.sync(source, in: engine.local, to: target, at: engine.remote, options)
                }
            return (summary, steps.withLock { $0 })
        }

        /// Sets both times of a file, in seconds.
        func touch(_ path: RawPath, _ seconds: Int64) async throws {
            let time = FileTime(seconds: seconds)
            try await files.system.utimes(path, accessed: time, modified: time)
        }
    }

    enum Direction: CaseIterable, Sendable { case get, put }

    @Test("The second run has nothing to do, and says so", arguments: Direction.allCases)
    func twice(direction: Direction) async throws {
        let pair = try await Pair(direction)
        try await pair.files.system.mkdir(pair.source / "empty")
        try await pair.files.system.mkdir(pair.source / "sub")
        try await pair.files.write("one", to: pair.source / "a")
        try await pair.files.write(randomBytes(300_000), to: pair.source / "sub" / "b")
        try await pair.files.system.symlink("a", at: pair.source / "link")
        let first = await pair.run()
        #expect(first.summary.failures.isEmpty, "\(first.summary.failures)")
        #expect(first.summary.files == 2 && first.summary.links == 1 && first.summary.folders == 3)
        #expect(try await pair.files.snapshot(pair.source) == pair.files.snapshot(pair.target))
        let second = await pair.run { $0.deletes = true }
        #expect(second.steps == [] && second.summary.files == 0 && second.summary.unchanged == 3)
        for name in ["a", "sub"] as [RawPath] {
            let (ours, theirs) = (
                try await pair.files.system.stat(pair.source / name),
                try await pair.files.system.stat(pair.target / name)
            )
            #expect(ours.modified.seconds == theirs.modified.seconds && ours.permissions == theirs.permissions)
        }
    }

    @Test("What differs in size or time is sent, and nothing else", arguments: Direction.allCases)
    func changes(direction: Direction) async throws {
        let pair = try await Pair(direction)
        for name in ["same", "longer", "newer", "mode"] as [RawPath] {
            try await pair.files.write("text", to: pair.source / name)
            try await pair.touch(pair.source / name, 1_000_000_000)
        }
        _ = await pair.run()
        try await pair.files.write("text!", to: pair.source / "longer")
        try await pair.files.write("TEXT", to: pair.source / "newer")
        try await pair.files.system.chmod(pair.source / "mode", permissions: 0o600)
        try await pair.files.write("new", to: pair.source / "new")
        let run = await pair.run()
        #expect(
            run.steps == [
                .transfer("longer", bytes: 5, isNew: false), .adjust("mode"), .transfer("new", bytes: 3, isNew: true),
                .transfer("newer", bytes: 4, isNew: false),
            ])
        #expect(try await pair.files.snapshot(pair.source) == pair.files.snapshot(pair.target))
        #expect(try await pair.files.system.stat(pair.target / "mode").permissions == 0o600)
    }

    @Test("By checksum, times do not matter and the content does", arguments: Direction.allCases)
    func checksums(direction: Direction) async throws {
        let pair = try await Pair(direction)
        for name in ["a", "b"] as [RawPath] {
            try await pair.files.write("text", to: pair.source / name)
            try await pair.touch(pair.source / name, 1_000_000_000)
        }
        _ = await pair.run()
        try await pair.files.write("TEXT", to: pair.target / "a")
        try await pair.touch(pair.target / "a", 1_000_000_000)
        try await pair.touch(pair.target / "b", 1_100_000_000)
        #expect(await pair.run { $0.isDryRun = true }.steps == [.transfer("b", bytes: 4, isNew: false)])
        let run = await pair.run { $0.comparesContent = true }
        #expect(run.steps == [.transfer("a", bytes: 4, isNew: false), .adjust("b")])
        #expect(try await pair.files.snapshot(pair.source) == pair.files.snapshot(pair.target))
    }

    @Test("What the source does not have goes when asked for, with all that is in it", arguments: Direction.allCases)
    func deletion(direction: Direction) async throws {
        let pair = try await Pair(direction)
        try await pair.files.write("x", to: pair.source / "kept")
        _ = await pair.run()
        try await pair.files.system.mkdir(pair.target / "old")
        try await pair.files.system.mkdir(pair.target / "old" / "deep")
        try await pair.files.write("y", to: pair.target / "old" / "deep" / "file")
        try await pair.files.write("y", to: pair.target / "file.tmp")
        #expect(await pair.run().steps == [])
        let dry = await pair.run {
            $0.deletes = true
            $0.isDryRun = true
        }
        #expect(
            dry.steps == [
                .remove("file.tmp", isFolder: false), .remove("old", isFolder: true),
                .remove("old/deep", isFolder: true), .remove("old/deep/file", isFolder: false),
            ])
        #expect(await pair.files.exists(pair.target / "file.tmp"))
        let capped = await pair.run {
            $0.deletes = true
            $0.maximumRemovals = 3
        }
        #expect(capped.summary.failures.map(\.error) == [.tooManyRemovals(path: pair.target, count: 4, limit: 3)])
        #expect(await pair.files.exists(pair.target / "old" / "deep" / "file"))
        let run = await pair.run {
            $0.deletes = true
        } transfer: {
            try? $0.selection.append(.exclude, "*.tmp")
        }
        #expect(run.summary.failures.isEmpty && run.summary.removed == 3)
        // What a rule leaves out is not removed either.
        #expect(try await pair.files.names(in: pair.target) == ["file.tmp", "kept"])
    }

    @Test("Of the parts of other transfers only those go that nobody has written to for a day")
    func leftovers() async throws {
        let pair = try await Pair(.put)
        try await pair.files.write("x", to: pair.source / "a")
        _ = await pair.run()
        for name: RawPath in [".b.fairlead-part", ".b.fairlead-journal", ".b.fairlead-1x2y", ".c.fairlead-3z"] {
            try await pair.files.write("y", to: pair.target / name)
        }
        let old = FileTime(seconds: pair.files.system.loop.calendarTime - 25 * 60 * 60)
        for name: RawPath in [".b.fairlead-part", ".b.fairlead-1x2y"] {
            try await pair.files.system.utimes(pair.target / name, accessed: old, modified: old)
        }
        let run = await pair.run { $0.deletes = true }
        #expect(run.steps == [.remove(".b.fairlead-1x2y", isFolder: false)])
        #expect(
            try await pair.files.names(in: pair.target) == [
                ".b.fairlead-journal", ".b.fairlead-part", ".c.fairlead-3z", "a",
            ])
    }

    @Test("An empty source removes nothing, unless a number says that it may", arguments: Direction.allCases)
    func emptySource(direction: Direction) async throws {
        let pair = try await Pair(direction)
        try await pair.files.system.mkdir(pair.target)
        try await pair.files.write("x", to: pair.target / "file")
        let refused = await pair.run { $0.deletes = true }
        #expect(refused.summary.failures.map(\.error) == [.tooManyRemovals(path: pair.target, count: 1, limit: 0)])
        #expect(await pair.files.exists(pair.target / "file"))
        let run = await pair.run {
            $0.deletes = true
            $0.maximumRemovals = 10
        }
        #expect(run.summary.removed == 1 && run.summary.failures.isEmpty)
    }

    @Test("A file that has another name now is renamed and not sent", arguments: Direction.allCases)
    func moves(direction: Direction) async throws {
        let pair = try await Pair(direction)
        try await pair.files.system.mkdir(pair.source / "a")
        try await pair.files.write(randomBytes(100_000), to: pair.source / "a" / "large")
        try await pair.files.write("other", to: pair.source / "a" / "small")
        _ = await pair.run()
        try await pair.files.system.mkdir(pair.source / "b")
        try await pair.files.system.rename(pair.source / "a" / "large", to: pair.source / "b" / "renamed")
        let run = await pair.run { $0.deletes = true }
        #expect(run.steps == [.makeFolder("b"), .move(from: "a/large", to: "b/renamed")])
        #expect(run.summary.moved == 1 && run.summary.bytes == 0 && run.summary.failures.isEmpty)
        #expect(try await pair.files.snapshot(pair.source) == pair.files.snapshot(pair.target))
        #expect(await pair.run { $0.deletes = true }.steps == [])
    }

    @Test("A folder in a file's place and the reverse are changed with --delete, and else failures")
    func kinds() async throws {
        let pair = try await Pair(.put)
        try await pair.files.write("file", to: pair.source / "a")
        try await pair.files.system.mkdir(pair.source / "b")
        try await pair.files.write("below", to: pair.source / "b" / "c")
        try await pair.files.system.mkdir(pair.target)
        try await pair.files.system.mkdir(pair.target / "a")
        try await pair.files.write("in the way", to: pair.target / "a" / "x")
        try await pair.files.write("in the way", to: pair.target / "b")
        let refused = await pair.run()
        #expect(!refused.summary.failures.isEmpty)
        #expect(try await pair.files.text(pair.target / "b") == "in the way")
        let run = await pair.run { $0.deletes = true }
        #expect(run.summary.failures.isEmpty, "\(run.summary.failures)")
        #expect(try await pair.files.snapshot(pair.source) == pair.files.snapshot(pair.target))
    }

    @Test("A link where the source has a folder is not written through", arguments: Direction.allCases)
    func linkInPlace(direction: Direction) async throws {
        let pair = try await Pair(direction)
        try await pair.files.system.mkdir(pair.source / "d")
        try await pair.files.write("x", to: pair.source / "d" / "f")
        try await pair.files.system.mkdir(pair.target)
        try await pair.files.system.mkdir(pair.target.parent / "outside")
        try await pair.files.system.symlink("../outside", at: pair.target / "d")
        let run = await pair.run()
        #expect(run.summary.failures.count == 1)
        #expect(try await pair.files.names(in: pair.target.parent / "outside") == [])
        let deleting = await pair.run { $0.deletes = true }
        #expect(deleting.summary.failures.isEmpty, "\(deleting.summary.failures)")
        #expect(try await pair.files.snapshot(pair.source) == pair.files.snapshot(pair.target))
    }

    @Test("A folder is not made like one in it, nor the reverse")
    func nested() async throws {
        let site = try await Site()
        try await site.files.system.mkdir(site.remote / "a")
        try await site.files.system.mkdir(site.remote / "a" / "b")
        try await site.files.write("x", to: site.remote / "a" / "b" / "f")
        let engine = site.engine()
        for (source, target) in [("a", "a/b"), ("a/b", "a"), ("a", "a/new"), ("a", "a/")] as [(RawPath, RawPath)] {
            var options = SyncOptions()
            options.deletes = true
            options.maximumRemovals = 100
            let summary = await engine.engine.sync(
                site.remote / source, in: engine.remote, to: site.remote / target, at: engine.remote, options)
            #expect(summary.failures.count == 1 && summary.files == 0, "\(source) \(target)")
        }
        #expect(try await site.files.names(in: site.remote / "a") == ["b"])
    }

    @Test("One file is made like another")
    func oneFile() async throws {
        let site = try await Site()
        try await site.files.write("text", to: site.local / "a")
        let engine = site.engine()
        for expected in [1, 0] {
            let summary = await engine.engine.sync(
                site.local / "a", in: engine.local, to: site.remote / "b", at: engine.remote, SyncOptions())
            #expect(summary.files == expected && summary.failures.isEmpty)
        }
        #expect(try await site.files.text(site.remote / "b") == "text")
    }
}
