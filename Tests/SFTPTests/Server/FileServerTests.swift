import Bytes
import Foundation
import Reactor
import SFTP
import TestHosts
import Testing

@Suite("File server", .timeLimit(.minutes(2)))
struct FileServerTests {
    static let resolutions: [RootedFileSystem.Resolution] = [.kernel, .walk]

    @Test("Files are written, read, measured, cut and closed, however the stream is cut", arguments: [1, 7, 32_768])
    func files(pieceLength: Int) async throws {
        let folder = try ServedFolder()
        let client = try await folder.client(pieceLength: pieceLength)
        let content = (0..<30_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let handle = try await client.open(
            "a", [.read, .write, .create, .exclusive], attributes: Attributes(mode: FileMode(rawValue: 0o666)))
        try await client.write(handle, offset: 0, ByteBuffer(content))
        #expect(try await client.read(handle, offset: 0, length: 100_000) == ByteBuffer(content))
        #expect(try await client.read(handle, offset: 29_990, length: 100).array == Array(content[29_990...]))
        #expect(try await client.read(handle, offset: 30_000, length: 100).isEmpty)
        let attributes = try await client.attributes(of: handle)
        #expect(attributes.size == 30_000 && attributes.kind == .regular && attributes.mode?.permissions == 0o644)
        try await client.setAttributes(of: handle, Attributes(size: 10, times: .init(access: 1000, modification: 2000)))
        let cut = try await client.attributes(of: handle)
        #expect(cut.size == 10 && cut.times == .init(access: 1000, modification: 2000))
        try await client.synchronize(handle)
        #expect(try await client.statistics(of: handle).maximumNameLength == 255)
        try await client.close(handle)
        await #expect(throws: RequestError.self) { try await client.close(handle) }
        await #expect(throws: RequestError.self) { try await client.open("a", [.write, .create, .exclusive]) }
        #expect(try folder.read("a") == Array(content[..<10]))
    }

    @Test("Paths are made, linked, renamed, replaced and removed", arguments: resolutions)
    func paths(resolution: RootedFileSystem.Resolution) async throws {
        let folder = try ServedFolder(resolution: resolution)
        let client = try await folder.client()
        try folder.write([1, 2, 3], "a")
        try await client.setAttributes(at: "/a", Attributes(mode: FileMode(rawValue: 0o600)))
        #expect(try await client.attributes(at: "a").mode == FileMode(.regular, permissions: 0o600))
        try await client.makeSymbolicLink("link", to: "a")
        #expect(try await client.readLink("link") == "a")
        #expect(try await client.linkAttributes(at: "link").kind == .symbolicLink)
        #expect(try await client.attributes(at: "link").kind == .regular)
        try await client.setLinkAttributes(at: "link", Attributes(times: .init(access: 5, modification: 6)))
        #expect(try await client.linkAttributes(at: "link").times?.modification == 6)
        #expect(try await client.attributes(at: "a").times?.modification != 6)
        try await client.makeHardLink("hard", to: "a")
        #expect(try await client.attributes(at: "hard").size == 3)
        await #expect(throws: RequestError.self) { try await client.rename("a", to: "hard") }
        try folder.write([4], "b")
        try await client.replace("hard", with: "b")
        #expect(try await client.attributes(at: "hard").size == 1)
        try await client.rename("hard", to: "new")
        try await client.makeDirectory("dir", attributes: Attributes(mode: FileMode(rawValue: 0o7777)))
        #expect(try await client.attributes(at: "dir").mode == FileMode(.directory, permissions: 0o1755))
        await #expect(throws: RequestError.self) { try await client.removeDirectory(".") }
        await #expect(throws: RequestError.self) { try await client.removeDirectory("/") }
        await #expect(throws: RequestError.self) { try await client.remove("dir") }
        try await client.removeDirectory("dir/")
        try await client.remove("link")
        #expect(
            try await client.list("/").entries.map(\.name).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
                == ["a", "new"])
        #expect(try await client.realPath(".") == "/")
        #expect(try await client.realPath("./../missing") == "/missing")
        #expect(try await client.expandPath("~/a") == "/a")
        #expect(try await client.homeDirectory() == "/")
        await #expect(throws: RequestError.self) { try await client.expandPath("~root/a") }
        await #expect(throws: RequestError.self) { try await client.homeDirectory(of: "root") }
    }

    @Test("Opening cuts a file off, small or large, and closing lets go of one without a name", arguments: resolutions)
    func truncation(resolution: RootedFileSystem.Resolution) async throws {
        let folder = try ServedFolder(resolution: resolution)
        let client = try await folder.client()
        for size in [0, 1, 1 << 20, 1 << 20 + 1, 3 << 20] {
            try folder.write([UInt8](repeating: 1, count: size), "a")
            let handle = try await client.open("a", [.write, .create, .truncate])
            #expect(try await client.attributes(of: handle).size == 0, "\(size)")
            try await client.write(handle, offset: 0, ByteBuffer([2, 3]))
            try await client.close(handle)
            #expect(try folder.read("a") == [2, 3], "\(size)")
            try folder.write([UInt8](repeating: 1, count: size), "b")
            let nameless = try await client.open("b", [.read, .write])
            try await client.remove("b")
            #expect(try await client.attributes(of: nameless).size == UInt64(size))
            try await client.close(nameless)
            await #expect(throws: RequestError.self) { try await client.close(nameless) }
        }
        let directory = try await client.openDirectory("/")
        try await client.close(directory)
    }

