import Foundation
import TestHosts
import Testing

@Suite("Files on a real host", .timeLimit(.minutes(2)))
struct FileVerbTests {
    let fairlead: FairleadProgram

    init() throws {
        fairlead = try FairleadProgram()
    }

    private func write(_ text: String, _ name: String, on host: any TestHost) throws {
        let file = URL(fileURLWithPath: host.directory + "/" + name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private func exists(_ name: String, on host: any TestHost) -> Bool {
        FileManager.default.fileExists(atPath: host.directory + "/" + name)
    }

    private func document(_ result: ProgramResult) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
    }

    @Test("ls names what is there, with hidden names, in the long form, below, and as JSON")
    func list() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            try write("hello", "a", on: host)
            try write("", ".hidden", on: host)
            try write("x", "sub/deep/file", on: host)
            try FileManager.default.createSymbolicLink(
                atPath: host.directory + "/link", withDestinationPath: "a")
            let place = "\(host.host):\(host.directory)"
            #expect(try await fairlead.run("ls", on: host, place).output == "a\nlink\nsub\n")
            #expect(try await fairlead.run("ls", on: host, "-a", place).output == ".hidden\na\nlink\nsub\n")
            let long = try await fairlead.run("ls", on: host, "-l", place).output.split(separator: "\n")
            #expect(long.count == 3)
            #expect(long[0].hasPrefix("-rw") && long[0].hasSuffix(" a"))
            #expect(long[1].hasPrefix("l") && long[1].hasSuffix("link -> a"))
            let deep = try await fairlead.run("ls", on: host, "-R", place).output
            #expect(deep.contains("\(host.directory)/sub/deep:\nfile\n"))
            let json = try document(try await fairlead.run("ls", on: host, "--json", place))
            let entries = try #require(json["entries"] as? [[String: Any]])
            #expect(entries.compactMap { $0["name"] as? String } == ["a", "link", "sub"])
            #expect(entries[0]["size"] as? Int == 5)
            #expect(try await fairlead.run("ls", on: host, "\(place)/a").output == "\(host.directory)/a\n")
            let missing = try await fairlead.run("ls", on: host, "\(place)/missing")
            #expect(missing.status == 66)
            #expect(missing.errors.contains("missing: no such file"))
        }
    }

    @Test("stat, cat, mkdir, mv and rm do what they say")
    func verbs() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let content = String(repeating: "0123456789abcdef", count: 40_000)
            try write(content, "a", on: host)
            let place = "\(host.host):\(host.directory)"
            let status = try document(try await fairlead.run("stat", on: host, "--json", "\(place)/a"))
            #expect(status["type"] as? String == "file" && status["size"] as? Int == content.utf8.count)
            #expect(try await fairlead.run("cat", on: host, "\(place)/a").output == content)
            let noParent = try await fairlead.run("mkdir", on: host, "\(place)/x/y")
            #expect(noParent.status == 66)
            let made = try await fairlead.run("mkdir", on: host, "--parents", "-m", "750", "\(place)/x/y", "\(place)/z")
            #expect(made.status == 0, "\(made.errors)")
            #expect(exists("x/y", on: host) && exists("z", on: host))
            #expect(try await fairlead.run("mkdir", on: host, "\(place)/z").status == 66)
            let mode = try FileManager.default.attributesOfItem(atPath: host.directory + "/x/y")[.posixPermissions]
            #expect(mode as? Int == 0o750)
            let moved = try await fairlead.run("mv", on: host, "\(place)/a", "\(host.directory)/x/y")
            #expect(moved.status == 0, "\(moved.errors)")
            #expect(exists("x/y/a", on: host) && !exists("a", on: host))
            try write("other", "b", on: host)
            let kept = try await fairlead.run("mv", on: host, "-n", "\(place)/b", "\(host.directory)/x/y/a")
            #expect(kept.status == 66)
            #expect(exists("b", on: host))
            let folder = try await fairlead.run("rm", on: host, "\(place)/x")
            #expect(folder.status == 66)
            #expect(folder.errors.contains("is a directory"))
            let removed = try await fairlead.run("rm", on: host, "-r", "-v", "\(place)/x")
            #expect(removed.status == 0, "\(removed.errors)")
            #expect(removed.errors.contains("removed \(host.directory)/x/y/a"))
            #expect(!exists("x", on: host))
        }
    }

    @Test("Of several paths those that fail are named, and the status is 1")
    func partialFailure() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            try write("a", "a", on: host)
            try write("b", "b", on: host)
            let place = "\(host.host):\(host.directory)"
            let result = try await fairlead.run(
                "rm", on: host, "\(place)/a", "\(place)/missing", "\(place)/b")
            #expect(result.status == 1)
            #expect(result.errors.contains("/missing: no such file"))
            #expect(!exists("a", on: host) && !exists("b", on: host))
            #expect(try await fairlead.run("rm", on: host, "-f", "\(place)/missing").status == 0)
            #expect(try await fairlead.run("rm", on: host, "-r", "\(host.host):/").status == 2)
            #expect(try await fairlead.run("rm", on: host, "-r", "\(host.host):").status == 2)
        }
    }

    @Test("What is not allowed is a matter of permission")
    func permission() async throws {
        try await with(try await OpenSSHServer.start(options: ["ForceCommand internal-sftp -R"])) { host in
            let result = try await fairlead.run("mkdir", on: host, "\(host.host):\(host.directory)/new")
            #expect(result.status == 77)
            #expect(result.errors.hasPrefix("fairlead: permission: \(host.directory)/new: permission denied"))
        }
    }

    @Test("A host without SFTP says so")
    func noSubsystem() async throws {
        let host = try await AsyncSSHServer.start { $0.sftp = false }
        try await with(host) { host in
            let result = try await fairlead.run("ls", on: host, host.host)
            #expect([65, 69].contains(result.status), "\(result.errors)")
        }
    }

    @Test("Keys are made, not replaced, and have the fingerprints that ssh-keygen shows")
    func keys() async throws {
        let file = fairlead.home.path("key")
        let made = try await fairlead.run(["key", "generate", "-f", file, "-C", "mine", "--no-passphrase", "--json"])
        #expect(made.status == 0, "\(made.errors)")
        let shown = try await runProgram("ssh-keygen", ["-l", "-f", file])
        let fingerprint = try #require(try document(made)["fingerprint"] as? String)
        #expect(shown.output.contains(fingerprint) && shown.output.contains("mine"))
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try await fairlead.run(["key", "generate", "-f", file, "--no-passphrase"]).status == 66)
        let listed = try await fairlead.run(["key", "fingerprint", "--md5", file, file + ".pub"])
        #expect(listed.output.components(separatedBy: fingerprint).count == 3)
        #expect(listed.output.contains("MD5:"))
        let secret = try fairlead.home.write("a passphrase\n", to: "passphrase")
        let encrypted = fairlead.home.path("encrypted")
        let second = try await fairlead.run(
            ["key", "generate", "-t", "ecdsa", "-b", "384", "-f", encrypted, "--passphrase-file", secret])
        #expect(second.status == 0, "\(second.errors)")
        #expect(try await runProgram("ssh-keygen", ["-y", "-P", "a passphrase", "-f", encrypted]).status == 0)
        #expect(try await runProgram("ssh-keygen", ["-y", "-P", "wrong", "-f", encrypted]).status != 0)
    }
}
