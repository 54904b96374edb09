import Bytes
import Foundation
import Reactor
import SFTP
import Synchronization
import Testing

/// Attack 12 of docs/threat-model.md, with the client as the attacker.
@Suite("Hostile clients", .timeLimit(.minutes(2)))
struct HostileClientTests {
    static let resolutions: [RootedFileSystem.Resolution] = [.kernel, .walk]

    static let badHandles: [Handle] = [
        Handle([])!, Handle([0])!, Handle([0, 0, 0, 0])!, Handle([0, 0, 0, 0, 0, 0, 0, 1])!,
        Handle([0, 0, 0, 1, 0, 0, 0, 0])!, Handle([255, 255, 255, 255, 0, 0, 0, 0])!,
        Handle([UInt8](repeating: 255, count: 8))!, Handle([UInt8](repeating: 0, count: 256))!,
        Handle([0, 0, 0, 0, 0, 0, 0, 0, 0])!,
    ]

    @Test("A handle that was never given out is refused by every request", arguments: badHandles)
    func badHandle(handle: Handle) async throws {
        let folder = try ServedFolder()
        try folder.write([1], "a")
        let client = await RawClient(folder)
        let good = try #require(await client.open("a", [.read, .write]))
        let check = FileCheck(algorithms: ["sha256"])
        let requests: [Request] = [
            .close(handle), .read(handle, offset: 0, length: 1), .write(handle, offset: 0, data: ByteBuffer([1])),
            .fstat(handle), .fsetstat(handle, Attributes(size: 0)), .readdir(handle), .extended(.fsync(handle)),
            .extended(.fstatvfs(handle)), .extended(.checkFileHandle(handle, check)),
            .extended(.copyData(DataCopy(from: handle, to: good))),
            .extended(.copyData(DataCopy(from: good, to: handle))),
        ]
        for request in requests { #expect(await client.code(request) == .failure, "\(request)") }
        #expect(await client.ask(.read(good, offset: 0, length: 9))?.dataBytes == [1])
    }

    @Test("Handles are refused for what they are not open for, and requests for what a file is not")
    func wrongUse() async throws {
        let folder = try ServedFolder()
        try folder.write([1], "a")
        try folder.makeDirectory("d")
        #expect(unsafe mkfifo(folder.path("fifo"), 0o600) == 0)
        let client = await RawClient(folder)
        let reading = try #require(await client.open("a", [.read]))
        let writing = try #require(await client.open("a", [.write]))
        let directory = try #require(await client.ask(.opendir("d"))?.openHandle)
        #expect(await client.code(.write(reading, offset: 0, data: ByteBuffer([2]))) == .permissionDenied)
        #expect(await client.code(.read(writing, offset: 0, length: 1)) == .permissionDenied)
        #expect(await client.code(.fsetstat(reading, Attributes(size: 0))) == .permissionDenied)
        #expect(await client.code(.readdir(reading)) == .failure)
        #expect(await client.code(.read(directory, offset: 0, length: 1)) == .permissionDenied)
        #expect(await client.code(.fsetstat(directory, Attributes(size: 0))) == .failure)
        #expect(await client.code(.extended(.fsync(directory))) == .failure)
        #expect(await client.code(.opendir("a")) == .noSuchFile)
        #expect(await client.code(.open("d", [.read], Attributes())) == .failure)
        #expect(await client.code(.open("d", [.write], Attributes())) == .failure)
        // Nobody is at the other end: a server that waited would wait for ever.
        #expect(await client.code(.open("fifo", [.read], Attributes())) == .failure)
        #expect(await client.code(.open("fifo", [.write], Attributes())) == .failure)
        #expect(await client.code(.open("fifo", [.read, .write], Attributes())) == .failure)
        #expect(await client.code(.readlink("a")) == .badMessage)
        #expect(try folder.read("a") == [1])
    }

    @Test(
        "Reads and writes at absurd offsets fail or find the end, and change nothing",
        arguments: [
            1 << 20, 1 << 62, UInt64(Int64.max) - 1, UInt64(Int64.max), UInt64(Int64.max) + 1, .max - 1, .max,
        ] as [UInt64])
    func absurdOffsets(offset: UInt64) async throws {
        let folder = try ServedFolder()
        try folder.write([1, 2, 3], "a")
        let client = await RawClient(folder)
        let handle = try #require(await client.open("a", [.read, .write]))
        for length in [0, 1, 261_120, .max] as [UInt32] {
            let code = await client.code(.read(handle, offset: offset, length: length))
            #expect(code == .endOfFile || code == .badMessage, "\(length)")
        }
        if offset > 1 << 50 {
            let code = await client.code(.write(handle, offset: offset, data: ByteBuffer([1, 2])))
            #expect(code == .failure || code == .badMessage)
            #expect(await client.code(.fsetstat(handle, Attributes(size: offset))) != .ok)
            #expect(try folder.read("a") == [1, 2, 3])
        }
        let check = FileCheck(algorithms: ["sha256"], offset: offset, length: .max)
        #expect(await client.ask(.extended(.checkFileHandle(handle, check)))?.type == .extendedReply)
        let copy = DataCopy(from: handle, offset: offset, to: handle, offset: offset)
        #expect(await client.ask(.extended(.copyData(copy))) != nil)
    }

    @Test("A READ of 4 GiB is answered with what one message holds")
    func greedyRead() async throws {
        let folder = try ServedFolder()
        try folder.write([UInt8](repeating: 1, count: 1 << 20), "a")
        let client = await RawClient(folder)
        let handle = try #require(await client.open("a"))
        #expect(await client.ask(.read(handle, offset: 0, length: .max))?.dataBytes?.count == 261_120)
    }

    static let outside: [RawPath] = [
        "..", "../..", "/..", "/../../etc/passwd", "../../../../../../etc/passwd", "d/../../etc/passwd",
        "//etc/passwd", "/etc/passwd", "absolute", "absolute/passwd", "up", "up/etc/passwd", "d/up", "loop", "loop/x",
        "d/../absolute/../etc/passwd", "chain0", "chain0/passwd", "proc/self/root/etc/passwd", "magic/etc/passwd",
    ]

    /// What leads out of a folder for a process that follows it.
    private func makeTraps(_ folder: ServedFolder) throws {
        try folder.makeDirectory("d")
        try folder.link("absolute", to: "/etc")
        try folder.link("up", to: "../../../../../../..")
        try folder.link("d/up", to: "../../../../../../../etc/passwd")
        try folder.link("loop", to: "loop")
        for number in 0..<20 { try folder.link("chain\(number)", to: number == 19 ? "/etc" : "chain\(number + 1)") }
        try folder.link("magic", to: "/proc/self/root")
    }

    @Test("No name and no link leads out", arguments: resolutions, outside)
    func noWayOut(resolution: RootedFileSystem.Resolution, path: RawPath) async throws {
        let folder = try ServedFolder(resolution: resolution)
        try makeTraps(folder)
        let client = await RawClient(folder)
        if let handle = await client.open(path) {
            Issue.record(
                "\(path) was opened: \(String(describing: await client.ask(.read(handle, offset: 0, length: 99))))")
        }
        let attributes = await client.ask(.stat(path))?.fileAttributes
        #expect(attributes == nil || attributes?.kind == .directory)
        let parent = RawPath(bytes: path.bytes + Array("/..".utf8))
        #expect(await client.ask(.stat(parent))?.fileAttributes?.kind != .regular)
        for request in [
            .setstat(path, Attributes(mode: FileMode(rawValue: 0o777))),
            .setstat(path, Attributes(times: .init(access: 1, modification: 1))),
            .setstat(path, Attributes(size: 0)), .open(path.appending("evil"), [.write, .create], Attributes()),
            .mkdir(path.appending("evildir"), Attributes()), .symlink(target: "x", link: path.appending("evillink")),
            .rename(from: "d", to: path.appending("moved")), .extended(.hardlink(existing: path, link: "stolen")),
            .remove(path.appending("passwd")), .extended(.checkFileName(path, FileCheck(algorithms: ["sha256"]))),
        ] as [Request] { _ = await client.ask(request) }
        // Whatever was made was made within: names that start so are nowhere else.
        for place in ["/", "/etc", folder.directory.path + "/..", "/tmp"] {
            for name in ["evil", "evildir", "evillink", "moved"] {
                #expect(!FileManager.default.fileExists(atPath: place + "/" + name), "\(place)/\(name)")
            }
        }
        #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
        if let real = await client.ask(.realpath(path))?.names?.first { #expect(!real.components.contains("..")) }
    }

    @Test(
        "The root cannot be removed, renamed or replaced", arguments: resolutions,
        ["/", ".", "..", "", "d/.."] as [RawPath])
    func root(resolution: RootedFileSystem.Resolution, path: RawPath) async throws {
        let folder = try ServedFolder(resolution: resolution)
        try folder.makeDirectory("d")
        let client = await RawClient(folder)
        for request in [
            .rmdir(path), .remove(path), .rename(from: path, to: "d/x"), .rename(from: "d", to: path),
            .extended(.posixRename(from: path, to: "d/x")), .extended(.posixRename(from: "d", to: path)),
            .extended(.hardlink(existing: path, link: "h")), .symlink(target: "x", link: path),
            .mkdir(path, Attributes()), .open(path, [.write, .create], Attributes()),
        ] as [Request] {
            let code = await client.code(request)
            #expect(code != nil && code != .ok, "\(request)")
        }
        #expect(await client.ask(.stat("d"))?.fileAttributes?.kind == .directory)
    }

    @Test(
        "Names with NUL, of 64 KiB, of 256 bytes and of many levels are refused and nothing else happens",
        arguments: resolutions)
    func oddNames(resolution: RootedFileSystem.Resolution) async throws {
        let folder = try ServedFolder(resolution: resolution)
        try folder.write([1], "a")
        let client = await RawClient(folder)
        let long = RawPath(bytes: [UInt8](repeating: 0x61, count: 65_536))
        let names: [RawPath] = [
            RawPath(bytes: [0x61, 0]), RawPath(bytes: [0]), RawPath(bytes: [0x61, 0, 0x62]), long,
            RawPath(bytes: [UInt8](repeating: 0x61, count: 256)),
            RawPath(bytes: [UInt8](repeating: 0x2F, count: 30_000) + [0x62]),
            RawPath(String(repeating: "x/", count: 10_000)),
            RawPath(String(repeating: "../", count: 1300) + "missing/b"),
        ]
        for name in names {
            for request in [
                .open(name, [.write, .create], Attributes()), .mkdir(name, Attributes()), .stat(name), .lstat(name),
                .remove(name), .rmdir(name), .opendir(name), .readlink(name), .rename(from: "a", to: name),
                .rename(from: name, to: "b"), .symlink(target: "a", link: name),
                .extended(.hardlink(existing: "a", link: name)), .extended(.statvfs(name)),
                .setstat(name, Attributes(size: 0)),
            ] as [Request] {
                let code = await client.code(request)
                #expect(code != nil && code != .ok, "\(request.type) of \(name.bytes.count) bytes")
            }
        }
        #expect(await client.code(.symlink(target: RawPath(bytes: [0x61, 0, 0x62]), link: "l")) == .badMessage)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.directory.path) == ["a"])
    }

    @Test("Links keep their text as given, and are followed as seen from the root", arguments: resolutions)
    func linkTexts(resolution: RootedFileSystem.Resolution) async throws {
        let folder = try ServedFolder(resolution: resolution)
        try folder.makeDirectory("etc")
        try folder.write([7], "etc/passwd")
        let client = await RawClient(folder)
        for (text, link) in [("/etc/passwd", "l1"), ("../../../etc/passwd", "l2"), ("etc/../../etc//passwd", "l3")] {
            #expect(await client.code(.symlink(target: RawPath(text), link: RawPath(link))) == .ok)
            #expect(await client.ask(.readlink(RawPath(link)))?.names == [RawPath(text)])
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path(link)) == text)
            let handle = try #require(await client.open(RawPath(link)))
            #expect(await client.ask(.read(handle, offset: 0, length: 9))?.dataBytes == [7])
            #expect(await client.ask(.realpath(RawPath(link)))?.names == ["/etc/passwd"])
        }
        // Through a link whose target does not exist a file is made where it points, within.
        #expect(await client.code(.symlink(target: "/etc/new", link: "l4")) == .ok)
        #expect(await client.open("l4", [.write, .create]) != nil)
        #expect(FileManager.default.fileExists(atPath: folder.path("etc/new")))
        #expect(await client.code(.open("l4", [.write, .create, .exclusive], Attributes())) == .failure)
    }