    @Test("All of OpenSSH's extensions are announced, and check-file with its algorithms")
    func announcement() async throws {
        let client = try await ServedFolder().client()
        let extensions = await client.extensions
        for name in [
            .posixRename, .statvfs, .fstatvfs, .hardlink, .fsync, .lsetstat, .limits, .expandPath, .copyData,
            .homeDirectory, .usersGroupsByID,
        ] as [ExtensionName] {
            #expect(extensions.supports(name), "\(name)")
        }
        #expect(extensions.announced[.checkFile] == [Array("sha256,sha512".utf8)])
        let limits = try await client.serverLimits()
        #expect(limits.readLength == 261_120 && limits.writeLength == 261_120 && limits.maximumOpenHandles == 1024)
    }

    @Test("The user's own name stands for the home, another's for nothing")
    func userName() async throws {
        let client = try await ServedFolder { $0.userName = "ann" }.client()
        #expect(try await client.homeDirectory(of: "ann") == "/")
        #expect(try await client.expandPath("~ann/x") == "/x")
        #expect(try await client.expandPath("~") == "/")
        #expect(try await client.expandPath("x") == "/x")
        for path in ["~bob", "~annn/x", "~an"] as [RawPath] {
            await #expect(throws: RequestError.self) { try await client.expandPath(path) }
        }
    }

    @Test("A folder of thousands of names is listed whole, with attributes and the line for people")
    func largeListing() async throws {
        let folder = try ServedFolder()
        try folder.makeDirectory("many")
        for number in 0..<2000 { try folder.write([], "many/\(number)") }
        try folder.write([1, 2], "many/odd \u{1B}[2J")
        let listing = try await folder.client().list("/many")
        #expect(Set(listing.entries.map(\.name)).count == 2001)
        let odd = try #require(listing.entries.first { $0.name == "odd \u{1B}[2J" })
        #expect(odd.attributes.size == 2 && odd.kind == .regular)
        let line = String(decoding: odd.longName, as: UTF8.self)
        #expect(line.hasPrefix("-rw-r--r--    1 "))
        #expect(line.hasSuffix(" odd \u{1B}[2J"))
    }

    /// Names and ids as they are now on this machine.
    @Test("Users and groups have the names that this system knows, and none where it knows none")
    func accounts() async throws {
        let client = try await ServedFolder().client()
        let names = try await client.accountNames(users: [0, 4_000_000_000], groups: [0])
        #expect(names.users == ["root", nil])
        #expect(names.groups.count == 1)
        let shy = try await ServedFolder { $0.showsAccountNames = false }.client()
        #expect(try await shy.accountNames(users: [0], groups: []).users == [nil])
    }

