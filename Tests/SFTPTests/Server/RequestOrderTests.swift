import Bytes
import Foundation
import Reactor
import SFTP
import Testing

/// What pipelining clients rely on: many requests sent at once give what one after the other would.
@Suite("Order of requests", .timeLimit(.minutes(2)))
struct RequestOrderTests {
    @Test("A file that is written, closed, renamed and looked at in one go is whole at each step", arguments: 1...20)
    func pipelinedUpload(round: Int) async throws {
        let folder = try ServedFolder()
        let client = await RawClient(folder)
        let handle = try #require(await client.open("tmp", [.write, .create]))
        let piece = ByteBuffer([UInt8](repeating: UInt8(round), count: 50_000))
        let times = Attributes(times: .init(access: 1, modification: 2))
        let replies = await client.ask(
            (0..<20).map { .write(handle, offset: UInt64($0 * 50_000), data: piece) } + [
                .fstat(handle), .stat("tmp"), .fsetstat(handle, times), .stat("/./tmp"), .extended(.fsync(handle)),
                .close(handle), .extended(.posixRename(from: "tmp", to: "final")), .stat("final"), .stat("tmp"),
                .remove("final"), .stat("final"), .close(handle),
            ])
        #expect(replies[..<20].allSatisfy { $0?.statusCode == .ok })
        #expect(replies[20]?.fileAttributes?.size == 1_000_000)
        #expect(replies[21]?.fileAttributes?.size == 1_000_000)
        #expect(replies[23]?.fileAttributes?.times == .init(access: 1, modification: 2))
        #expect(replies[22]?.statusCode == .ok && replies[24...26].allSatisfy { $0?.statusCode == .ok })
        #expect(replies[27]?.fileAttributes?.size == 1_000_000)
        #expect(replies[28]?.statusCode == .noSuchFile)
        #expect(replies[29]?.statusCode == .ok && replies[30]?.statusCode == .noSuchFile)
        #expect(replies[31]?.statusCode == .failure)
    }

    @Test(
        "Replies about one file come in the order of the requests, as OpenSSH's scp and Paramiko rely on",
        arguments: 1...10)
    func replies(round: Int) async throws {
        let folder = try ServedFolder()
        let client = await RawClient(folder)
        let handle = try #require(await client.open("a", [.read, .write, .create]))
        for length in [100, 32 * 1024, 200_000] {
            let data = ByteBuffer([UInt8](repeating: UInt8(round), count: length))
            let places = (0..<60).map { UInt64($0 * length) }
            for requests in [
                places.map { Request.write(handle, offset: $0, data: data) },
                places.map { Request.read(handle, offset: $0, length: UInt32(length)) },
            ] {
                let ids = await client.send(requests)
                for id in ids { _ = await client.reply(to: id) }
                #expect(client.order.suffix(ids.count).elementsEqual(ids.map(\.rawValue)))
            }
        }
    }

    @Test("A tree is made and unmade in one go, each step below the one before")
    func pipelinedTree() async throws {
        let folder = try ServedFolder()
        let client = await RawClient(folder)
        var requests: [Request] = []
        var path: RawPath = "/"
        for level in 0..<40 {
            path = path.appending(RawPath("d\(level)"))
            requests.append(.mkdir(path, Attributes()))
            requests.append(.symlink(target: "x", link: path.appending("link")))
        }
        var down = path
        for _ in 0..<40 {
            requests.append(.remove(down.appending("link")))
            requests.append(.rmdir(down))
            down = down.parent
        }
        let replies = await client.ask(requests)
        #expect(replies.allSatisfy { $0?.statusCode == .ok })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.directory.path).isEmpty)
    }

    @Test("Overlapping writes and reads of one file, by two handles, see each other in order", arguments: 1...10)
    func overlapping(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let folder = try ServedFolder()
        try folder.write([UInt8](repeating: 0, count: 1000), "a")
        try FileManager.default.linkItem(atPath: folder.path("a"), toPath: folder.path("b"))
        let client = await RawClient(folder)
        let handles = [
            try #require(await client.open("a", [.read, .write])),
            try #require(await client.open("b", [.read, .write])),
        ]
        var model = [UInt8](repeating: 0, count: 1000)
        var requests: [Request] = []
        var expected: [[UInt8]?] = []
        for number in 0..<400 {
            let start = Int.random(in: 0..<900, using: &generator)
            let length = Int.random(in: 1...100, using: &generator)
            let handle = handles.randomElement(using: &generator)!
            if Bool.random(using: &generator) {
                let data = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: length)
                model.replaceSubrange(start..<start + length, with: data)
                requests.append(.write(handle, offset: UInt64(start), data: ByteBuffer(data)))
                expected.append(nil)
            } else {
                requests.append(.read(handle, offset: UInt64(start), length: UInt32(length)))
                expected.append(Array(model[start..<start + length]))
            }
        }
        let replies = await client.ask(requests)
        for (reply, expected) in zip(replies, expected) {
            if let expected { #expect(reply?.dataBytes == expected) } else { #expect(reply?.statusCode == .ok) }
        }
        let isSame = try folder.read("a") == model
        #expect(isSame)
    }

    @Test("A handle means nothing behind its CLOSE, and its slot is another's")
    func closedHandle() async throws {
        let folder = try ServedFolder { $0.maximumOpenHandles = 1 }
        try folder.write([1], "a")
        let client = await RawClient(folder)
        let handle = try #require(await client.open("a"))
        let replies = await client.ask([
            .open("a", [.read], Attributes()), .close(handle), .read(handle, offset: 0, length: 1),
            .open("a", [.read], Attributes()),
        ])
        #expect(replies[0]?.statusCode == .failure)
        #expect(replies[1]?.statusCode == .ok && replies[2]?.statusCode == .failure)
        let second = try #require(replies[3]?.openHandle)
        #expect(second != handle)
        #expect(await client.code(.read(handle, offset: 0, length: 1)) == .failure)
        #expect(await client.ask(.read(second, offset: 0, length: 1))?.dataBytes == [1])
    }

    @Test("A long hash does not hold up what has nothing to do with it")
    func longOperations() async throws {
        let folder = try ServedFolder()
        try folder.write([1], "a")
        let client = await RawClient(folder)
        let sparse = try #require(await client.open("sparse", [.read, .write, .create]))
        #expect(await client.code(.fsetstat(sparse, Attributes(size: 4 << 30))) == .ok)
        let check = FileCheck(algorithms: ["sha256"])
        let hashes = await client.send((0..<8).map { _ in .extended(.checkFileHandle(sparse, check)) })
        let stat = await client.send([.stat("a")])[0]
        #expect(await client.reply(to: stat)?.fileAttributes?.size == 1)
        #expect(!client.order.contains { id in hashes.contains { $0.rawValue == id } })
        // The client goes away: nobody computes what nobody waits for.
        await client.server.close()
        #expect(await client.reply(to: hashes[0]) == nil)
    }

    @Test("Everything that was asked for is answered before the end when the client has no more to say")
    func halfClose() async throws {
        let folder = try ServedFolder()
        let client = await RawClient(folder)
        let handle = try #require(await client.open("a", [.write, .create]))
        let data = ByteBuffer([UInt8](repeating: 7, count: 200_000))
        let ids = await client.send((0..<30).map { .write(handle, offset: UInt64($0 * 200_000), data: data) })
        let server = client.server
        folder.loop.execute { server.carrierDidEnd() }
        for id in ids { #expect(await client.reply(to: id)?.statusCode == .ok) }
        #expect(await client.reply(to: RequestID(rawValue: 0)) == nil)
        #expect(try folder.read("a").count == 6_000_000)
    }
}