    @Test(
        "A folder that turns into a link out and back while a client works leads nowhere else", arguments: resolutions)
    func swaps(resolution: RootedFileSystem.Resolution) async throws {
        let folder = try ServedFolder(resolution: resolution)
        let outside = try TemporaryDirectory()
        try folder.makeDirectory("real")
        try folder.write([1], "real/file")
        _ = FileManager.default.createFile(atPath: outside.path + "/file", contents: Data([66]))
        // RENAME_EXCHANGE would be quicker; two renames leave a moment without a name, which has to do no harm either.
        try folder.link("trap", to: outside.path)
        let isOver = Atomic(false)
        let swaps = Atomic(0)
        let (trap, spare, name) = (folder.path("trap"), folder.path("spare"), folder.path("real"))
        let swapping = Thread {
            while !isOver.load(ordering: .relaxed) {
                unsafe rename(name, spare)
                unsafe rename(trap, name)
                sched_yield()
                unsafe rename(name, trap)
                unsafe rename(spare, name)
                swaps.wrappingAdd(1, ordering: .relaxed)
            }
        }
        swapping.start()
        let client = await RawClient(folder)
        var hits = 0
        var round = 0
        // Until both have had their turns, which takes longer where others keep the machine busy.
        while round < 300 || (hits == 0 || swaps.load(ordering: .relaxed) <= 10) && round < 50_000 {
            round += 1
            let path = RawPath("real/new\(round)")
            let replies = await client.ask([
                .open("real/file", [.read, .write], Attributes()), .open(path, [.write, .create], Attributes()),
                .mkdir(RawPath("real/dir\(round)"), Attributes()),
                .setstat("real/file", Attributes(mode: FileMode(rawValue: 0o640))), .opendir("real"),
                .symlink(target: "x", link: RawPath("real/link\(round)")), .remove(RawPath("real/link\(round)")),
                .rename(from: path, to: RawPath("real/moved\(round)")), .stat("real/../real/file"),
            ])
            var handles: [Handle] = []
            for reply in replies { if let handle = reply?.openHandle { handles.append(handle) } }
            if let handle = replies[0]?.openHandle {
                hits += 1
                let data = await client.ask(.read(handle, offset: 0, length: 9))?.dataBytes
                #expect(data == [1])
            }
            for handle in handles { _ = await client.ask(.close(handle)) }
        }
        isOver.store(true, ordering: .relaxed)
        #expect(hits > 0 && swaps.load(ordering: .relaxed) > 10)
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path) == ["file"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: outside.path + "/file")) == Data([66]))
        let mode = try FileManager.default.attributesOfItem(atPath: outside.path + "/file")[.posixPermissions] as? Int
        #expect(mode != 0o640)
    }

    @Test("Thousands of opens stop at the limit, and closing makes room again")
    func manyHandles() async throws {
        let folder = try ServedFolder { $0.maximumOpenHandles = 100 }
        try folder.write([1], "a")
        let client = await RawClient(folder)
        let replies = await client.ask(
            (0..<3000).map { $0 % 2 == 0 ? .open("a", [.read], Attributes()) : .opendir("/") })
        let handles = replies.compactMap { $0?.openHandle }
        #expect(handles.count == 100 && Set(handles).count == 100)
        #expect(replies.allSatisfy { $0?.openHandle != nil || $0?.statusCode == .failure })
        let closed = await client.ask(handles.map { .close($0) })
        #expect(closed.allSatisfy { $0?.statusCode == .ok })
        #expect(await client.open("a") != nil)
    }

    @Test("A client that asks and never reads makes the server hold no more than its limits")
    func neverReading() async throws {
        let folder = try ServedFolder()
        try folder.write([UInt8](repeating: 1, count: 1 << 20), "a")
        let client = await RawClient(folder)
        let handle = try #require(await client.open("a"))
        client.toClient.isPaused = true
        let request = ClientMessage.request(
            RequestID(rawValue: 99), .read(handle, offset: 0, length: 261_120)
        ).encoded
        for _ in 0..<100 { await client.send((0..<100).flatMap { _ in request }) }
        let stats = ClientMessage.request(RequestID(rawValue: 99), .stat("a")).encoded
        for _ in 0..<100 { await client.send((0..<100).flatMap { _ in stats }) }
        // As many turns as all of it would need.
        for _ in 0..<2000 { await client.send([UInt8]()) }
        let limit = Limits.replyHighWaterMark + Limits.maximumPendingReplyLength + Limits.jobLength + 64 * 1024
        #expect(client.toClient.largestPending <= limit)
        // What was not taken in is not acknowledged, so that the peer's window stays shut.
        #expect(client.toClient.unacknowledged > 300_000)
        client.toClient.isPaused = false
        for _ in 0..<20_000 { #expect(await client.reply(to: RequestID(rawValue: 99)) != nil) }
        #expect(client.toClient.unacknowledged == 0)
    }

    /// Found by the fuzz target.
    @Test("More requests than may be under way are all answered, though none of them waits for the disk")
    func answeredAtOnce() async throws {
        let folder = try ServedFolder { $0.maximumRequestsInFlight = 3 }
        let client = await RawClient(folder)
        let unknown: [UInt8] = [0, 0, 0, 5, 99, 0, 0, 0, 77]
        let badHandle = ClientMessage.request(RequestID(rawValue: 77), .close(Handle([1])!)).encoded
        await client.send((0..<1000).flatMap { _ in unknown + badHandle })
        for _ in 0..<2000 { #expect(await client.reply(to: RequestID(rawValue: 77)) != nil) }
        #expect(await client.code(.stat("/missing")) == .noSuchFile)
    }

    /// Descriptors of this process for what lies in `folder`.
    private func openDescriptors(_ folder: ServedFolder) throws -> Int {
        let path = URL(fileURLWithPath: folder.directory.path).resolvingSymlinksInPath().path + "/"
        return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter { number in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + number))?.hasPrefix(path)
                ?? false
        }.count
    }

    @Test("A client that goes away at any moment leaves nothing open", arguments: 0..<20)
    func goingAway(round: Int) async throws {
        let folder = try ServedFolder { $0.quota = StorageQuota(limit: 1 << 30) }
        try folder.write([UInt8](repeating: 1, count: 1 << 20), "a")
        let client = await RawClient(folder)
        let handle = try #require(await client.open("a", [.read, .write]))
        let data = ByteBuffer([UInt8](repeating: 2, count: 100_000))
        let check = FileCheck(algorithms: ["sha256"])
        _ = await client.send(
            (0..<40).flatMap { number -> [Request] in
                [
                    .open(RawPath("\(number)"), [.write, .create], Attributes()), .opendir("/"),
                    .read(handle, offset: 0, length: 200_000), .write(handle, offset: 0, data: data),
                    .extended(.checkFileHandle(handle, check)), .extended(.fsync(handle)),
                ]
            })
        // Some of it is done by then.
        for _ in 0..<round * 3 { await client.send([UInt8]()) }
        let server = client.server
        folder.loop.execute { server.carrierDidClose() }
        let deadline = ContinuousClock.now + .seconds(20)
        while try openDescriptors(folder) > 0, ContinuousClock.now < deadline { await client.send([UInt8]()) }
        #expect(try openDescriptors(folder) == 0)
    }

    @Test(
        "Whatever is sent before INIT, or as a message that has no border, closes the conversation",
        arguments: [
            [0, 0, 0, 5, 17, 0, 0, 0, 1], [255, 255, 255, 255], [0, 0, 0, 0], Array("GET / HTTP/1.1\r\n\r\n".utf8),
            [0, 0, 0, 5, 1, 0, 0, 0, 3, 0, 0, 0, 5, 1, 0, 0, 0, 3],
        ] as [[UInt8]])
    func noConversation(bytes: [UInt8]) async throws {
        let client = await RawClient(try ServedFolder(), polite: false)
        await client.send(bytes)
        #expect(await client.reply(to: RequestID(rawValue: 1)) == nil)
        await client.send(ClientMessage.initialize(Hello()).encoded)
        #expect(client.isClosed)
    }

    @Test("Random requests in random order are each answered once", arguments: 1...5)
    func randomRequests(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let folder = try ServedFolder()
        try makeTraps(folder)
        try folder.write([1, 2, 3], "a")
        let client = await RawClient(folder)
        var handles = [Handle([])!, Handle([0, 0, 0, 0, 0, 0, 0, 0])!]
        let paths: [RawPath] = ["a", "/", "..", "d", "d/up", "absolute/x", "loop", "", "d/x", "d/x/y", "../a"]
        func path() -> RawPath { paths.randomElement(using: &generator)! }
        for _ in 0..<20 {
            var requests: [Request] = []
            for _ in 0..<100 {
                let handle = handles.randomElement(using: &generator)!
                let flags = OpenFlags(rawValue: .random(in: 0...63, using: &generator))
                let offset = UInt64.random(in: 0...1_000_000, using: &generator)
                let attributes = Attributes(
                    size: offset, mode: FileMode(rawValue: .random(in: 0o700...0o777, using: &generator)))
                let choices: [Request] = [
                    .open(path(), flags, attributes), .close(handle), .read(handle, offset: offset, length: 9),
                    .write(handle, offset: offset, data: ByteBuffer([1, 2])), .lstat(path()), .fstat(handle),
                    .setstat(path(), attributes), .fsetstat(handle, attributes), .opendir(path()), .readdir(handle),
                    .remove(path()), .mkdir(path(), attributes), .rmdir(path()), .realpath(path()), .stat(path()),
                    .rename(from: path(), to: path()), .readlink(path()), .symlink(target: path(), link: path()),
                    .extended(.posixRename(from: path(), to: path())),
                    .extended(.hardlink(existing: path(), link: path())),
                    .extended(.copyData(DataCopy(from: handle, to: handles.randomElement(using: &generator)!))),
                    .extended(.statvfs(path())), .extended(.checkFileName(path(), FileCheck(algorithms: ["sha256"]))),
                    .extended(.other(ExtensionName(rawValue: "what@example.com"), [1])),
                ]
                requests.append(choices.randomElement(using: &generator)!)
            }
            let replies = await client.ask(requests)
            #expect(replies.allSatisfy { $0 != nil })
            handles += replies.compactMap { $0?.openHandle }
        }
        #expect(client.order.count == 2001)
    }
}
