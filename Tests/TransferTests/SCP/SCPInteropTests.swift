import Bytes
import Reactor
import TestHosts
import Testing
import Transfer

@Suite("SCP with real servers", .timeLimit(.minutes(2)))
struct SCPInteropTests {
    /// Names that programs like to trip over, all of which the protocol can say.
    private static let names: [RawPath] = [
        "with spaces ", "-rf", "\u{1B}[31mred", "\"quoted' $HOME `id`", "*?[a]", "\\", "~", "...", "ünï", " ", "!x",
        RawPath(bytes: [0xFF, 0xFE, 0x80]), RawPath(bytes: Array(repeating: UInt8(ascii: "n"), count: 255)),
    ]

    private func makeTree(_ top: RawPath, _ files: LocalFiles) async throws {
        for folder in ["", "empty", "deep", "names"] as [RawPath] { try await files.system.mkdir(top / folder) }
        var folder = top / "deep"
        for level in 0..<10 {
            folder = folder / RawPath("\(level)")
            try await files.system.mkdir(folder)
            try await files.write("level \(level)", to: folder / "file")
        }
        for (index, name) in Self.names.enumerated() {
            try await files.write("name \(index)", to: top / "names" / name)
            try await files.system.mkdir(top / "deep" / name)
        }
        try await files.write("", to: top / "nothing")
        try await files.write(randomBytes(1_000_000), to: top / "large")
    }

    @Test("A tree arrives with its names and empty folders, both ways", arguments: SCPHosts.Kind.installed)
    func tree(kind: SCPHosts.Kind) async throws {
        let site = try await SCPSite(kind)
        try await makeTree(site.local / "tree", site.files)
        let expected = try await site.files.snapshot(site.local / "tree")
        let sent = await site.put([site.local / "tree"], to: site.remote)
        #expect(sent.failures.isEmpty, "\(sent.failures)")
        #expect(sent.files == 12 + Self.names.count && sent.folders == 14 + Self.names.count)
        #expect(try await site.files.snapshot(site.remote / "tree") == expected)
        let fetched = await site.get([site.remote / "tree"], to: site.local / "back")
        #expect(fetched.failures.isEmpty, "\(fetched.failures)")
        #expect(fetched.files == sent.files && fetched.folders == sent.folders && fetched.bytes == sent.bytes)
        #expect(try await site.files.snapshot(site.local / "back") == expected)
        // Once more, over what is there.
        #expect(await site.put([site.local / "tree"], to: site.remote / "tree" / "..").failures.isEmpty)
        #expect(await site.get([site.remote / "tree" / "."], to: site.local / "back").failures.isEmpty)
        #expect(try await site.files.snapshot(site.local / "back") == expected)
    }

    @Test("What we put, scp -O gets, and the reverse", arguments: SCPHosts.Kind.installed)
    func programs(kind: SCPHosts.Kind) async throws {
        let site = try await SCPSite(kind)
        try await makeTree(site.local / "tree", site.files)
        let expected = try await site.files.snapshot(site.local / "tree")
        #expect(await site.put([site.local / "tree"], to: site.remote / "ours").failures.isEmpty)
        let got = try await site.scp("\(site.host.target):\(site.remote)/ours", "\(site.local)/theirs", ["-r"])
        #expect(got.status == 0, "\(got.errors)")
        #expect(try await site.files.snapshot(site.local / "theirs") == expected)
        let put = try await site.scp("\(site.local)/tree", "\(site.host.target):\(site.remote)/theirs", ["-r"])
        #expect(put.status == 0, "\(put.errors)")
        #expect(await site.get([site.remote / "theirs"], to: site.local / "ours").failures.isEmpty)
        #expect(try await site.files.snapshot(site.local / "ours") == expected)
    }

    @Test("300 MiB arrive whole, both ways", arguments: SCPHosts.Kind.installed)
    func large(kind: SCPHosts.Kind) async throws {
        let site = try await SCPSite(kind)
        let piece = randomBytes(1 << 20)
        let file = try await File.open(site.local / "a", [.write, .create], on: site.files.loop)
        for index in 0..<300 { try await file.write(ByteBuffer(piece), at: UInt64(index) << 20) }
        try await file.close()
        let progress = TransferProgress()
        let sent = await site.put([site.local / "a"], to: site.remote / "b", progress: progress)
        #expect(sent.failures.isEmpty && sent.bytes == 300 << 20, "\(sent.failures)")
        #expect(progress.snapshot.bytesDone == 300 << 20 && progress.snapshot.filesDone == 1)
        let fetched = await site.get([site.remote / "b"], to: site.local / "c")
        #expect(fetched.failures.isEmpty && fetched.bytes == 300 << 20, "\(fetched.failures)")
        for name in [site.remote / "b", site.local / "c"] {
            let compared = try await runProgram("cmp", ["\(site.local)/a", "\(name)"])
            #expect(compared.status == 0, "\(compared.output)")
        }
    }

