import Bytes
import Reactor
import TestHosts
import Testing
import Transfer

/// Attack 12 of other implementations (CVE-2018-20685, CVE-2019-6109, -6110, -6111): what a server sends that plays any
/// bytes it likes in the place of `scp`.
@Suite(
    "SCP servers that lie", .timeLimit(.minutes(1)), .enabled(if: Installed.openSSH, "OpenSSH is not installed"))
struct SCPHostileTests {
    /// Says all that is to be said, whatever the client answers.
    private static let speak = "cat bytes\n"

    private func get(
        _ site: SCPSite, _ bytes: String, to target: RawPath, _ configure: (inout TransferOptions) -> Void = { _ in }
    ) async throws -> TransferSummary {
        try await get(site, Array(bytes.utf8), to: target, configure)
    }

    private func get(
        _ site: SCPSite, _ bytes: [UInt8], to target: RawPath, _ configure: (inout TransferOptions) -> Void = { _ in }
    ) async throws -> TransferSummary {
        let source = try await site.play(Self.speak, bytes)
        return await site.get([source], to: target, configure)
    }

    @Test(
        "The name of the one file that was asked for is ours, whatever the server calls it",
        arguments: ["../evil", "/tmp/evil", "..", ".", "", ".bashrc", "e\0vil"])
    func singleName(name: String) async throws {
        let site = try await SCPSite(.hostile)
        let fetched = try await get(site, "C0644 4 \(name)\nevil\0", to: site.local)
        #expect(fetched.failures.isEmpty && fetched.files == 1)
        #expect(try await site.files.names(in: site.local) == ["played"])
        _ = try await get(site, "D0755 0 \(name)\nC0644 1 x\ny\0E\n", to: site.local / "folder")
        #expect(try await site.files.names(in: site.local) == ["folder", "played"])
        #expect(try await site.files.names(in: site.local / "folder") == ["x"])
    }

    @Test(
        "A name in a folder that leads out of it ends the transfer",
        arguments: [
            "..", ".", "", "../evil", "a/b", "/tmp/fairlead-evil", "e\0vil", String(repeating: "n", count: 256),
        ])
    func treeNames(name: String) async throws {
        let site = try await SCPSite(.hostile)
        let target = site.local / "target"
        for kind in ["C0644 4 \(name)\nevil\0", "D0777 0 \(name)\nC0644 4 evil\nevil\0E\n"] {
            let fetched = try await get(
                site, "D0755 0 d\nC0644 4 good\ngood\0" + kind + "C0644 4 late\nlate\0E\n", to: target)
            #expect(fetched.files == 1 && fetched.failures.count == 1)
            guard case .unsafeName? = fetched.failures.first?.error else {
                Issue.record("\(fetched.failures)")
                continue
            }
            #expect(try await site.files.names(in: site.local) == ["target"])
            #expect(try await site.files.names(in: target) == ["good"])
            try await site.files.system.unlink(target / "good")
            try await site.files.system.rmdir(target)
        }
    }

