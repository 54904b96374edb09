import Bytes
import Reactor
import SFTP
import TestHosts
import Testing
import Transfer

@Suite("What is taken of a tree", .timeLimit(.minutes(1)))
struct SelectionTransferTests {
    enum Direction: CaseIterable, Sendable { case get, put }

    private func sides(_ direction: Direction, _ site: Site) -> (from: RawPath, to: RawPath) {
        direction == .get ? (site.remote, site.local) : (site.local, site.remote)
    }

    private func copy(
        _ direction: Direction, _ site: Site, _ sources: [RawPath], to target: RawPath,
        _ configure: (inout TransferOptions) -> Void
    ) async -> TransferSummary {
        let engine = site.engine(configure)
        return switch direction {
        case .get: await engine.get(sources, to: target)
        case .put: await engine.put(sources, to: target)
        }
    }

    @Test("Rules leave names out, with all below them", arguments: Direction.allCases)
    func rules(direction: Direction) async throws {
        let site = try await Site()
        let (from, to) = sides(direction, site)
        for folder in ["t", "t/build", "t/src"] as [RawPath] { try await site.files.system.mkdir(from / folder) }
        for file in ["t/a.log", "t/keep.log", "t/build/x", "t/src/b.log", "t/src/c"] as [RawPath] {
            try await site.files.write("x", to: from / file)
        }
        let summary = await copy(direction, site, [from / "t"], to: to / "u") {
            try? $0.selection.append(.include, "keep.log")
            try? $0.selection.append(.exclude, "*.log")
            try? $0.selection.append(.exclude, "/build/")
        }
        #expect(summary.failures.isEmpty && summary.skipped.isEmpty)
        #expect(Set(try await site.files.snapshot(to / "u").keys) == ["keep.log", "src", "src/c"])
    }

    @Test("A pattern stands for what it matches, unless a file has that very name", arguments: Direction.allCases)
    func patterns(direction: Direction) async throws {
        let site = try await Site()
        let (from, to) = sides(direction, site)
        for folder in ["d1", "d2", "d1/sub"] as [RawPath] { try await site.files.system.mkdir(from / folder) }
        for file in ["d1/a.txt", "d2/b.txt", "d2/c.dat", "d1/sub/e.txt", "[x].txt", "x.txt"] as [RawPath] {
            try await site.files.write("\(file)", to: from / file)
        }
        func names(_ pattern: RawPath) async throws -> [String] {
            let folder = to / RawPath("\(pattern.bytes.hashValue)")
            try await site.files.system.mkdir(folder)
            let summary = await copy(direction, site, [from / pattern], to: folder) { $0.expandsPatterns = true }
            #expect(summary.failures.isEmpty, "\(summary.failures)")
            return try await site.files.names(in: folder)
        }
        #expect(try await names("d*/*.txt") == ["a.txt", "b.txt"])
        #expect(try await names("**/*.txt") == ["[x].txt", "a.txt", "b.txt", "e.txt", "x.txt"])
        #expect(try await names("[x].txt") == ["[x].txt"])
        #expect(try await names("d?/") == ["d1", "d2"])
        let missing = await copy(direction, site, [from / "*.none"], to: to) { $0.expandsPatterns = true }
        #expect(missing.failures.map(\.error) == [.notFound(path: from / "*.none", "nothing matches")])
    }

    @Test("A list of paths keeps their places, and none leads out", arguments: Direction.allCases)
    func lists(direction: Direction) async throws {
        let site = try await Site()
        let (from, to) = sides(direction, site)
        for folder in ["a", "a/b"] as [RawPath] { try await site.files.system.mkdir(from / folder) }
        for file in ["a/b/one", "two", "three"] as [RawPath] { try await site.files.write("x", to: from / file) }
        try await site.files.system.mkdir(to / "t")
        let engine = site.engine()
        let list: [RawPath] = ["a/b/one", "two", "missing", "../t", "/etc/passwd", "a/../two"]
        let summary =
            switch direction {
            case .get:
                await engine.engine.copy(
                    listed: list, below: from, from: engine.remote, to: to / "t", at: engine.local)
            case .put:
                await engine.engine.copy(
                    listed: list, below: from, from: engine.local, to: to / "t", at: engine.remote)
            }
        #expect(summary.files == 2 && summary.failures.count == 4)
        #expect(Set(try await site.files.snapshot(to / "t").keys) == ["a", "a/b", "a/b/one", "two"])
    }

    @Test("Links are kept, followed or left out; a circle of links has an end", arguments: Direction.allCases)
    func links(direction: Direction) async throws {
        let site = try await Site()
        let (from, to) = sides(direction, site)
        for folder in ["t", "t/a", "t/b", "out"] as [RawPath] { try await site.files.system.mkdir(from / folder) }
        try await site.files.write("x", to: from / "out" / "file")
        for (link, text) in [
            ("t/up", ".."), ("t/a/b", "../b"), ("t/b/a", "../a"), ("t/out", "../out"), ("t/none", "nowhere"),
            ("t/file", "../out/file"), ("t/self", "self"),
        ] as [(RawPath, RawPath)] {
            try await site.files.system.symlink(text, at: from / link)
        }
        let followed = await copy(direction, site, [from / "t"], to: to / "followed") { $0.links = .follow }
        #expect(try await site.files.text(to / "followed" / "file") == "x")
        #expect(try await site.files.text(to / "followed" / "out" / "file") == "x")
        #expect(try await !site.files.snapshot(to / "followed").values.contains { $0.hasPrefix("link") })
        #expect(followed.skipped.contains { $0.path == from / "t" / "up" })
        #expect(followed.files < 20)
        let skipped = await copy(direction, site, [from / "t"], to: to / "skipped") { $0.links = .skip }
        #expect(skipped.skipped.count == 7 && skipped.failures.isEmpty)
        let kept = await copy(direction, site, [from / "t"], to: to / "kept") { _ in }
        #expect(kept.links == 7 && kept.failures.isEmpty)
        #expect(try await site.files.snapshot(from / "t") == site.files.snapshot(to / "kept"))
    }

    @Test("On one server files are copied by the server, between two by us")
    func remoteToRemote() async throws {
        let (here, there) = (try await Site(), try await Site(.openSSH))
        for folder in ["t", "t/sub"] as [RawPath] { try await here.files.system.mkdir(here.remote / folder) }
        try await here.files.write(randomBytes(3 << 20), to: here.remote / "t" / "large")
        try await here.files.write("small", to: here.remote / "t" / "sub" / "small")
        let engine = here.engine { $0.verifies = true }
        let one = await engine.engine.copy(
            [here.remote / "t"], from: engine.remote, to: here.remote / "copy", at: engine.remote)
        #expect(one.files == 2 && one.failures.isEmpty && one.verified.count == 2, "\(one.failures)")
        #expect(try await here.files.snapshot(here.remote / "t") == here.files.snapshot(here.remote / "copy"))
        // Two places have to be on one loop.
        guard here.client.loop === there.client.loop else { return }
        let other = there.engine()
        let two = await engine.engine.copy(
            [here.remote / "t"], from: engine.remote, to: there.remote / "copy", at: other.remote)
        #expect(two.files == 2 && two.failures.isEmpty, "\(two.failures)")
    }
}