    @Test(
        "Hashes of a file are those of sha256sum and sha512sum, whole, of a part and by block",
        arguments: [
            ("sha256", "sha256sum"), ("sha512", "sha512sum"),
        ])
    func hashes(algorithm: String, program: String) async throws {
        let folder = try ServedFolder()
        let content = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try folder.write(content, "data")
        func expected(_ bytes: ArraySlice<UInt8>) async throws -> [UInt8] {
            let result = try await runProgram(program, ["-"], input: Array(bytes))
            return try #require(Hexadecimal.decode(String(result.output.prefix { $0 != " " })))
        }
        let client = try await folder.client()
        let names = ["md4", algorithm]
        let whole = try await client.hashes(at: "data", FileCheck(algorithms: names))
        #expect(whole.algorithm == algorithm)
        #expect(whole.bytes == (try await expected(content[...])))
        let part = try await client.hashes(at: "data", FileCheck(algorithms: names, offset: 5, length: 300_000))
        #expect(part.bytes == (try await expected(content[5..<300_005])))
        let handle = try await client.open("data", [.read])
        let blocks = try await client.hashes(of: handle, FileCheck(algorithms: names, blockSize: 262_144))
        var all: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: 262_144) {
            all += try await expected(content[start..<min(start + 262_144, content.count)])
        }
        #expect(blocks.bytes == all)
        let beyond = try await client.hashes(of: handle, FileCheck(algorithms: names, offset: 1 << 63, length: .max))
        #expect(beyond.bytes == (try await expected([])))
        let noBlocks = try await client.hashes(
            of: handle, FileCheck(algorithms: names, offset: 700_000, blockSize: 256))
        #expect(noBlocks.bytes.isEmpty)
        for check in [
            FileCheck(algorithms: ["md4"]), FileCheck(algorithms: []), FileCheck(algorithms: names, blockSize: 255),
        ] {
            await #expect(throws: RequestError.self) { try await client.hashes(of: handle, check) }
        }
        // More hashes than a reply holds.
        let sparse = try await client.open("sparse", [.read, .write, .create])
        try await client.setAttributes(of: sparse, Attributes(size: 1 << 40))
        await #expect(throws: RequestError.self) {
            try await client.hashes(of: sparse, FileCheck(algorithms: names, blockSize: 256))
        }
    }

    @Test("Data is copied between files, within one, up to the end, and not over itself")
    func copies() async throws {
        let folder = try ServedFolder()
        let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        try folder.write(content, "from")
        let client = try await folder.client()
        let from = try await client.open("from", [.read, .write])
        let to = try await client.open("to", [.write, .create])
        try await client.copyData(DataCopy(from: from, to: to))
        let isSame = try folder.read("to") == content
        #expect(isSame)
        try await client.copyData(DataCopy(from: from, offset: 10, length: 20, to: to, offset: 1_000_000))
        #expect(try folder.read("to").suffix(20) == content[10..<30])
        // Within one file, behind its end: once, though the end moves.
        try await client.copyData(DataCopy(from: from, offset: 0, to: from, offset: 1_000_000))
        let isTwice = try folder.read("from") == content + content
        #expect(isTwice)
        await #expect(throws: RequestError.self) {
            try await client.copyData(DataCopy(from: from, offset: 0, length: 100, to: from, offset: 99))
        }
        await #expect(throws: RequestError.self) {
            try await client.copyData(DataCopy(from: from, offset: 0, length: .max, to: to))
        }
        // Handles that are not open for it.
        await #expect(throws: RequestError.self) { try await client.copyData(DataCopy(from: to, to: from)) }
    }

    @Test("Nothing is changed when the server is read-only, and all can be read")
    func readOnly() async throws {
        let folder = try ServedFolder { $0.isReadOnly = true }
        try folder.write([1, 2, 3], "a")
        let client = await RawClient(folder)
        let handle = try #require(await client.open("a"))
        #expect(await client.ask(.read(handle, offset: 0, length: 9))?.dataBytes == [1, 2, 3])
        let changes: [Request] = [
            .open("a", [.write], Attributes()), .open("b", [.read, .create], Attributes()),
            .open("a", [.read, .truncate], Attributes()), .open("a", [.append], Attributes()),
            .write(handle, offset: 0, data: ByteBuffer([9])), .setstat("a", Attributes(size: 0)),
            .fsetstat(handle, Attributes(size: 0)), .remove("a"), .mkdir("d", Attributes()), .rmdir("d"),
            .rename(from: "a", to: "b"), .symlink(target: "a", link: "l"), .extended(.posixRename(from: "a", to: "b")),
            .extended(.hardlink(existing: "a", link: "b")), .extended(.lsetstat("a", Attributes(size: 0))),
            .extended(.copyData(DataCopy(from: handle, to: handle))),
        ]
        for request in changes { #expect(await client.code(request) == .permissionDenied, "\(request)") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.directory.path) == ["a"])
        #expect(try folder.read("a") == [1, 2, 3])
        guard case .extended(let fields)? = await client.ask(.extended(.statvfs("/"))) else {
            Issue.record("no statistics")
            return
        }
        var reader = WireReader(fields.rawSpan)
        #expect(try reader.fileSystemStatistics().flags & FileSystemStatistics.readOnlyFlag != 0)
    }

    @Test("Set-user-ID and set-group-ID are never set, by whatever request")
    func specialBits() async throws {
        let folder = try ServedFolder()
        let client = await RawClient(folder)
        let mode = Attributes(mode: FileMode(rawValue: 0o106755))
        let handle = try #require(await client.ask(.open("a", [.write, .create], mode))?.openHandle)
        #expect(await client.code(.mkdir("d", mode)) == .ok)
        for request in [
            .setstat("a", mode), .fsetstat(handle, mode), .setstat("d", mode), .extended(.lsetstat("a", mode)),
        ] as [Request] {
            #expect(await client.code(request) == .ok)
            for name in ["a", "d"] {
                let permissions = await client.ask(.stat(RawPath(name)))?.fileAttributes?.mode?.permissions
                #expect(permissions == 0o755, "\(request), \(name)")
            }
        }
    }

    @Test(
        "The mask takes permissions from new files and folders, and not from later changes",
        arguments: [
            0o022, 0o077, 0o777,
        ] as [UInt32])
    func masks(umask: UInt32) async throws {
        let client = await RawClient(try ServedFolder { $0.umask = umask })
        _ = await client.ask(.open("a", [.write, .create], Attributes()))
        _ = await client.ask(.mkdir("d", Attributes()))
        #expect(await client.ask(.stat("a"))?.fileAttributes?.mode?.permissions == 0o644 & ~umask)
        #expect(await client.ask(.stat("d"))?.fileAttributes?.mode?.permissions == 0o755 & ~umask)
        #expect(await client.code(.setstat("a", Attributes(mode: FileMode(rawValue: 0o666)))) == .ok)
        #expect(await client.ask(.stat("a"))?.fileAttributes?.mode?.permissions == 0o666)
    }
}
