import Bytes
import Reactor
import SFTP
import Testing
import Transfer

@Suite("Trees", .timeLimit(.minutes(1)))
struct TreeTests {
    /// Names that programs like to trip over.
    static let names: [RawPath] = [
        "with spaces ", "-rf", "line\nbreak", "\u{1B}[31mred", "\"quoted' $HOME `id`", "*?[a]", "\\", "~", "...", "ünï",
        RawPath(bytes: [0xFF, 0xFE, 0x80]), RawPath(bytes: Array(repeating: UInt8(ascii: "n"), count: 255)),
        RawPath(bytes: Array(repeating: UInt8(ascii: "n"), count: 254) + [UInt8(ascii: "m")]),
    ]

    private func makeTree(_ top: RawPath, _ files: LocalFiles, names: [RawPath]) async throws {
        try await files.system.mkdir(top)
        try await files.system.mkdir(top / "empty")
        try await files.system.mkdir(top / "deep")
        var folder = top / "deep"
        for level in 0..<20 {
            folder = folder / RawPath("\(level)")
            try await files.system.mkdir(folder)
            try await files.write("level \(level)", to: folder / "file")
        }
        try await files.system.symlink("../elsewhere/that is not there", at: top / "dangling")
        try await files.system.symlink("deep/0/file", at: top / "link")
        try await files.system.symlink("/etc", at: top / "folder link")
        try await files.system.mkdir(top / "names")
        for (index, name) in names.enumerated() {
            try await files.write("name \(index)", to: top / "names" / name)
            try await files.system.mkdir(top / "deep" / name)
            try await files.system.symlink(name, at: top / "empty" / name)
        }
    }

    @Test("A tree arrives with its names, links and empty folders, in both directions", arguments: [false, true])
    func tree(resumes: Bool) async throws {
        let site = try await Site()
        try await makeTree(site.local / "tree", site.files, names: Self.names)
        let expected = try await site.files.snapshot(site.local / "tree")
        let sent = await site.engine { $0.resumes = resumes }.put([site.local / "tree"], to: site.remote)
        #expect(sent.failures.isEmpty, "\(sent.failures)")
        #expect(sent.files == 20 + Self.names.count && sent.links == 3 + Self.names.count)
        #expect(sent.folders == 24 + Self.names.count)
        #expect(try await site.files.snapshot(site.remote / "tree") == expected)
        let fetched = await site.engine { $0.resumes = resumes }.get([site.remote / "tree"], to: site.local / "back")
        #expect(fetched.failures.isEmpty, "\(fetched.failures)")
        #expect(fetched.files == sent.files && fetched.links == sent.links && fetched.folders == sent.folders)
        #expect(try await site.files.snapshot(site.local / "back") == expected)
    }

    @Test("A second run over the same tree changes nothing", arguments: Hosts.Kind.installed)
    func again(kind: Hosts.Kind) async throws {
        let site = try await Site(kind)
        try await makeTree(site.local / "tree", site.files, names: ["with spaces", "-rf", "ünï"])
        // ProFTPD changes what an absolute link says, by its root. AsyncSSH takes the two paths of a link in the order of
        // the draft, unless the client calls itself OpenSSH.
        let links: [RawPath] = ["folder link", "link", "dangling", "empty/with spaces", "empty/-rf", "empty/ünï"]
        for link in links where kind == .asyncSSH || link == "folder link" {
            try await site.files.system.unlink(site.local / "tree" / link)
        }
        let expected = try await site.files.snapshot(site.local / "tree")
        for _ in 0..<2 {
            let sent = await site.engine().put([site.local / "tree"], to: site.remote)
            #expect(sent.failures.isEmpty, "\(sent.failures)")
            #expect(try await site.files.snapshot(site.remote / "tree") == expected)
            let fetched = await site.engine().get([site.remote / "tree"], to: site.local / "back" / ".." / "back")
            #expect(fetched.failures.isEmpty || fetched.files == 0, "\(fetched.failures)")
        }
    }

    @Test("What is neither file, folder nor link is left out and named")
    func specialFiles() async throws {
        let site = try await Site()
        try await site.files.system.mkdir(site.local / "tree")
        try await makeFIFO(site.local / "tree" / "fifo")
        try await site.files.write("x", to: site.local / "tree" / "file")
        let sent = await site.engine().put([site.local / "tree"], to: site.remote)
        #expect(sent.failures.isEmpty && sent.files == 1)
        #expect(sent.skipped.map(\.path) == [site.local / "tree" / "fifo"])
        try await makeFIFO(site.remote / "tree" / "fifo")
        let fetched = await site.engine().get([site.remote / "tree"], to: site.local / "back")
        #expect(fetched.failures.isEmpty && fetched.files == 1)
        #expect(fetched.skipped.map(\.path) == [site.remote / "tree" / "fifo"])
        let direct = await site.engine().put([site.local / "tree" / "fifo"], to: site.remote / "x")
        #expect(
            direct.failures.map(\.error) == [
                .wrongKind(path: site.local / "tree" / "fifo", "a pipe or socket cannot be transferred")
            ])
    }

    @Test("A tree deeper than the limit is fetched up to there, and the rest is a failure")
    func depth() async throws {
        let site = try await Site()
        try await makeTree(site.local / "tree", site.files, names: [])
        func limit(_ options: inout TransferOptions) { options.limits.depth = 5 }
        let sent = await site.engine(limit).put([site.local / "tree"], to: site.remote)
        #expect(sent.failures.count == 1 && sent.files == 3)
        _ = await site.engine().put([site.local / "tree"], to: site.remote)
        let fetched = await site.engine(limit).get([site.remote / "tree"], to: site.local / "back")
        #expect(fetched.failures.count == 1 && fetched.files == 3)
    }

    @Test("A folder with more entries than the limit is a failure, the others are fetched")
    func entries() async throws {
        let site = try await Site()
        for folder in ["many", "few"] as [RawPath] { try await site.files.system.mkdir(site.remote / folder) }
        for number in 0..<20 { try await site.files.write("", to: site.remote / "many" / RawPath("\(number)")) }
        try await site.files.write("x", to: site.remote / "few" / "file")
        let fetched = await site.engine { $0.limits.folderEntries = 10 }.get([site.remote], to: site.local / "back")
        #expect(
            fetched.failures.map(\.error) == [.remote(.listingTooLong(limit: 10), path: site.remote / "many")])
        #expect(fetched.files == 1)
        let whole = await site.engine { $0.limits.treeEntries = 10 }.get([site.remote], to: site.local / "all")
        #expect(whole.failures.map(\.error) == [.remote(.listingTooLong(limit: 10), path: site.remote / "many")])
    }
}
