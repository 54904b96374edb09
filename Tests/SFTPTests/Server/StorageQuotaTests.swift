import Bytes
import Foundation
import Reactor
import SFTP
import Testing

@Suite("Storage quota", .timeLimit(.minutes(1)))
struct StorageQuotaTests {
    private func folder(_ quota: StorageQuota) throws -> ServedFolder {
        try ServedFolder { $0.quota = quota }
    }

    private func data(_ count: Int) -> ByteBuffer { ByteBuffer([UInt8](repeating: 1, count: count)) }

    /// What the files in the folder have together.
    private func stored(_ folder: ServedFolder) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: folder.directory.path).reduce(0) { sum, name in
            try sum + folder.read(name).count
        }
    }

    @Test("Writes stop at the quota, and what is removed makes room again")
    func writes() async throws {
        let quota = StorageQuota(limit: 1000)
        let folder = try folder(quota)
        let client = await RawClient(folder)
        let handle = try #require(await client.open("a", [.read, .write, .create]))
        #expect(await client.code(.write(handle, offset: 0, data: data(600))) == .ok)
        #expect(await client.code(.write(handle, offset: 600, data: data(401))) == .failure)
        #expect(await client.code(.write(handle, offset: 600, data: data(400))) == .ok)
        // Over what is there, nothing is added.
        #expect(await client.code(.write(handle, offset: 0, data: data(1000))) == .ok)
        #expect(await client.code(.write(handle, offset: 1 << 40, data: data(1))) == .failure)
        #expect(await client.code(.write(handle, offset: .max, data: data(1))) == .failure)
        #expect(await client.code(.fsetstat(handle, Attributes(size: 1001))) == .failure)
        #expect(quota.used == 1000)
        #expect(await client.code(.fsetstat(handle, Attributes(size: 100))) == .ok)
        #expect(quota.used == 100)
        let copy = DataCopy(from: handle, offset: 0, to: handle, offset: 950)
        #expect(await client.code(.extended(.copyData(copy))) == .failure)
        #expect(await client.code(.setstat("a", Attributes(size: 1001))) == .failure)
        #expect(await client.code(.setstat("a", Attributes(size: 1000))) == .ok)
        #expect(await client.code(.close(handle)) == .ok)
        #expect(quota.used == 1000)
        #expect(await client.code(.remove("a")) == .ok)
        #expect(quota.used == 0)
        #expect(try stored(folder) == 0)
    }

    @Test("A file that is removed while it is open counts until it is closed, by CLOSE or by going away")
    func unlinked() async throws {
        let quota = StorageQuota(limit: 1000)
        let folder = try folder(quota)
        let client = await RawClient(folder)
        for _ in 0..<3 {
            let handle = try #require(await client.open("a", [.write, .create]))
            #expect(await client.code(.write(handle, offset: 0, data: data(900))) == .ok)
            #expect(await client.code(.remove("a")) == .ok)
            #expect(quota.used == 900)
            #expect(await client.code(.close(handle)) == .ok)
            #expect(quota.used == 0)
        }
    }

    @Test("Cutting off by OPEN, replacing by rename, second names and appending are counted right")
    func names() async throws {
        let quota = StorageQuota(limit: 1000)
        let folder = try folder(quota)
        let client = await RawClient(folder)
        for name in ["a", "b"] as [RawPath] {
            let handle = try #require(await client.open(name, [.write, .create, .append]))
            // The offset means nothing.
            #expect(await client.code(.write(handle, offset: 1 << 30, data: data(200))) == .ok)
            #expect(await client.code(.write(handle, offset: 0, data: data(100))) == .ok)
            #expect(await client.code(.close(handle)) == .ok)
        }
        #expect(quota.used == 600)
        #expect(await client.code(.extended(.hardlink(existing: "a", link: "c"))) == .ok)
        #expect(await client.code(.extended(.posixRename(from: "a", to: "c"))) == .ok)
        #expect(await client.code(.extended(.posixRename(from: "b", to: "b"))) == .ok)
        #expect(quota.used == 600)
        #expect(await client.code(.extended(.posixRename(from: "a", to: "b"))) == .ok)
        #expect(quota.used == 300)
        #expect(await client.code(.remove("b")) == .ok)
        #expect(quota.used == 300)
        let handle = try #require(await client.open("c", [.write, .truncate]))
        #expect(quota.used == 0)
        #expect(await client.code(.close(handle)) == .ok)
        #expect(try stored(folder) == 0)
    }

    @Test("Several clients share the quota, and df tells what is left")
    func shared() async throws {
        let quota = StorageQuota(limit: 1 << 20)
        let folder = try folder(quota)
        let clients = [await RawClient(folder), await RawClient(folder)]
        var written = 0
        for (number, client) in clients.enumerated() {
            let handle = try #require(await client.open(RawPath("\(number)"), [.write, .create]))
            let codes = await client.ask(
                (0..<20).map { .write(handle, offset: UInt64($0 * 65_536), data: data(65_536)) })
            written += codes.filter { $0?.statusCode == .ok }.count
        }
        #expect(written == 16 && quota.used == 1 << 20)
        guard case .extended(let fields)? = await clients[0].ask(.extended(.statvfs("/"))) else {
            Issue.record("no statistics")
            return
        }
        var reader = WireReader(fields.rawSpan)
        let statistics = try reader.fileSystemStatistics()
        #expect(statistics.totalBytes == 1 << 20 && statistics.availableBytes == 0)
    }

    @Test("What is there before is counted, each file once")
    func counting() async throws {
        let folder = try ServedFolder()
        try folder.makeDirectory("d/e")
        try folder.write([UInt8](repeating: 1, count: 100), "a")
        try folder.write([UInt8](repeating: 1, count: 50), "d/e/b")
        try FileManager.default.linkItem(atPath: folder.path("a"), toPath: folder.path("d/a"))
        try folder.link("d/up", to: "..")
        #expect(StorageQuota(limit: 1000, counting: folder.files).used == 150)
    }
}
