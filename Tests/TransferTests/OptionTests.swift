import Bytes
import Reactor
import SFTP
import TestHosts
import Testing
import Transfer

@Suite("Targets and options", .timeLimit(.minutes(1)))
struct OptionTests {
    enum Direction: CaseIterable, Sendable { case get, put }

    /// One run from the site's source folder to its target folder, in either direction.
    private struct Run {
        let site: Site
        let direction: Direction

        init(_ direction: Direction, _ kind: Hosts.Kind = .openSSH) async throws {
            site = try await Site(kind)
            self.direction = direction
        }

        var source: RawPath { direction == .get ? site.remote : site.local }
        var target: RawPath { direction == .get ? site.local : site.remote }
        var files: LocalFiles { site.files }

        func callAsFunction(
            _ names: [RawPath], to name: RawPath, sum: String? = nil,
            _ configure: (inout TransferOptions) -> Void = { _ in }
        ) async -> TransferSummary {
            let hash: SFTPFileSystem.Hash = { question in
                guard case .files(let paths) = question, let sum else { return nil }
                return paths.map { _ in sum }
            }
            let engine = site.engine(configure, hash: hash)
            let sources = names.map { source / $0 }
            return switch direction {
            case .get: await engine.get(sources, to: target / name)
            case .put: await engine.put(sources, to: target / name)
            }
        }
    }

    // MARK: Targets

    @Test("One source goes into a folder, or gets the name that is given", arguments: Direction.allCases)
    func oneSource(direction: Direction) async throws {
        let run = try await Run(direction)
        try await run.files.write("x", to: run.source / "a")
        try await run.files.system.mkdir(run.target / "folder")
        #expect(await run(["a"], to: "folder").failures.isEmpty)
        #expect(await run(["a"], to: "folder/").failures.isEmpty)
        #expect(await run(["a"], to: "name").failures.isEmpty)
        #expect(try await run.files.text(run.target / "folder" / "a") == "x")
        #expect(try await run.files.text(run.target / "name") == "x")
        #expect(try await run.files.names(in: run.target) == ["folder", "name"])
    }