    @Test("More than was asked for is not taken", arguments: ["C0644 4 .ssh\nevil\0", "D0755 0 .ssh\nE\n"])
    func unasked(more: String) async throws {
        let site = try await SCPSite(.hostile)
        let fetched = try await get(site, "C0644 4 played\ngood\0" + more, to: site.local)
        #expect(fetched.files == 1)
        #expect(
            fetched.failures.map(\.error) == [.scp(.unexpectedName(".ssh"), path: site.remote / "played")])
        #expect(try await site.files.names(in: site.local) == ["played"])
    }

    @Test("With a pattern, only names that match are taken", arguments: ["evil.sh", ".played", "../played", "", "."])
    func patterns(name: String) async throws {
        let site = try await SCPSite(.hostile)
        _ = try await site.play(Self.speak, Array("C0644 4 played\ngood\0C0644 4 \(name)\nevil\0".utf8))
        let fetched = await site.get([site.remote / "play[e]d"], to: site.local, patterns: true)
        #expect(fetched.files == 1 && fetched.failures.count == 1)
        guard case .scp(.unexpectedName, _)? = fetched.failures.first?.error else {
            Issue.record("\(fetched.failures)")
            return
        }
        #expect(try await site.files.names(in: site.local) == ["played"])
    }

    @Test(
        "Records out of their place, sizes that are none and text that is no record end the transfer",
        arguments: [
            "E\n", "D0755 0 d\nE\nE\n", "T1 0 1 0\nE\n", "T1 0 1 0\nT1 0 1 0\n", "C0644 99999999999999999999 a\n",
            "C0644 9223372036854775808 a\n", "C0644 -1 a\n", "C644 1 a\nx\0", "D0755 0 d\nC0644 2 a\nxxx\0E\n",
            "D0755 0 d\nC0644 2 a\nx\0E\n", "C0644 10 a\nx", "D0755 0 d\n", "C0644 1 a\nx", "\0\0\0\n",
            "Last login: never\n",
            "\u{3}x\n",
        ])
    func violations(bytes: String) async throws {
        let site = try await SCPSite(.hostile)
        try await site.files.write("old", to: site.local / "target")
        let target = site.local / (bytes.hasPrefix("D") ? "folder" : "target")
        let fetched = try await get(site, bytes, to: target)
        #expect(fetched.failures.count == 1, "\(fetched.failures)")
        #expect(try await site.files.text(site.local / "target") == "old")
        let names = try await site.files.names(in: site.local).filter { $0 != "folder" }
        #expect(names == ["target"])
        if target == site.local / "folder" {
            let inner = (try? await site.files.names(in: target)) ?? []
            #expect(inner.allSatisfy { !$0.contains("fairlead") }, "\(inner)")
        }
    }

    @Test("Set-user-ID and set-group-ID bits are not kept", arguments: [false, true])
    func setUserID(preserves: Bool) async throws {
        let site = try await SCPSite(.hostile)
        let fetched = try await get(site, "D7755 0 d\nC6755 1 a\nx\0E\n", to: site.local / "d") {
            $0.preserves = preserves
        }
        #expect(fetched.failures.isEmpty)
        for name in ["d", "d/a"] as [RawPath] {
            let permissions = try await site.files.system.stat(site.local / name).permissions
            #expect(permissions & 0o7000 == 0 && permissions & 0o700 == 0o700)
        }
    }

    @Test(
        "Endless messages, lines, folders and files end",
        arguments: [
            "printf '\\001'; yes | tr -d '\\n'", "yes 'C0644' | tr -d '\\n'", "yes 'D0755 0 d'",
            "yes \"$(printf '\\001no')\"",
            "echo 'D0755 0 d'; while printf 'C0644 0 a\\n\\0'; do :; done",
        ])
    func endless(script: String) async throws {
        let site = try await SCPSite(.hostile)
        let source = try await site.play(script + "\n")
        let fetched = await site.get([source], to: site.local / "target") {
            $0.limits.treeEntries = 500
            $0.limits.depth = 50
        }
        #expect(!fetched.failures.isEmpty && fetched.failures.count <= SCPLimits.complaints + 1)
    }

    @Test(
        "A server that says nothing of use is waited for until the task is cancelled",
        arguments: ["sleep 60", "yes | tr -d '\\n' >&2"])
    func silence(script: String) async throws {
        let site = try await SCPSite(.hostile)
        let source = try await site.play("echo started > started; \(script)\n")
        try await site.files.write("x", to: site.local / "a")
        for isDownload in [true, false] {
            let task = Task {
                isDownload
                    ? await site.get([source], to: site.local / "target")
                    : await site.put([site.local / "a"], to: source)
            }
            while await !site.files.exists(site.remote / "started") { await Task.yield() }
            task.cancel()
            let summary = await task.value
            #expect(summary.failures.map(\.error) == [.cancelled])
            try await site.files.system.unlink(site.remote / "started")
        }
        #expect(try await site.files.names(in: site.local) == ["a"])
    }

    @Test("What the server says is shown without its escape sequences, and not without end")
    func escapes() async throws {
        let site = try await SCPSite(.hostile)
        let red = "\u{1B}[31m\u{202E}" + String(repeating: "x", count: 3000)
        for bytes in ["\u{1}\(red)\n", "\u{2}\(red)\n", "\(red)\n", "D0755 0 d\nC0644 0 \(red)\n\0"] {
            let fetched = try await get(site, bytes, to: site.local / "target")
            let text = "\(fetched.failures.map { "\($0.error) \($0.path)" })"
            #expect(fetched.failures.count == 1)
            #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}") && text.count < 2000, "\(text)")
        }
        let named = try await get(
            site, "D0755 0 d\nC0644 1 \u{1B}[31mred\nx\u{1}bad\u{1B}[0m\nE\n", to: site.local / "t")
        #expect(named.failures.count == 1)
        #expect(!"\(named.failures.map { "\($0.error) \($0.path)" })".contains("\u{1B}"))
        #expect(try await site.files.names(in: site.local / "t") == [])
    }

    @Test("A link that lies in a folder is not written through, by file or folder")
    func links() async throws {
        let site = try await SCPSite(.hostile)
        let folder = site.local / "played"
        for folder in [site.local / "outside", folder] { try await site.files.system.mkdir(folder) }
        try await site.files.write("mine", to: site.local / "outside" / "file")
        try await site.files.system.symlink("../outside", at: folder / "folder")
        try await site.files.system.symlink("../outside/file", at: folder / "file")
        let fetched = try await get(
            site, "D0755 0 d\nC0644 4 file\nevil\0D0755 0 folder\nC0644 4 other\nevil\0", to: site.local)
        #expect(fetched.failures.first?.error == .wrongKind(path: folder / "folder", "in the way of a folder"))
        #expect(try await site.files.text(folder / "file") == "evil")
        #expect(try await site.files.text(site.local / "outside" / "file") == "mine")
        #expect(try await site.files.names(in: site.local / "outside") == ["file"])
    }

    @Test("A refused folder's content is not taken for the parent's")
    func refusedFolder() async throws {
        let site = try await SCPSite(.hostile)
        try await site.files.system.mkdir(site.local / "played")
        try await site.files.write("mine", to: site.local / "played" / "d")
        // An honest source leaves the content out; this one sends it all the same.
        let fetched = try await get(site, "D0755 0 x\nD0755 0 d\nC0644 4 a\nevil\0E\nE\n", to: site.local)
        #expect(!fetched.failures.isEmpty)
        #expect(try await site.files.text(site.local / "played" / "d") == "mine")
    }

    @Test("Two files of one run do not become one")
    func twice() async throws {
        let site = try await SCPSite(.hostile)
        let fetched = try await get(site, "D0755 0 d\nC0644 1 a\nx\0C0644 1 a\n", to: site.local / "d")
        #expect(fetched.files == 1 && !fetched.failures.isEmpty)
        #expect(try await site.files.text(site.local / "d" / "a") == "x")
    }

    @Test(
        "Answers that are none, or to nothing, end an upload",
        arguments: [
            "Welcome\n", "\0\0\0\0\0\0\0\0", "\u{2}gone\n", "\u{1}no\n", "", "\0", "\0\u{1}no\n\0", "\0\0\u{1}no\n",
            "\0\u{5}", "\0\u{1}" + String(repeating: "x", count: 5000),
        ])
    func answers(bytes: String) async throws {
        let site = try await SCPSite(.hostile)
        try await site.files.write(randomBytes(1 << 20), to: site.local / "a")
        let target = try await site.play(Self.speak, Array(bytes.utf8))
        let sent = await site.put([site.local / "a"], to: target)
        // All that was asked is answered by as many zeros, before it was; what is too much shows.
        #expect(!sent.failures.isEmpty && sent.files == (bytes.hasPrefix("\0\0\0") ? 1 : 0), "\(sent.failures)")
    }

    @Test(
        "Endless answers end an upload",
        arguments: ["yes \"$(printf '\\001no')\"", "yes | tr -d '\\n'", "cat /dev/zero"])
    func endlessAnswers(script: String) async throws {
        let site = try await SCPSite(.hostile)
        try await site.files.write("x", to: site.local / "a")
        let target = try await site.play(script + "\n")
        let sent = await site.put([site.local / "a"], to: target)
        #expect(!sent.failures.isEmpty && sent.failures.count < 10)
    }
}
