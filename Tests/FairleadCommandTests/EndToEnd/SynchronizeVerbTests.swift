import Foundation
import TestHosts
import Testing

@Suite("sync, checksum and rm -r on a real host", .timeLimit(.minutes(3)))
struct SynchronizeVerbTests {
    private static let tree = """
        mkdir -p tree/sub tree/old && cd tree && echo a >a && echo b >b && head -c 100000 /dev/urandom >sub/large &&
        echo gone >old/gone && touch -d '2020-01-01' a b sub/large old/gone
        """

    @Test("A second run has nothing to do; changes go over, removals only when asked for")
    func changes() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(Self.tree)
            let (source, target) = (site.here.path("tree"), site.there("copy"))
            let first = try await site.run("sync", source, target)
            #expect(first.status == 0, "\(first.errors)")
            #expect(try await site.difference(source, site.inside("copy")) == "")
            let second = try await site.run("sync", source, target)
            #expect(second.status == 0 && second.errors.contains("0 files, 0 B in "), "\(second.errors)")
            #expect(second.errors.contains("4 unchanged"))
            try await site.shell("cd tree; echo more >>a; echo n >new; rm -r old; mv sub/large sub/renamed; mkdir e")
            let plan = try await site.run("sync", "-n", "--delete", source, target)
            #expect(plan.status == 0)
            #expect(
                Set(plan.output.split(separator: "\n")) == [
                    "update  a  7 B", "new     new  2 B", "mkdir   e/", "move    sub/large -> sub/renamed",
                    "remove  old/", "remove  old/gone",
                ], "\(plan.output)")
            #expect(plan.errors.hasPrefix("dry run, nothing was changed: 6 steps"))
            #expect(site.exists(site.inside("copy/old/gone")) && !site.exists(site.inside("copy/new")))
            let events = try await site.events("sync", "--dry-run", "--delete", source, target)
            #expect(events.status == 0 && events.events.named("plan").count == 6 && events.events.summary("steps") == 6)
            let kept = try await site.run("sync", source, target)
            #expect(kept.status == 0, "\(kept.errors)")
            #expect(site.exists(site.inside("copy/old/gone")) && site.exists(site.inside("copy/new")))
            let capped = try await site.run("sync", "--delete", "--max-delete", "1", source, target)
            #expect(capped.status == 1 || capped.status == 66, "\(capped.errors)")
            #expect(capped.errors.contains("--max-delete") && site.exists(site.inside("copy/old/gone")))
            let removed = try await site.run("sync", "--delete", "--max-delete", "10", source, target)
            #expect(removed.status == 0, "\(removed.errors)")
            #expect(removed.errors.contains("removed"))
            #expect(try await site.difference(source, site.inside("copy")) == "")
        }
    }

    @Test("It works the other way, by content, and leaves alone what rules leave out")
    func download() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(
                "mkdir -p $THERE/t here; cd $THERE/t; \(Self.tree.replacingOccurrences(of: "tree/", with: "").replacingOccurrences(of: "cd tree", with: "true"))"
            )
            try await site.shell("echo x >here/a; echo mine >here/private; touch -d 2020-01-01 here/a")
            // The same size and time, and another content.
            let byTime = try await site.run("sync", site.there("t"), site.here.path("here"))
            #expect(byTime.status == 0, "\(byTime.errors)")
            #expect(!site.areEqual(site.here.path("here/a"), site.inside("t/a")))
            let byContent = try await site.run(
                "sync", "--checksum", "--delete", "--exclude", "private", site.there("t"), site.here.path("here"))
            #expect(byContent.status == 0, "\(byContent.errors)")
            #expect(site.areEqual(site.here.path("here/a"), site.inside("t/a")))
            #expect(site.exists(site.here.path("here/private")))
        }
    }

    @Test("Sums are those of sha256sum, here and there, and failures have their status")
    func checksum() async throws {
        try await TransferSite.withOpenSSH { site in
            let file = try site.write(100_000, to: site.here.path("file"))
            try site.write(100_000, to: site.inside("file"))
            try await site.shell("touch $THERE/$'new\\nline'")
            let expected = try await site.shell("sha256sum \(file) $THERE/file $THERE/$'new\\nline'")
            let sums = try await site.run("checksum", file, site.there("file"), site.there("new\nline"))
            #expect(sums.status == 0, "\(sums.errors)")
            #expect(sums.output == expected.output)
            let told = try await site.run("checksum", "-v", site.there("file"))
            #expect(told.errors.contains("by sha256sum"))
            let json = try await site.run("checksum", "--json", site.there("file"), file)
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(json.outputBytes)) as? [String: [[String: Any]]])
            #expect(document["checksums"]?.map { $0["method"] as? String } == ["sha256sum", "local"])
            #expect(try await site.run("checksum", site.there("missing")).status == 66)
            #expect(try await site.run("checksum", site.there()).status == 66)
            let some = try await site.run("checksum", site.there("missing"), site.there("file"))
            #expect(some.status == 1 && some.output.hasSuffix("/file\n"))
        }
        // Where no command can be run, the file is read.
        try await TransferSite.withOpenSSH(options: ["ForceCommand internal-sftp"]) { site in
            let file = try site.write(3_000_000, to: site.inside("file"))
            let sums = try await site.run("checksum", "-v", site.there("file"))
            let expected = try await site.shell("sha256sum \(file)")
            #expect(sums.output == expected.output && sums.errors.contains("by read back"), "\(sums.errors)")
        }
    }

    @Test("A tree is removed whole, links in it are not followed, and what cannot go is told")
    func removeTree() async throws {
        try await TransferSite.withOpenSSH { site in
            try await site.shell(
                """
                cd $THERE; mkdir -p tree outside; echo x >outside/kept; ln -s ../outside tree/link; ln -s tree link
                p=tree; for i in $(seq 100); do p=$p/d; mkdir $p; done; echo x >$p/deep
                for i in $(seq 40); do mkdir tree/$i; for j in $(seq 30); do echo >tree/$i/$j; done; done
                """)
            let link = try await site.run("rm", site.there("link"))
            #expect(link.status == 0 && site.exists(site.inside("tree")))
            let removed = try await site.run("rm", "-r", site.there("tree"))
            #expect(removed.status == 0, "\(removed.errors)")
            #expect(!site.exists(site.inside("tree")) && site.exists(site.inside("outside/kept")))
        }
        try await TransferSite.withOpenSSH(options: ["ForceCommand internal-sftp -P remove"]) { site in
            try await site.shell("mkdir -p $THERE/tree/a $THERE/tree/b; echo >$THERE/tree/a/f")
            let some = try await site.run("rm", "-r", site.there("tree"))
            #expect(some.status == 1, "\(some.errors)")
            #expect(some.errors.contains("tree/a/f: permission denied"))
            #expect(!site.exists(site.inside("tree/b")) && site.exists(site.inside("tree/a/f")))
        }
    }
}
