import Bytes
import Glibc
import Reactor
import Testing

@Suite("Rooted file systems")
struct RootedFileSystemTests {
    let loop = EventLoop()

    /// Runs `body` with a folder by each way of resolving.
    private func withRoots(_ body: (RootedFileSystem, FileSystem, RawPath) async throws -> Void) async throws {
        for resolution in [.kernel, .walk] as [RootedFileSystem.Resolution] {
            try await withTemporaryFolder(on: loop) { files, folder in
                let root = folder.appending("root")
                try await files.mkdir(root)
                try await files.mkdir(root.appending("d"))
                try await files.mkdir(root.appending("d/e"))
                try await body(try RootedFileSystem(at: root, resolution: resolution), files, folder)
            }
        }
    }

    @Test("The kernel resolves where it can")
    func probing() async throws {
        try await withTemporaryFolder(on: loop) { _, folder in
            var name = utsname()
            unsafe uname(&name)
            let release = unsafe withUnsafeBytes(of: &name.release) {
                unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            let major = Int(release.prefix { $0.isNumber }) ?? 0
            let resolution = try RootedFileSystem(at: folder).resolution
            if major >= 6 { #expect(resolution == .kernel) }
        }
    }

    @Test("A root that is no folder, or is not there, is refused")
    func noRoot() async throws {
        try await withTemporaryFolder(on: loop) { _, folder in
            #expect(throws: ReactorError.self) { try RootedFileSystem(at: folder.appending("missing")) }
            _ = try await File.open(folder.appending("file"), [.write, .create], on: loop)
            #expect(throws: ReactorError.self) { try RootedFileSystem(at: folder.appending("file")) }
        }
    }

    /// Links, made in this order, and where a path through them leads.
    static let paths: [(links: [(RawPath, RawPath)], path: RawPath, real: RawPath?)] = [
        ([], "/", "/"), ([], ".", "/"), ([], "..", "/"), ([], "../../d", "/d"), ([], "d/e/..", "/d"),
        ([], "d/./e/", "/d/e"), ([], "missing", "/missing"), ([], "missing/x", nil), ([], "d/../../e", "/e"),
        ([("l", "d")], "l", "/d"), ([("l", "d")], "l/e", "/d/e"), ([("l", "/d/e")], "l/..", "/d"),
        ([("l", "../../../d")], "l", "/d"), ([("l", "/..")], "l/d", "/d"), ([("d/l", "..")], "d/l/d", "/d"),
        ([("l", "l")], "l", nil), ([("a", "b"), ("b", "a")], "a/x", nil), ([("l", "missing")], "l", "/missing"),
        ([("l", "d/e/../../d")], "l/e", "/d/e"), ([("l", ".")], "l/l/l/l/d", "/d"), ([], "", nil),
    ]

    @Test("A path leads where it would if the folder were the system's root", arguments: paths)
    func realpath(links: [(RawPath, RawPath)], path: RawPath, real: RawPath?) async throws {
        try await withRoots { root, _, _ in
            for (link, target) in links { try root.symlink(target, at: link) }
            #expect((try? root.realpath(path)) == real)
            // What both ways open is what the path says.
            let status = try? root.status(path, followingLinks: true)
            let expected = real.flatMap { try? root.status($0, followingLinks: false) }
            #expect(status?.inode == expected?.inode)
        }
    }

    @Test("A chain of 40 links is followed, one of 41 is not")
    func chains() async throws {
        try await withRoots { root, _, _ in
            for number in 0..<41 {
                try root.symlink(number == 0 ? "d" : RawPath("l\(number - 1)"), at: RawPath("l\(number)"))
            }
            #expect(try root.status("l39", followingLinks: true).kind == .directory)
            #expect(throws: ReactorError.self) { try root.status("l40", followingLinks: true) }
            #expect(throws: ReactorError.self) { try root.realpath("l40") }
        }
    }

    @Test("Relative paths begin at the home")
    func home() async throws {
        try await withTemporaryFolder(on: loop) { files, folder in
            try await files.mkdir(folder.appending("h"))
            let root = try RootedFileSystem(at: folder, home: "/h")
            try root.makeDirectory("x", permissions: 0o700)
            #expect(try root.status("/h/x", followingLinks: false).kind == .directory)
            #expect(try root.realpath("x/..") == "/h" && root.realpath(".") == "/h")
            #expect(throws: ReactorError.self) { try root.status("", followingLinks: false) }
        }
    }

    @Test("Changes through a link reach the file within, and never one outside")
    func changes() async throws {
        try await withRoots { root, files, folder in
            _ = try await File.open(folder.appending("secret"), [.write, .create], permissions: 0o600, on: loop)
            let (file, _) = try root.openFile("secret", [.write, .create], permissions: 0o600, on: loop)
            try file.writeBlocking(([1, 2] as [UInt8]).rawSpan, at: 0)
            try root.symlink("../secret", at: "l")
            try root.changePermissions("l", to: 0o640, followingLinks: true)
            try root.changeTimes(
                "l", accessed: FileTime(seconds: 1), modified: FileTime(seconds: 2, nanoseconds: 3),
                followingLinks: true)
            let user = try root.status("l", followingLinks: true).user
            try root.changeOwner("l", user: user, group: .max, followingLinks: true)
            try root.changeTimes(
                "l", accessed: FileTime(seconds: 4), modified: FileTime(seconds: 5), followingLinks: false)
            let inner = try root.status("secret", followingLinks: false)
            #expect(inner.permissions == 0o640 && inner.modified == FileTime(seconds: 2, nanoseconds: 3))
            #expect(try root.status("l", followingLinks: false).modified == FileTime(seconds: 5))
            #expect(throws: ReactorError.self) { try root.changePermissions("l", to: 0o777, followingLinks: false) }
            let outer = try await files.stat(folder.appending("secret"))
            #expect(outer.permissions == 0o600 && outer.size == 0 && outer.modified.seconds > 1000)
        }
    }

    @Test("A file without permissions for anybody can be given some")
    func unreadable() async throws {
        try await withRoots { root, _, _ in
            _ = try root.openFile("a", [.write, .create], permissions: 0, on: loop)
            try root.changePermissions("a", to: 0o600, followingLinks: true)
            #expect(try root.status("a", followingLinks: true).permissions == 0o600)
        }
    }

    @Test("A rename that may not replace anything does not")
    func renames() async throws {
        try await withRoots { root, _, _ in
            for name in ["a", "b"] as [RawPath] {
                _ = try root.openFile(name, [.write, .create], on: loop)
            }
            #expect(throws: ReactorError.self) { try root.rename("a", to: "b", replacing: false) }
            try root.rename("a", to: "d/c", replacing: false)
            try root.rename("b", to: "d/c", replacing: true)
            #expect(try root.openDirectory("d").next(100).map(\.name.description).sorted() == [".", "..", "c", "e"])
            #expect(throws: ReactorError.self) { try root.rename("d", to: "d/e/f", replacing: true) }
        }
    }

    @Test("A folder is read some names at a time, what is above it is not told")
    func reading() async throws {
        try await withRoots { root, files, folder in
            for number in 0..<25 { try root.symlink("x", at: RawPath("d/\(number)")) }
            let stream = try root.openDirectory("d")
            var counts: [Int] = []
            var parents: [UInt64] = []
            while true {
                let entries = try stream.next(10)
                if entries.isEmpty { break }
                counts.append(entries.count)
                parents += entries.filter { $0.name == ".." }.compactMap { $0.status?.inode }
            }
            #expect(counts == [10, 10, 8])
            #expect(parents == [try root.status("d", followingLinks: false).inode])
            #expect(try stream.status().kind == .directory)
            #expect(throws: ReactorError.self) { try root.openDirectory("missing") }
        }
    }
}
