import Bytes
import Reactor
import SFTP
import Synchronization
import TestHosts
import Testing
import Transfer

@Suite("Interrupted transfers and failures", .timeLimit(.minutes(1)))
struct InterruptionTests {
    enum Direction: CaseIterable, Sendable { case get, put }
    enum End: CaseIterable, Sendable { case cancelled, serverGone }

    private static let size = 24 << 20

    /// Starts a transfer of `a` and waits until at least `bytes` are there.
    private func start(
        _ direction: Direction, _ site: Site, resumes: Bool, until bytes: UInt64 = 6 << 20
    ) async throws -> Task<TransferSummary, Never> {
        let progress = TransferProgress()
        func configure(_ options: inout TransferOptions) {
            options.resumes = resumes
            Self.smallSteps(&options)
            // So that the end comes in the middle on the fastest machine.
            options.rateLimit = 16 << 20
        }
        let engine = site.engine(configure, progress: progress)
        let task = Task {
            switch direction {
            case .get: await engine.get([site.remote / "a"], to: site.local / "b")
            case .put: await engine.put([site.local / "a"], to: site.remote / "b")
            }
        }
        while progress.snapshot.bytesDone < bytes { await Task.yield() }
        return task
    }

    private static func smallSteps(_ options: inout TransferOptions) {
        options.limits.bytesUnderWay = 1 << 20
        options.limits.initialBytesUnderWay = 1 << 20
        options.limits.uploadBytesUnderWay = 1 << 20
        options.limits.cleanUpTime = .seconds(2)
    }