    @Test("Several sources, and a target that ends in a slash, need a folder", arguments: Direction.allCases)
    func needsFolder(direction: Direction) async throws {
        let run = try await Run(direction)
        for name in ["a", "b"] as [RawPath] { try await run.files.write("x", to: run.source / name) }
        for (names, target) in [(["a", "b"], "new"), (["a"], "new/"), (["a", "b"], "file")] as [([RawPath], RawPath)] {
            if target == "file" { try await run.files.write("old", to: run.target / "file") }
            let summary = await run(names, to: target)
            #expect(
                summary.failures.map(\.error) == [.wrongKind(path: run.target / target, "no existing folder")])
        }
        #expect(try await run.files.names(in: run.target) == ["file"])
        #expect(try await run.files.text(run.target / "file") == "old")
    }

    @Test("A folder goes into an existing folder, or becomes a new one", arguments: Direction.allCases)
    func folder(direction: Direction) async throws {
        let run = try await Run(direction)
        try await run.files.system.mkdir(run.source / "dir")
        try await run.files.write("x", to: run.source / "dir" / "a")
        try await run.files.system.mkdir(run.target / "folder")
        #expect(await run(["dir"], to: "folder").folders == 1)
        #expect(await run(["dir/"], to: "new").folders == 1)
        #expect(try await run.files.text(run.target / "folder" / "dir" / "a") == "x")
        #expect(try await run.files.text(run.target / "new" / "a") == "x")
    }

    @Test("`folder/.` is what is in the folder, and `..` goes by the name that it has", arguments: Direction.allCases)
    func dots(direction: Direction) async throws {
        let run = try await Run(direction)
        try await run.files.system.mkdir(run.source / "dir")
        try await run.files.system.mkdir(run.source / "dir" / "empty")
        try await run.files.write("x", to: run.source / "dir" / "a")
        try await run.files.system.mkdir(run.target / "there")
        #expect(await run(["dir/."], to: "there").failures.isEmpty)
        #expect(try await run.files.names(in: run.target / "there") == ["a", "empty"])
        #expect(await run(["dir/empty/.."], to: "").failures.isEmpty)
        #expect(try await run.files.text(run.target / "dir" / "a") == "x")
    }

    @Test("Two sources of one name do not become one file", arguments: Direction.allCases)
    func sameName(direction: Direction) async throws {
        for rule in [TransferOptions.ConflictRule.overwrite, .rename] {
            let run = try await Run(direction)
            for folder in ["1", "2"] as [RawPath] {
                try await run.files.system.mkdir(run.source / folder)
                try await run.files.write("\(folder)", to: run.source / folder / "a.txt")
            }
            let summary = await run(["1/a.txt", "2/a.txt"], to: "") { $0.onConflict = rule }
            switch rule {
            case .rename:
                #expect(summary.failures.isEmpty)
                #expect(try await run.files.names(in: run.target) == ["a (1).txt", "a.txt"])
            case .overwrite, .skip, .fail:
                #expect(summary.failures.map(\.error) == [.targetExists(path: run.target / "a.txt")])
                #expect(summary.files == 1)
            }
        }
    }

    @Test("A folder in the way of a file, and a file in the way of a folder, stay", arguments: Direction.allCases)
    func inTheWay(direction: Direction) async throws {
        let run = try await Run(direction)
        try await run.files.system.mkdir(run.source / "t")
        try await run.files.write("x", to: run.source / "t" / "file")
        try await run.files.system.mkdir(run.source / "t" / "folder")
        try await run.files.write("x", to: run.source / "t" / "folder" / "below")
        try await run.files.write("x", to: run.source / "t" / "fine")
        try await run.files.system.symlink("x", at: run.source / "t" / "link")
        for folder in ["t", "t/file", "t/link"] as [RawPath] { try await run.files.system.mkdir(run.target / folder) }
        try await run.files.write("old", to: run.target / "t" / "folder")
        let summary = await run(["t"], to: "")
        #expect(summary.files == 1)
        #expect(
            Set(summary.failures.map { "\($0.error)" }.filter { $0.contains("wrongKind") }).count == 3,
            "\(summary.failures)")
        #expect(try await run.files.text(run.target / "t" / "folder") == "old")
        #expect(try await run.files.names(in: run.target / "t") == ["file", "fine", "folder", "link"])
    }

    // MARK: Conflicts

    @Test("A target that exists is replaced, left, avoided or a failure", arguments: Direction.allCases)
    func conflicts(direction: Direction) async throws {
        let run = try await Run(direction)
        try await run.files.write("new", to: run.source / "a.tar.gz")
        try await run.files.write("old", to: run.target / "a.tar.gz")
        let target = run.target / "a.tar.gz"

        let skipped = await run(["a.tar.gz"], to: "") { $0.onConflict = .skip }
        #expect(skipped.skipped.map(\.path) == [run.source / "a.tar.gz"] && skipped.failures.isEmpty)
        let failed = await run(["a.tar.gz"], to: "") { $0.onConflict = .fail }
        #expect(failed.failures.map(\.error) == [.targetExists(path: target)])
        #expect(try await run.files.text(target) == "old")
        for number in 1...2 {
            #expect(await run(["a.tar.gz"], to: "") { $0.onConflict = .rename }.files == 1)
            #expect(try await run.files.text(run.target / RawPath("a.tar (\(number)).gz")) == "new")
        }
        #expect(try await run.files.text(target) == "old")
        #expect(await run(["a.tar.gz"], to: "").files == 1)
        #expect(try await run.files.text(target) == "new")
        #expect(try await run.files.names(in: run.target).count == 3)
    }

    @Test("Links follow the same rules", arguments: Direction.allCases)
    func linkConflicts(direction: Direction) async throws {
        let run = try await Run(direction)
        for folder in [run.source, run.target] { try await run.files.system.mkdir(folder / "t") }
        try await run.files.system.symlink("new", at: run.source / "t" / "l")
        try await run.files.write("old", to: run.target / "t" / "l")
        #expect(await run(["t"], to: "") { $0.onConflict = .skip }.skipped.count == 1)
        #expect(await run(["t"], to: "") { $0.onConflict = .fail }.failures.count == 1)
        #expect(try await run.files.text(run.target / "t" / "l") == "old")
        #expect(await run(["t"], to: "") { $0.onConflict = .rename }.links == 1)
        #expect(try await run.files.system.readlink(run.target / "t" / "l (1)") == "new")
        #expect(await run(["t"], to: "").links == 1)
        #expect(try await run.files.system.readlink(run.target / "t" / "l") == "new")
        #expect(try await run.files.names(in: run.target / "t").count == 2)
    }

    @Test("A target that is a link stays one, and the file behind it is replaced", arguments: Direction.allCases)
    func linkAsTarget(direction: Direction) async throws {
        let run = try await Run(direction)
        try await run.files.write("new", to: run.source / "a")
        try await run.files.system.mkdir(run.target / "elsewhere")
        try await run.files.write("old", to: run.target / "elsewhere" / "real")
        try await run.files.system.symlink("elsewhere/real", at: run.target / "a")
        #expect(await run(["a"], to: "").failures.isEmpty)
        #expect(try await run.files.system.lstat(run.target / "a").kind == .symbolicLink)
        #expect(try await run.files.text(run.target / "elsewhere" / "real") == "new")
        #expect(try await run.files.names(in: run.target / "elsewhere") == ["real"])
    }

    @Test("/dev/null takes a file and stays what it is")
    func device() async throws {
        let run = try await Run(.get)
        try await run.files.write(randomBytes(100_000), to: run.source / "a")
        let summary = await run.site.engine().get([run.source / "a"], to: "/dev/null")
        #expect(summary.failures.isEmpty && summary.bytes == 100_000)
        #expect(try await run.files.system.stat("/dev/null").kind == .characterDevice)
        let sent = await run.site.engine().put(["/dev/null"], to: run.source / "empty")
        #expect(sent.failures.isEmpty && sent.bytes == 0)
        #expect(try await run.files.read(run.source / "empty") == [])
        let missing = await run.site.engine().get([run.source / "b"], to: "/dev/null")
        #expect(missing.failures.count == 1)
    }

    // MARK: Permissions and times

    @Test("A target keeps its permissions, a new file takes over the source's", arguments: Direction.allCases)
    func permissions(direction: Direction) async throws {
        let run = try await Run(direction)
        try await run.files.write([1], to: run.source / "a", permissions: 0o755)
        try await run.files.write([2], to: run.target / "a", permissions: 0o640)
        try await run.files.write([3], to: run.source / "read-only", permissions: 0o440)
        try await run.files.write([4], to: run.source / "setuid", permissions: 0o6755)
        try await run.files.write([4], to: run.target / "was-setuid", permissions: 0o6755)
        try await run.files.write([4, 4], to: run.source / "was-setuid")
        try await run.files.system.mkdir(run.source / "private")
        try await run.files.system.chmod(run.source / "private", permissions: 0o700)
        let summary = await run(["a", "read-only", "setuid", "was-setuid", "private"], to: "") {
            $0.resumes = direction == .put
        }
        #expect(summary.failures.isEmpty, "\(summary.failures)")
        for (name, permissions) in [
            ("a", 0o640), ("read-only", 0o440), ("setuid", 0o755), ("was-setuid", 0o755), ("private", 0o700),
        ] as [(RawPath, UInt32)] {
            #expect(try await run.files.system.stat(run.target / name).permissions == permissions, "\(name)")
        }
    }

    @Test("Times and modes are kept when asked for, of folders too", arguments: Direction.allCases)
    func preserves(direction: Direction) async throws {
        let run = try await Run(direction)
        let time = FileTime(seconds: 1_000_000_000)
        try await run.files.system.mkdir(run.source / "t")
        try await run.files.system.mkdir(run.source / "t" / "sub")
        try await run.files.write([1], to: run.source / "t" / "sub" / "a", permissions: 0o4751)
        try await run.files.system.chmod(run.source / "t" / "sub", permissions: 0o2551)
        for path in ["t/sub/a", "t/sub", "t"] as [RawPath] {
            try await run.files.system.utimes(run.source / path, accessed: time, modified: time)
        }
        let summary = await run(["t"], to: "") { $0.preserves = true }
        #expect(summary.failures.isEmpty, "\(summary.failures)")
        for (path, permissions) in [("t/sub/a", 0o751), ("t/sub", 0o551)] as [(RawPath, UInt32)] {
            let status = try await run.files.system.stat(run.target / path)
            #expect(status.permissions == permissions)
            #expect(status.modified == time)
        }
        #expect(try await run.files.system.stat(run.target / "t").modified == time)
    }

    // MARK: Verification

    @Test(
        "Both sides' SHA-256 are compared: by the server where it can, by sha256sum, or by reading back",
        arguments: Direction.allCases)
    func verification(direction: Direction) async throws {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        for (kind, method) in [
            (.proFTPD, .checkFile), (.openSSH, .command), (.openSSH, .readBack), (.asyncSSH, .readBack),
        ] as [(Hosts.Kind, ChecksumMethod)] where Hosts.Kind.installed.contains(kind) {
            let run = try await Run(direction, kind)
            try await run.files.write("abc", to: run.source / "a")
            let summary = await run(["a"], to: "b", sum: method == .command ? abc : nil) { $0.verifies = true }
            #expect(summary.failures.isEmpty, "\(kind): \(summary.failures)")
            #expect(summary.verified.map(\.method) == [method])
            #expect(summary.verified.map(\.sha256) == [abc])
            #expect(summary.verified.map(\.path) == [run.target / "b"])
        }
    }

    @Test("A checksum that differs leaves the old file, and no temporary one", arguments: Direction.allCases)
    func mismatch(direction: Direction) async throws {
        for resumes in [false, true] {
            let run = try await Run(direction)
            try await run.files.write("new", to: run.source / "a")
            try await run.files.write("old", to: run.target / "a")
            let wrong = String(repeating: "0", count: 64)
            for name in ["a", "b"] as [RawPath] {
                let summary = await run(["a"], to: name, sum: wrong) {
                    $0.verifies = true
                    $0.resumes = resumes
                }
                guard case .checksumMismatch(let path, _, wrong)? = summary.failures.first?.error else {
                    Issue.record("\(summary.failures)")
                    continue
                }
                #expect(path == run.target / name && summary.failures.count == 1 && summary.bytes == 0)
            }
            #expect(try await run.files.names(in: run.target) == ["a"])
            #expect(try await run.files.text(run.target / "a") == "old")
        }
    }
}