    @Test(
        "Times and permissions are kept on request, both ways, and no set-user-ID bit",
        arguments: SCPHosts.Kind.installed)
    func preserved(kind: SCPHosts.Kind) async throws {
        let site = try await SCPSite(kind)
        let (first, second) = (
            FileTime(seconds: 1_000_000_000, nanoseconds: 123_456_000), FileTime(seconds: 1_100_000_000)
        )
        try await site.files.system.mkdir(site.local / "d")
        for (name, permissions) in [("d/a", 0o4751), ("d/b", 0o400), ("d", 0o2711)] as [(RawPath, UInt32)] {
            if name != "d" { try await site.files.write("x", to: site.local / name) }
            try await site.files.system.chmod(site.local / name, permissions: permissions)
            try await site.files.system.utimes(site.local / name, accessed: second, modified: first)
        }
        let sent = await site.put([site.local / "d"], to: site.remote) { $0.preserves = true }
        #expect(sent.failures.isEmpty, "\(sent.failures)")
        let fetched = await site.get([site.remote / "d"], to: site.local / "back") { $0.preserves = true }
        #expect(fetched.failures.isEmpty, "\(fetched.failures)")
        for top in [site.remote / "d", site.local / "back"] {
            for (name, permissions) in [("a", 0o751), ("b", 0o400), ("", 0o711)] as [(RawPath, UInt32)] {
                let status = try await site.files.system.stat(name.isEmpty ? top : top / name)
                #expect(status.permissions & 0o6777 == permissions, "\(top / name)")
                #expect(status.modified.seconds == first.seconds, "\(top / name)")
                // OpenSSH's own scp sends no fractions.
                if top == site.remote / "d", kind == .openSSH { #expect(status.modified == first) }
            }
        }
    }

    @Test("One source goes into a folder, or gets the name that is given", arguments: SCPHosts.Kind.installed)
    func targets(kind: SCPHosts.Kind) async throws {
        let site = try await SCPSite(kind)
        for (from, to) in [(site.local, site.remote / "to"), (site.remote, site.local / "to")] {
            for folder in [to, to / "folder"] { try await site.files.system.mkdir(folder) }
            for name in ["a", "b"] as [RawPath] { try await site.files.write("x", to: from / name) }
            func copy(_ sources: [RawPath], _ target: RawPath) async -> TransferSummary {
                from == site.local ? await site.put(sources, to: target) : await site.get(sources, to: target)
            }
            #expect(await copy([from / "a"], to / "folder").failures.isEmpty)
            #expect(await copy([from / "a"], to / "name").failures.isEmpty)
            #expect(await copy([from / "a", from / "b"], to).failures.isEmpty)
            #expect(try await site.files.names(in: to) == ["a", "b", "folder", "name"])
            #expect(try await site.files.names(in: to / "folder") == ["a"])
            #expect(await copy([from / "a"], to / "missing/").failures.count == 1)
            #expect(await copy([from / "a", from / "b"], to / "name").failures.count == 1)
            #expect(await copy([from / "none"], to).failures.count == 1)
            let mixed = await copy([from / "none", from / "a"], to / "folder")
            #expect(mixed.failures.count == 1 && mixed.files == 1, "\(mixed.failures)")
            #expect(try await site.files.names(in: to) == ["a", "b", "folder", "name"])
        }
    }

    @Test("Patterns stand for what the host finds", arguments: SCPHosts.Kind.installed)
    func patterns(kind: SCPHosts.Kind) async throws {
        let site = try await SCPSite(kind)
        for name in ["a.txt", "b.txt", "c d.txt", ".x.txt", "e.md", "[z].txt", "$(id).txt"] as [RawPath] {
            try await site.files.write("x", to: site.remote / name)
        }
        try await site.files.system.mkdir(site.remote / "f.txt")
        try await site.files.write("y", to: site.remote / "f.txt" / "inner")
        for (pattern, expected) in [
            ("*.txt", ["$(id).txt", "[z].txt", "a.txt", "b.txt", "c d.txt", "f.txt"]),
            ("?.txt", ["a.txt", "b.txt", "f.txt"]),
            ("[!a].txt", ["b.txt", "f.txt"]), ("* d.*", ["c d.txt"]), ("[[]*", ["[z].txt"]), ("\\[*", ["[z].txt"]),
            ("$(id)*", ["$(id).txt"]), (".*.txt", [".x.txt"]), ("[a-b].txt", ["a.txt", "b.txt"]),
        ] as [(RawPath, [String])] {
            let target = site.local / RawPath("\(pattern)")
            try await site.files.system.mkdir(target)
            let fetched = await site.get([site.remote / pattern], to: target, patterns: true)
            #expect(fetched.failures.isEmpty, "\(pattern): \(fetched.failures)")
            #expect(try await site.files.names(in: target) == expected, "\(pattern)")
        }
        #expect(await site.get([site.remote / "*.none"], to: site.local, patterns: true).failures.count == 1)
        for pattern in ["**/a", "{a,b}.txt", "*\0"] as [RawPath] {
            #expect(await site.get([site.remote / pattern], to: site.local, patterns: true).failures.count == 1)
        }
        #expect(await site.get([site.remote / "\\[z].txt"], to: site.local / "y", patterns: true).failures.isEmpty)
        // A name is a name unless patterns are asked for.
        #expect(await site.get([site.remote / "[z].txt"], to: site.local / "z").failures.isEmpty)
        #expect(await site.get([site.remote / "*.txt"], to: site.local).failures.count == 1)
    }

    @Test("What cannot be sent is told by its name, and the rest is sent")
    func left() async throws {
        let site = try await SCPSite(.openSSH)
        try await site.files.system.mkdir(site.local / "d")
        try await site.files.write("x", to: site.local / "d" / "a\nb")
        try await site.files.write("x", to: site.local / "d" / "c")
        try await site.files.system.symlink("/etc/passwd", at: site.local / "d" / "link")
        let sent = await site.put([site.local / "d"], to: site.remote)
        #expect(sent.files == 1 && sent.skipped.map(\.path) == [site.local / "d" / "link"])
        #expect(sent.failures.map(\.path) == [site.local / "d" / "a\nb"])
        #expect(try await site.files.names(in: site.remote / "d") == ["c"])
        // A name that was asked for may be anything.
        try await site.files.write("x", to: site.remote / "e\nf")
        #expect(await site.get([site.remote / "e\nf"], to: site.local).failures.isEmpty)
        #expect(await site.files.exists(site.local / "e\nf"))
    }

    @Test("A file that the host cannot write or read fails alone", .enabled(if: Installed.openSSH))
    func failures() async throws {
        let site = try await SCPSite(.openSSH)
        for folder in [site.local / "d", site.remote / "d", site.remote / "d" / "b"] {
            try await site.files.system.mkdir(folder)
        }
        for name in ["a", "b", "c"] as [RawPath] { try await site.files.write("new", to: site.local / "d" / name) }
        // A folder is in the way.
        let sent = await site.put([site.local / "d"], to: site.remote)
        #expect(sent.files == 2 && sent.failures.map(\.path) == [site.local / "d" / "b"], "\(sent.failures)")
        #expect(try await site.files.text(site.remote / "d" / "c") == "new")
        // A link that leads nowhere cannot be read.
        try await site.files.system.symlink("nowhere", at: site.remote / "d" / "dangling")
        let fetched = await site.get([site.remote / "d"], to: site.local / "back")
        #expect(fetched.files == 2 && fetched.failures.count == 1, "\(fetched.failures)")
        #expect(try await site.files.names(in: site.local / "back") == ["a", "b", "c"])
    }

    @Test("What is there is kept, renamed or refused by the rule, and SCP says what it cannot do")
    func conflicts() async throws {
        let site = try await SCPSite(.openSSH)
        try await site.files.write("new", to: site.remote / "a")
        try await site.files.write("old", to: site.local / "a")
        let skipped = await site.get([site.remote / "a"], to: site.local) { $0.onConflict = .skip }
        #expect(skipped.failures.isEmpty && skipped.skipped.count == 1 && skipped.files == 0)
        let failed = await site.get([site.remote / "a"], to: site.local) { $0.onConflict = .fail }
        #expect(failed.failures.map(\.error) == [.targetExists(path: site.local / "a")])
        #expect(try await site.files.text(site.local / "a") == "old")
        let renamed = await site.get([site.remote / "a"], to: site.local) { $0.onConflict = .rename }
        #expect(renamed.failures.isEmpty)
        #expect(try await site.files.text(site.local / "a (1)") == "new")
        try await site.files.system.chmod(site.local / "a", permissions: 0o640)
        #expect(await site.get([site.remote / "a"], to: site.local).failures.isEmpty)
        #expect(try await site.files.text(site.local / "a") == "new")
        #expect(try await site.files.system.stat(site.local / "a").permissions == 0o640)

        for configure in [
            { $0.resumes = true }, { $0.verifies = true }, { $0.onConflict = .skip },
        ] as [(inout TransferOptions) -> Void] {
            let refused = await site.put([site.local / "a"], to: site.remote, configure)
            #expect(refused.failures.count == 1 && refused.files == 0)
            guard case .scp(.unsupported, _)? = refused.failures.first?.error else {
                Issue.record("\(refused.failures)")
                continue
            }
        }
    }

    enum Direction: CaseIterable, Sendable { case get, put }

    @Test("A cancelled transfer ends at once and leaves nothing half done here", arguments: Direction.allCases)
    func cancel(direction: Direction) async throws {
        let site = try await SCPSite(.openSSH)
        let (from, to) = direction == .get ? (site.remote, site.local) : (site.local, site.remote)
        try await site.files.write(randomBytes(24 << 20), to: from / "a")
        if direction == .get { try await site.files.write("old", to: to / "b") }
        let progress = TransferProgress()
        let task = Task {
            switch direction {
            case .get: await site.get([from / "a"], to: to / "b", progress: progress) { $0.rateLimit = 16 << 20 }
            case .put: await site.put([from / "a"], to: to / "b", progress: progress) { $0.rateLimit = 16 << 20 }
            }
        }
        while progress.snapshot.bytesDone < 4 << 20 { await Task.yield() }
        task.cancel()
        let summary = await task.value
        #expect(summary.failures.map(\.error) == [.cancelled] && summary.files == 0)
        #expect(progress.snapshot.current.isEmpty)
        if direction == .get {
            #expect(try await site.files.names(in: to) == ["b"])
            #expect(try await site.files.text(to / "b") == "old")
        }
        // The connection is as good as before.
        #expect(await site.put([from / "a"], to: site.remote / "c").failures.isEmpty)
    }

    @Test("A server that goes away ends the transfer", arguments: Direction.allCases)
    func serverGone(direction: Direction) async throws {
        let host = try await OpenSSHServer.start(offersSFTP: false)
        let site = try await SCPSite(host)
        let (from, to) = direction == .get ? (site.remote, site.local) : (site.local, site.remote)
        try await site.files.write(randomBytes(24 << 20), to: from / "a")
        let progress = TransferProgress()
        let task = Task {
            switch direction {
            case .get: await site.get([from / "a"], to: to / "b", progress: progress) { $0.rateLimit = 16 << 20 }
            case .put: await site.put([from / "a"], to: to / "b", progress: progress) { $0.rateLimit = 16 << 20 }
            }
        }
        while progress.snapshot.bytesDone < 4 << 20 { await Task.yield() }
        host.kill()
        let summary = await task.value
        #expect(summary.failures.count == 1 && summary.files == 0)
        if direction == .get { #expect(try await site.files.names(in: to) == []) }
    }

    @Test("A host without scp is told as such")
    func noProgram() async throws {
        let host = try await OpenSSHServer.start(
            options: ["ForceCommand PATH=/nowhere; eval \"$SSH_ORIGINAL_COMMAND\""], offersSFTP: false)
        let site = try await SCPSite(host)
        try await site.files.write("x", to: site.local / "a")
        for summary in [
            await site.get([site.remote / "a"], to: site.local / "b"),
            await site.put([site.local / "a"], to: site.remote),
        ] {
            #expect(summary.failures.count == 1)
            #expect("\(summary.failures.map(\.error))".contains("not found"), "\(summary.failures)")
        }
        host.stop()
    }
}