    @Test(
        "A transfer that breaks off keeps its part only when it may be resumed, and then the rest is enough",
        arguments: Direction.allCases, End.allCases)
    func brokenOff(direction: Direction, end: End) async throws {
        for resumes in [false, true] {
            let host = try await OpenSSHServer.start()
            let site = try await Site.open(host)
            let (from, to) = direction == .get ? (site.remote, site.local) : (site.local, site.remote)
            try await site.files.write(randomBytes(Self.size), to: from / "a")
            try await site.files.write("old", to: to / "b")
            let task = try await start(direction, site, resumes: resumes)
            switch end {
            case .cancelled: task.cancel()
            case .serverGone: host.kill()
            }
            let summary = await task.value
            #expect(summary.failures.count == 1 && summary.files == 0)
            #expect(summary.failures.allSatisfy { $0.error.endsConnection })
            #expect(try await site.files.text(to / "b") == "old")
            // Nobody can remove a file on a server that is gone.
            if resumes || (direction, end) != (.put, .serverGone) {
                let names = try await site.files.names(in: to).filter { $0 != "a" }
                let journal = direction == .get ? [".b.fairlead-journal"] : []
                #expect(names == (resumes ? journal + [".b.fairlead-part", "b"] : ["b"]))
            }
            if end == .cancelled { #expect(try await site.files.names(in: from) == ["a"]) }
            guard resumes else { continue }
            let again = end == .serverGone ? try await Site(.openSSH) : site
            let progress = TransferProgress()
            func configure(_ options: inout TransferOptions) {
                options.resumes = true
                Self.smallSteps(&options)
            }
            let engine = again.engine(configure, progress: progress)
            let part = try await site.files.system.stat(to / ".b.fairlead-part").size
            #expect(part >= 4 << 20 && part < UInt64(Self.size))
            let rest =
                switch direction {
                case .get: await engine.get([from / "a"], to: to / "b")
                case .put: await engine.put([from / "a"], to: to / "b")
                }
            #expect(rest.failures.isEmpty, "\(rest.failures)")
            #expect(rest.bytesKept >= 3 << 20 && rest.bytesKept < UInt64(Self.size))
            #expect(progress.snapshot.bytesDone == UInt64(Self.size))
            #expect(try await site.files.areSame(from / "a", to / "b"))
            #expect(try await site.files.names(in: to).filter { $0 != "a" } == ["b"])
        }
    }

    @Test("A tree that was broken off is gone on with, and not begun anew within itself", arguments: Direction.allCases)
    func brokenTree(direction: Direction) async throws {
        let site = try await Site()
        let (from, to) = direction == .get ? (site.remote, site.local) : (site.local, site.remote)
        try await site.files.system.mkdir(from / "t")
        for number in 0..<40 {
            try await site.files.write(
                randomBytes(500_000, seed: UInt64(number)), to: from / "t" / RawPath("\(number)"))
        }
        let notes = RawPath(try TemporaryDirectory().path)
        func run(_ progress: TransferProgress, rate: UInt64?) async -> TransferSummary {
            let engine = site.engine(
                {
                    $0.resumes = true
                    $0.journalFolder = notes
                    $0.rateLimit = rate
                }, progress: progress)
            return switch direction {
            case .get: await engine.get([from / "t"], to: to / "u")
            case .put: await engine.put([from / "t"], to: to / "u")
            }
        }
        let progress = TransferProgress()
        let task = Task { await run(progress, rate: 8 << 20) }
        while progress.snapshot.filesDone < 10 { await Task.yield() }
        task.cancel()
        #expect(await !task.value.failures.isEmpty)
        let rest = await run(TransferProgress(), rate: nil)
        #expect(rest.failures.isEmpty && rest.unchanged >= 10 && rest.unchanged + rest.files == 40, "\(rest.failures)")
        #expect(try await site.files.snapshot(from / "t") == site.files.snapshot(to / "u"))
        #expect(try await site.files.names(in: notes) == [])
    }

    @Test("What an older version of the file left is not built upon", arguments: Direction.allCases)
    func stalePart(direction: Direction) async throws {
        let site = try await Site()
        let (from, to) = direction == .get ? (site.remote, site.local) : (site.local, site.remote)
        // Zeros where the part has something else: they are not sent, and not written.
        let file = try await File.open(from / "a", [.write, .create], on: site.files.loop)
        try await file.truncate(to: 4 << 20)
        try await file.write(ByteBuffer(randomBytes(1000)), at: 2 << 20)
        try await file.close()
        for length in [1 << 20, 4 << 20, 5 << 20] {
            try await site.files.write(randomBytes(length, seed: 7), to: to / ".b.fairlead-part")
            let engine = site.engine {
                $0.resumes = true
                Self.smallSteps(&$0)
                $0.limits.bytesUnderWay = 1000
            }
            let summary =
                switch direction {
                case .get: await engine.get([from / "a"], to: to / "b")
                case .put: await engine.put([from / "a"], to: to / "b")
                }
            #expect(summary.failures.isEmpty, "\(summary.failures)")
            #expect(try await site.files.areSame(from / "a", to / "b"))
        }
    }

    // MARK: Failures

    @Test("A file that fails stops no other", arguments: Direction.allCases)
    func oneFails(direction: Direction) async throws {
        let site = try await Site()
        let (from, to) = direction == .get ? (site.remote, site.local) : (site.local, site.remote)
        for name in ["a", "b", "c"] as [RawPath] { try await site.files.write("x", to: from / name) }
        try await site.files.system.mkdir(to / "b")
        let sources = ["a", "missing", "b", "c"].map { from / RawPath($0) }
        let summary =
            switch direction {
            case .get: await site.engine().get(sources, to: to)
            case .put: await site.engine().put(sources, to: to)
            }
        #expect(summary.files == 2)
        #expect(Set(summary.failures.map(\.path)) == [from / "missing", from / "b"])
        #expect(!summary.failures.contains { $0.error.endsConnection })
        #expect(try await site.files.names(in: to).filter { !$0.hasPrefix("missing") } == ["a", "b", "c"])
    }

    @Test("A folder that cannot be written into is a failure of each file")
    func readOnly() async throws {
        let site = try await Site()
        for name in ["a", "b"] as [RawPath] {
            try await site.files.write("x", to: site.remote / name)
            try await site.files.write("x", to: site.local / name)
        }
        // For root too.
        let fetched = await site.engine().get([site.remote / "a", site.remote / "b"], to: "/proc")
        #expect(fetched.failures.count == 2 && fetched.files == 0)
        let sent = await site.engine().put([site.local / "a", site.local / "b"], to: "/proc")
        #expect(sent.failures.count == 2 && sent.files == 0)
    }

    @Test("A server's refusal is a failure of that file")
    func permissionDenied() async throws {
        let local = RawPath(try TemporaryDirectory().path)
        let files = LocalFiles()
        let tree = ScriptedTree(("a", .file([1])), ("b", .file([2])), ("c", .folder([])))
        let (_, client) = try await ScriptedServer.start { request in
            switch request {
            case .open("/a", _, _), .opendir("/c"): .reply(.status(Status(.permissionDenied)))
            case _: tree.answer(request)
            }
        }
        let engine = TwoWayEngine(client: client, options: TransferOptions(), progress: TransferProgress())
        let fetched = await engine.get(["/"], to: local / "t")
        #expect(Set(fetched.failures.map(\.path)) == ["/a", "/c"] && fetched.files == 1)
        #expect(try await files.names(in: local / "t") == ["b", "c"])
    }

    @Test(
        "A disk that is full is a failure that says so and leaves nothing",
        .enabled(if: CurrentUser.isRoot, "needs a file system of its own"), arguments: Direction.allCases)
    func diskFull(direction: Direction) async throws {
        let folder = try TemporaryDirectory()
        let disk = RawPath(folder.path)
        guard
            try await runProgram("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path]).status == 0
        else { return }
        // After that: the server may have its own view of what is mounted where.
        let host = try await OpenSSHServer.start()
        defer { host.stop() }
        let site = try await Site.open(host)
        let from = direction == .get ? site.remote : site.local
        try await site.files.write(randomBytes(4 << 20), to: from / "a")
        let engine = site.engine()
        let summary =
            switch direction {
            case .get: await engine.get([from / "a"], to: disk)
            case .put: await engine.put([from / "a"], to: disk)
            }
        let names = try await site.files.names(in: disk)
        // Lazily: the file that failed may be closing still.
        let end = try await runProgram("umount", ["-l", folder.path])
        #expect(end.status == 0, "\(end.errors)")
        #expect(names == [] && summary.failures.count == 1)
        switch summary.failures.first?.error {
        case .local(let error, _)? where direction == .get:
            #expect(error.kind == .noSpace && error.path == disk / "a")
        case .remote(.status(_, let message, _, let path), _)? where direction == .put:
            #expect(message == "no space left on the host's disk" && path == disk / "a")
        case let other: Issue.record("\(String(describing: other))")
        }
    }

    @Test("A connection that is lost is one failure, whatever the transfer was doing")
    func connectionLost() async throws {
        let files = (0..<50).map { (RawPath("\($0)"), ScriptedTree.Node.file(randomBytes(1000))) }
        let tree = ScriptedTree(("t", .folder(files)))
        for requests in [1, 2, 3, 4, 10, 60, 100] {
            let local = RawPath(try TemporaryDirectory().path)
            let box = Counter(count: 0)
            let (_, client) = try await ScriptedServer.start { request in
                box.next() == requests ? .hangUp : tree.answer(request)
            }
            let engine = TwoWayEngine(client: client, options: TransferOptions(), progress: TransferProgress())
            let fetched = await engine.get(["/t"], to: local / "t")
            #expect(fetched.failures.count == 1 && fetched.failures.allSatisfy { $0.error.endsConnection })
            let names = await (try? LocalFiles().names(in: local / "t")) ?? []
            #expect(!names.contains { $0.contains("fairlead") } && names.count == fetched.files)
        }
    }

    @Test("Cancelling ends a transfer whose server no longer answers")
    func silence() async throws {
        let local = RawPath(try TemporaryDirectory().path)
        let files = LocalFiles()
        try await files.write(randomBytes(1000), to: local / "a")
        let asked = Counter(count: 0)
        let (_, client) = try await ScriptedServer.start { request in
            switch request {
            case .stat, .lstat: .reply(.status(Status(.noSuchFile)))
            case .open: .reply(.handle(Handle([1])!))
            case _: asked.next() > 0 ? .silence : .hangUp
            }
        }
        var options = TransferOptions()
        options.limits.cleanUpTime = .milliseconds(20)
        let engine = TwoWayEngine(client: client, options: options, progress: TransferProgress())
        let task = Task { await engine.put([local / "a"], to: "/a") }
        while asked.value == 0 { await Task.yield() }
        task.cancel()
        #expect(await task.value.failures.map(\.error) == [.cancelled])
    }

    // MARK: Bounds

    @Test("A transfer holds no more than its limits say, and no server can make it hold more")
    func backPressure() async throws {
        let local = RawPath(try TemporaryDirectory().path)
        let most = Counter(count: 0)
        let contents = ScriptedTree.Node.file(randomBytes(4 << 20))
        let names = (0..<8).map { (RawPath("\($0)"), contents) }
        let tree = ScriptedTree(("t", .folder(names)))
        let (_, client) = try await ScriptedServer.start { tree.answer($0) }
        var options = TransferOptions()
        options.limits.bytesUnderWay = 256 << 10
        options.durability = .never
        let engine = TwoWayEngine(client: client, options: options, progress: TransferProgress())
        let watch = Task {
            while !Task.isCancelled {
                most.raise(to: await client.inFlightCount)
                await Task.yield()
            }
        }
        let fetched = await engine.get(["/t"], to: local / "t")
        watch.cancel()
        await watch.value
        #expect(fetched.failures.isEmpty && fetched.files == 8)
        // 32 KiB each: eight within the limit, one for each file at least, and some that close or look.
        #expect(most.value <= 8 + 8 + 16)
    }

    @Test("The rate limit holds over all files together", arguments: Direction.allCases)
    func rate(direction: Direction) async throws {
        let site = try await Site()
        let (from, to) = direction == .get ? (site.remote, site.local) : (site.local, site.remote)
        try await site.files.system.mkdir(from / "t")
        for number in 0..<4 { try await site.files.write(randomBytes(600_000), to: from / "t" / RawPath("\(number)")) }
        let engine = site.engine { $0.rateLimit = 2_400_000 }
        let time = await ContinuousClock().measure {
            let summary =
                switch direction {
                case .get: await engine.get([from / "t"], to: to)
                case .put: await engine.put([from / "t"], to: to)
                }
            #expect(summary.failures.isEmpty && summary.files == 4)
        }
        // A second, less the first piece of each file, which need not wait.
        #expect(time > .milliseconds(300) && time < .seconds(10))
    }
}

/// A number that closures share.
final class Counter: Sendable {
    private let count: Mutex<Int>

    init(count: Int) {
        self.count = Mutex(count)
    }

    var value: Int { count.withLock { $0 } }

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }

    func raise(to value: Int) {
        count.withLock { $0 = max($0, value) }
    }
}
