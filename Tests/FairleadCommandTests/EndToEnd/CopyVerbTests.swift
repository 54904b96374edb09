import Foundation
import TestHosts
import Testing

@Suite("get, put and cp on a real host", .timeLimit(.minutes(4)))
struct CopyVerbTests {
    private static let tree = """
        mkdir -p tree/sub/deep tree/empty && cd tree && echo a >a.txt && echo b >b.log && echo c >sub/c.txt &&
        echo d >sub/deep/d.o && ln -s a.txt link && head -c 300000 /dev/urandom >large && chmod 750 sub && chmod 600 a.txt &&
        touch -d '2001-02-03 04:05:06' a.txt sub/deep
        """

    @Test("A tree goes there and back, with links and empty folders")
    func thereAndBack() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(Self.tree)
            let put = try await site.run("put", site.here.path("tree"), site.there())
            #expect(put.status == 0, "\(put.errors)")
            #expect(put.errors.hasPrefix("5 files, 1 link, "))
            #expect(try await site.difference(site.here.path("tree"), site.inside("tree")) == "")
            let get = try await site.run("get", "-r", site.there("tree"), site.here.path("back"))
            #expect(get.status == 0, "\(get.errors)")
            #expect(try await site.difference("tree", "back") == "")
        }
    }

    @Test("Modes and times are kept when asked for")
    func preserve() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(Self.tree)
            let put = try await site.run("put", "--preserve", "--preserve-owner", site.here.path("tree"), site.there())
            #expect(put.status == 0, "\(put.errors)")
            let shown = try await site.shell(
                "for d in tree \"$THERE/tree\"; do (cd $d; stat -c '%n %a %Y %u' a.txt sub sub/deep); done")
            let lines = shown.output.split(separator: "\n")
            #expect(lines.count == 6 && lines[..<3] == lines[3...].prefix(3), "\(shown.output)")
        }
    }

    @Test("cp goes from here to here, there to there, and between two hosts")
    func everyDirection() async throws {
        try await with(try await OpenSSHServer.start()) { first in
            try await with(try await OpenSSHServer.start()) { second in
                let site = try TransferSite(first)
                try await site.shell(Self.tree)
                let local = try await site.run("cp", site.here.path("tree"), site.here.path("copy"))
                #expect(local.status == 0, "\(local.errors)")
                #expect(try await site.difference("tree", "copy") == "")
                _ = try await site.run("put", site.here.path("tree"), site.there())
                let within = try await site.run("cp", site.there("tree"), site.there("copy"))
                #expect(within.status == 0, "\(within.errors)")
                #expect(try await site.difference(site.here.path("tree"), site.inside("copy")) == "")
                // Two hosts of which a configuration tells the ports.
                let configuration = """
                    Host *
                      HostName 127.0.0.1
                      User \(first.user)
                      IdentityFile \(try TestKeys.user.path(.ed25519))
                    Host one
                      Port \(first.port)
                      UserKnownHostsFile \(first.knownHosts)
                    Host two
                      Port \(second.port)
                      UserKnownHostsFile \(second.knownHosts)

                    """
                let file = try site.here.write(configuration, to: "config")
                let between = try await site.fairlead.run(
                    ["cp", "-F", file, "one:\(first.directory)/tree", "two:\(second.directory)"])
                #expect(between.status == 0, "\(between.errors)")
                #expect(try await site.difference(site.here.path("tree"), "\(second.directory)/tree") == "")
                let several = try await site.fairlead.run([
                    "cp", "-F", file, "one:\(first.directory)/tree/a.txt", "two:\(second.directory)/tree/b.log",
                    site.here.path("tree/sub/c.txt"), site.here.path,
                ])
                #expect(several.status == 0, "\(several.errors)")
                #expect(several.errors.hasPrefix("3 files, "))
                #expect(site.areEqual(site.here.path("tree/b.log"), site.here.path("b.log")))
                let noFolder = try await site.fairlead.run([
                    "cp", "-F", file, "one:\(first.directory)/tree/a.txt", site.here.path("tree/b.log"),
                    site.here.path("missing"),
                ])
                #expect(noFolder.status == 1 && noFolder.errors.contains("no existing folder"), "\(noFolder.errors)")
            }
        }
    }

    @Test("A folder is not copied into itself, here or there")
    func nesting() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(Self.tree)
            let local = try await site.run("cp", site.here.path("tree"), site.here.path("tree/sub"))
            #expect(local.status == 66 && local.errors.contains("into itself"))
            _ = try await site.run("put", site.here.path("tree"), site.there())
            let remote = try await site.run("cp", site.there("tree"), site.there("tree/new"))
            #expect(remote.status == 66 && remote.errors.contains("into itself"))
            #expect(!site.exists(site.inside("tree/new")))
        }
    }

    @Test("Patterns in quotes stand for what they match, on either side")
    func patterns() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(Self.tree + "; echo x >'*'")
            _ = try await site.run("put", site.here.path("tree"), site.there())
            try await site.shell("mkdir in")
            let get = try await site.run("get", site.there("tree/*.{txt,log}"), site.here.path("in"))
            #expect(get.status == 0, "\(get.errors)")
            #expect(site.names(site.here.path("in")) == ["a.txt", "b.log"])
            let put = try await site.run("put", site.here.path("tree/s*/*.txt"), site.there())
            #expect(put.status == 0, "\(put.errors)")
            #expect(site.exists(site.inside("c.txt")))
            let none = try await site.run("get", site.there("tree/*.zip"), site.here.path("in"))
            #expect(none.status == 66 && none.errors.contains("nothing matches"))
            let literal = try await site.run("get", site.there("tree/\\*"), site.here.path("star"))
            #expect(literal.status == 0 || literal.status == 66)
        }
    }

    @Test("Rules choose, in the order of the command line")
    func rules() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(Self.tree + "; printf '# objects\\n*.o\\n' >../rules")
            func put(_ arguments: String...) async throws -> [String] {
                try? FileManager.default.removeItem(atPath: site.inside("out"))
                let result = try await site.fairlead.run(
                    ["put"] + FairleadProgram.options(site.host) + arguments + [
                        site.here.path("tree"), site.there("out"),
                    ])
                #expect(result.status == 0, "\(result.errors)")
                return site.names(site.inside("out"))
            }
            #expect(
                try await put("--exclude", "sub/", "--exclude", "*.log", "--links", "skip") == [
                    "a.txt", "empty", "large",
                ])
            #expect(
                try await put("--include", "a.*", "--exclude", "*.txt", "--exclude", "/sub", "--max-size", "10") == [
                    "a.txt", "b.log", "empty", "link",
                ])
            #expect(
                try await put("--exclude-from", site.here.path("rules"), "--min-size", "1000", "--links", "skip") == [
                    "empty", "large", "sub", "sub/deep",
                ])
            #expect(try await put("--links", "follow", "--exclude", "sub").contains("link"))
            let kind =
                try FileManager.default.attributesOfItem(atPath: site.inside("out/link"))[.type] as? FileAttributeType
            #expect(kind == .typeRegular)
            let missing = try await site.run(
                "put", "--exclude-from", "/nowhere", site.here.path("tree"), site.there("x"))
            #expect(missing.status == 78 && missing.errors.contains("/nowhere"))
        }
    }

    @Test("Lists name what is transferred, by lines or NUL, from a file or standard input")
    func lists() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(
                Self.tree + "; cd ..; printf 'a.txt\\n./sub/c.txt\\n' >list; printf 'x' >$'tree/new\\nline'")
            let file = try await site.run(
                "put", "--files-from", site.here.path("list"), site.here.path("tree"), site.there("out"))
            #expect(file.status == 0, "\(file.errors)")
            #expect(site.names(site.inside("out")) == ["a.txt", "sub", "sub/c.txt"])
            let input = try await site.run(
                "put", "--files-from", "-", "-0", site.here.path("tree"), site.there("out2"),
                input: Array("new\nline\0sub/deep/d.o\0".utf8))
            #expect(input.status == 0, "\(input.errors)")
            #expect(site.names(site.inside("out2")) == ["new\nline", "sub", "sub/deep", "sub/deep/d.o"])
            let back = try await site.run(
                "get", "--files-from", "-", site.there("out"), site.here.path("back"),
                input: Array("sub/c.txt\nmissing\n../out2/new\n".utf8))
            #expect(back.status == 1)
            #expect(back.errors.contains("missing: no such file") && back.errors.contains("not a path below"))
            #expect(site.names(site.here.path("back")) == ["sub", "sub/c.txt"])
        }
    }

    @Test("Targets that exist are replaced, left, renamed or an error")
    func conflicts() async throws {
        try await TransferSite.withOpenSSH { site in
            let new = try site.here.write("new", to: "f.txt")
            let target = site.inside("f.txt")
            func put(_ rule: String) async throws -> ProgramResult {
                try Data("old".utf8).write(to: URL(fileURLWithPath: target))
                return try await site.run("put", "--on-conflict", rule, new, site.there())
            }
            #expect(try await put("skip").errors.contains("1 skipped"))
            #expect(!site.areEqual(new, target))
            let failed = try await put("fail")
            #expect(failed.status == 66 && failed.errors.contains("exists already"))
            #expect(try await put("rename").status == 0)
            #expect(site.areEqual(new, site.inside("f (1).txt")) && !site.areEqual(new, target))
            #expect(try await put("overwrite").status == 0)
            #expect(site.areEqual(new, target))
        }
    }

    @Test("Each file is proved to be the same, and how that was found")
    func verify() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(Self.tree)
            let (events, status) = try await site.events("put", "--verify", site.here.path("tree"), site.there())
            #expect(status == 0)
            #expect(events.named("verified").count == 5 && events.summary("verified") == 5)
            #expect(events.named("verified").allSatisfy { ($0["sha256"] as? String)?.count == 64 })
            #expect(events.named("progress").allSatisfy { $0["current"] is [Any] && $0["retries"] as? Int == 0 })
        }
    }

    @Test("What fails stops nothing else, is listed with its reason, and the status is 1; alone it has its own")
    func failures() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(Self.tree + "; mkfifo pipe")
            try await site.shell("mkdir -p $THERE/tree/b.log $THERE/tree/sub/c.txt")
            let put = try await site.run("put", site.here.path("tree"), site.there())
            #expect(put.status == 1)
            let lines = put.errors.split(separator: "\n")
            #expect(lines.count == 4, "\(put.errors)")
            #expect(lines.first == "\(site.here.path("tree/pipe")): skipped: not a regular file")
            #expect(lines.count { $0.hasPrefix("fairlead: fileSystem: ") } == 2)
            #expect(lines.last?.hasSuffix("1 skipped, 2 failed") == true)
            let (events, status) = try await site.events("put", site.here.path("tree"), site.there())
            #expect(status == 1)
            #expect(events.named("failed").count == 2 && events.named("skipped").count == 1)
            #expect(events.summary("failed") == 2 && events.summary("skipped") == 1)
            let alone = try await site.run("put", site.here.path("missing"), site.there())
            #expect(alone.status == 66 && alone.errors.contains("missing: no such file"))
            let quiet = try await site.run("put", "-q", site.here.path("tree/a.txt"), site.there())
            #expect(quiet.status == 0 && quiet.errors == "" && quiet.output == "")
        }
    }

    @Test("Permission is a category of its own, and a full disk one of the file system")
    func refusals() async throws {
        try await TransferSite.withOpenSSH(options: ["ForceCommand internal-sftp -R"]) { site in
            let put = try await site.run("put", try site.here.write("x", to: "x"), site.there())
            #expect(put.status == 77, "\(put.errors)")
        }
        try await TransferSite.withOpenSSH { site in
            try site.write(100_000, to: site.inside("big"))
            let get = try await site.run("get", site.there("big"), "/dev/full")
            #expect(get.status == 66, "\(get.errors)")
            #expect(get.errors.contains("no space left"))
        }
    }

    @Test("Every horror of a name arrives byte by byte")
    func horrors() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(
                #"""
                mkdir -p tree/$'dir\nwith\nnewlines' && cd tree
                touch -- -rf --help $'new\nline' $'tab\t' $'bell\a' $'esc\e[2J' $'\xff\xfe\x80' ' ' '  two ' '*' '?' '[a]' \
                    '"' "'" '\' '$HOME' '`id`' 'a;b' '…' '漢字' $'\u202e' '~' '#' '%s' '.hidden' '...' 'C:' 'nul' $'\x7f'
                touch -- "$(printf 'x%.0s' $(seq 255))" $'dir\nwith\nnewlines'/-x
                for f in *; do [ -f "$f" ] && echo "$f" >"./$f"; done
                """#)
            let put = try await site.run("put", site.here.path("tree"), site.there())
            #expect(put.status == 0, "\(put.errors)")
            #expect(try await site.difference(site.here.path("tree"), site.inside("tree")) == "")
            let get = try await site.run("get", site.there("tree"), site.here.path("back"))
            #expect(get.status == 0, "\(get.errors)")
            #expect(try await site.difference("tree", "back") == "")
            let count = try await site.shell("find tree -type f -printf x | wc -c")
            #expect(put.errors.hasPrefix("\(count.output.trimmingCharacters(in: .whitespacesAndNewlines)) files, "))
            try await site.shell("mkdir $THERE/tree/bad && chmod 0 $THERE/tree/$'esc\\e[2J'")
            let long = String(repeating: "y", count: 256)
            let failed = try await site.run("put", "--", site.here.path("tree/*"), site.there(long + "/x"))
            #expect(!failed.errors.contains("\u{1B}"))
        }
    }

    @Test("Nobody reads standard output any more: the transfer goes on, and its status is right")
    func brokenPipe() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell("mkdir many && cd many && for i in $(seq 300); do echo $i >$i; done")
            let words =
                ["'\(FairleadProgram.path)'", "put", "--json", "--verify"] + (try FairleadProgram.options(site.host))
                + [site.here.path("many"), site.there()]
            let result = try await site.shell(
                "HOME=\(site.fairlead.home.path) \(words.joined(separator: " ")) | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}"
            )
            #expect(result.output == "0\n", "\(result.errors)")
            #expect(try await site.difference(site.here.path("many"), site.inside("many")) == "")
        }
    }
}

@Suite("Hosts without SFTP", .timeLimit(.minutes(2)))
struct CopyBySCPTests {
    @Test("get, put and cp go by SCP, say so with -v, and --scp wants it so")
    func fallback() async throws {
        try await with(try await OpenSSHServer.start(offersSFTP: false)) { host in
            let site = try TransferSite(host)
            try await site.shell(
                "mkdir -p tree/sub tree/empty; echo a >tree/a; head -c 300000 /dev/urandom >tree/sub/b")
            let put = try await site.run("put", "-v", site.here.path("tree"), site.there())
            #expect(put.status == 0, "\(put.errors)")
            #expect(put.errors.contains("has no SFTP: using SCP"))
            #expect(try await site.difference(site.here.path("tree"), site.inside("tree")) == "")
            let get = try await site.run("get", site.there("tree"), site.here.path("back"))
            #expect(get.status == 0 && get.errors.hasPrefix("2 files, "), "\(get.errors)")
            #expect(try await site.difference("tree", "back") == "")
            let pattern = try await site.run("cp", site.there("tree/[a-c]"), site.here.path)
            #expect(pattern.status == 0 && site.exists(site.here.path("a")), "\(pattern.errors)")
            let missing = try await site.run("get", site.there("missing"), site.here.path)
            #expect(missing.status == 66, "\(missing.errors)")
            let list = try await site.run("put", "--files-from", "-", site.here.path("tree"), site.there())
            #expect(list.status == 78 && list.errors.contains("--files-from needs SFTP"))
            let within = try await site.run("cp", site.there("tree/a"), site.there("x"))
            #expect(within.status == 78 && within.errors.contains("both need SFTP"))
            #expect(try await site.run("sync", site.here.path("tree"), site.there("x")).status == 65)
            #expect(try await site.run("checksum", site.there("tree/a")).status == 65)
        }
        try await TransferSite.withOpenSSH { site in
            let file = try site.write(1000, to: site.here.path("f"))
            let put = try await site.run("put", "--scp", file, site.there("g"))
            #expect(put.status == 0 && site.areEqual(file, site.inside("g")), "\(put.errors)")
            let resume = try await site.run("put", "--scp", "--resume", file, site.there("h"))
            #expect(resume.status == 65 && resume.errors.contains("SCP cannot"), "\(resume.errors)")
        }
    }
}
