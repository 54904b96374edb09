import Bytes
import FTP
import Foundation
import Reactor
import SFTP
import TestHosts
import Testing
import Transfer

@Suite("Files of FTP servers", .timeLimit(.minutes(2)))
struct FTPTransferTests {
    @Test("Large and small files go there and come back, verified", arguments: FTPCase.all)
    func roundTrip(item: FTPCase) async throws {
        try await FTPSite.with(item) { site in
            let sizes = ["empty": 0, "small": 1000, "piece": 262_144, "large": 9 << 20]
            for (name, size) in sizes { try await site.files.write(randomBytes(size), to: site.local / RawPath(name)) }
            let names = sizes.keys.map { RawPath($0) }
            let put = await site.put(names) { $0.verifies = true }
            #expect(put.failures.isEmpty && put.files == 4, "\(put.failures)")
            #expect(put.verified.count == 4 && put.verified.allSatisfy { $0.method == .readBack })
            for name in names {
                #expect(try await site.files.areSame(site.local / name, site.disk / name), "\(name)")
                try await site.files.system.unlink(site.local / name)
            }
            let got = await site.get(names)
            #expect(got.failures.isEmpty && got.files == 4, "\(got.failures)")
            for name in names { #expect(try await site.files.areSame(site.local / name, site.disk / name), "\(name)") }
            #expect(try await site.files.names(in: site.disk) == sizes.keys.sorted())
        }
    }

    @Test("A tree goes there and comes back, and is left alone the second time", arguments: FTPCase.plain)
    func tree(item: FTPCase) async throws {
        try await FTPSite.with(item) { site in
            for folder in ["t", "t/a", "t/a/b", "t/empty", "back"] {
                try await site.files.system.mkdir(site.local / RawPath(folder))
            }
            for number in 0..<30 {
                let name = RawPath(["t", "t/a", "t/a/b"][number % 3]) / RawPath("file \(number)")
                try await site.files.write(randomBytes(number * 700, seed: UInt64(number)), to: site.local / name)
            }
            let put = await site.put(["t"]) { $0.preserves = true }
            #expect(put.failures.isEmpty && put.files == 30, "\(put.failures)")
            let original = try await site.files.snapshot(site.local / "t")
            #expect(try await site.files.snapshot(site.disk / "t") == original)
            let disk = LocalFileSystem(on: site.client.loop)
            let got = await site.engine().copy(
                [site.remote / "t"], from: site.system, to: site.local / "back", at: disk)
            #expect(got.failures.isEmpty && got.files == 30, "\(got.failures)")
            #expect(try await site.files.snapshot(site.local / "back/t") == original)
            let features = try await site.client.connect().features
            let again = await site.engine({ $0.preserves = true }).sync(
                site.local / "t", in: disk, to: site.remote / "t", at: site.system, SyncOptions())
            #expect(again.failures.isEmpty, "\(again.failures)")
            // Without MFMT the times there are those of the transfer.
            if features.setsModificationTime { #expect(again.files == 0 && again.unchanged == 30) }
            var deleting = SyncOptions()
            deleting.deletes = true
            try await site.files.system.unlink(site.local / "t/a/file 1")
            let less = await site.engine({ $0.preserves = true }).sync(
                site.local / "t", in: disk, to: site.remote / "t", at: site.system, deleting)
            #expect(less.failures.isEmpty && less.removed == 1, "\(less.failures)")
        }
    }

    @Test("A file is copied within a server, by way of here", arguments: FTPCase.plain)
    func within(item: FTPCase) async throws {
        try await FTPSite.with(item) { site in
            let names = (0..<6).map { RawPath("f\($0)") }
            for name in names { try await site.give(randomBytes(3 << 20), name) }
            try await site.client.makeDirectory(site.remote / "copy")
            let summary = await site.engine().copy(
                names.map { site.remote / $0 }, from: site.system, to: site.remote / "copy", at: site.system)
            #expect(summary.failures.isEmpty && summary.files == 6, "\(summary.failures)")
            for name in names {
                #expect(try await site.files.areSame(site.disk / name, site.disk / "copy" / name))
            }
        }
    }

    @Test("Strange names", arguments: FTPCase.plain)
    func names(item: FTPCase) async throws {
        try await FTPSite.with(item) { site in
            let latin: [UInt8] = [0x6C, 0x61, 0x74, 0x69, 0x6E, 0xE9]
            let texts = [
                "-rf", " lead", "a;type=a", "a%2Fb", "quote\"s'", "*", "[x]", "ünï", "#?&", "~tilde", "back\\slash",
                "a -> b", ".hidden",
            ]
            var names: [RawPath] = texts.map { RawPath($0) }
            names.append(RawPath(bytes: latin))
            names.append(RawPath(String(repeating: "n", count: 200)))
            for name in names { try await site.files.write(name.bytes, to: site.local / name) }
            let put = await site.put(names)
            // Pure-FTPd takes names that are UTF-8 only, and both it and others refuse some more.
            let refused = Set(put.failures.map { $0.path.lastComponent })
            #expect(refused.count <= 2, "\(put.failures)")
            let there = try await site.system.list(site.remote, limit: 100)
            #expect(there.refusals.isEmpty)
            let listed = Set(there.entries.map(\.name))
            for name in names where !refused.contains(name) && name != "a -> b" {
                #expect(listed.contains(name), "\(name)")
                #expect(try await site.files.read(site.disk / name) == name.bytes)
                try await site.files.system.unlink(site.local / name)
                let got = await site.get([name])
                #expect(got.files == 1 && got.failures.isEmpty, "\(got.failures)")
            }
        }
    }

    @Test("Names with line breaks are refused before anything is said", arguments: FTPCase.plain)
    func injection(item: FTPCase) async throws {
        try await FTPSite.with(item) { site in
            try await site.give([1], "victim")
            let name = RawPath("x\r\nDELE \(site.remote)/victim")
            await #expect(throws: FTPError.self) { try await site.client.makeDirectory(site.remote / name) }
            await #expect(throws: FTPError.self) { try await site.client.remove(site.remote / name) }
            try await site.files.write([1], to: site.local / "a\nb")
            let put = await site.put(["a\nb"])
            guard case .ftp(.unsafePath, _)? = put.failures.first?.error else {
                Issue.record("\(put.failures)")
                return
            }
            #expect(try await site.files.names(in: site.disk) == ["victim"])
        }
    }

    @Test("Files are looked at, made, moved and removed", arguments: FTPCase.plain)
    func operations(item: FTPCase) async throws {
        try await FTPSite.with(item) { site in
            let system = site.system
            #expect(try await system.makeFolder(site.remote / "d", permissions: 0o755))
            #expect(try await system.makeFolder(site.remote / "d", permissions: 0o755) == false)
            try await site.give(randomBytes(77), "f")
            try await site.give(randomBytes(5), "g")
            try await site.files.system.symlink("d", at: site.disk / "link")
            let facts = try #require(try await system.facts(of: site.remote / "f", followingLinks: false))
            #expect(facts.kind == .regular && facts.size == 77 && facts.modified != nil)
            #expect(try await system.facts(of: site.remote / "d", followingLinks: false)?.kind == .directory)
            #expect(try await system.facts(of: site.remote / "link", followingLinks: true)?.kind == .directory)
            #expect(try await system.facts(of: site.remote / "link", followingLinks: false)?.kind == .symbolicLink)
            #expect(try await system.facts(of: site.remote / "nothing", followingLinks: false) == nil)
            #expect(try await system.realPath(site.remote / "d/../f") == site.remote / "f")
            var changes = FileChanges()
            changes.permissions = 0o640
            try await system.change(site.remote / "f", changes)
            _ = try await site.client.setModified(1_700_000_000, of: site.remote / "f")
            let status = try await site.files.system.stat(site.disk / "f")
            #expect(status.permissions == 0o640)
            if try await site.client.connect().features.setsModificationTime {
                #expect(status.modified.seconds == 1_700_000_000)
            }
            // What has the name is replaced.
            try await system.replace(site.remote / "g", with: site.remote / "f")
            #expect(try await site.files.read(site.disk / "g").count == 77)
            try await system.remove(site.remote / "g")
            try await system.remove(site.remote / "link")
            try await system.removeFolder(site.remote / "d")
            #expect(try await site.files.names(in: site.disk).isEmpty)
            await #expect(throws: TransferError.self) { try await system.remove(site.remote / "g") }
            await #expect(throws: TransferError.self) { try await system.list(site.remote / "nothing", limit: 10) }
        }
    }

    @Test("A server that lets nobody write says so, and the rest works", arguments: FTPServer.Product.installed)
    func readOnly(product: FTPServer.Product) async throws {
        var options = FTPServer.Options()
        options.isReadOnly = true
        let server = try await FTPServer.start(product, options: options)
        defer { server.stop() }
        let client = try FTPClient(FTPSite.configuration(server, .none), on: EventLoopGroup.shared.next())
        let files = LocalFiles()
        try await files.write(randomBytes(500), to: RawPath(server.directory) / "f")
        try await files.system.chmod(RawPath(server.directory) / "f", permissions: 0o644)
        let system = FTPFileSystem(client, place: "test")
        let root = RawPath(server.root + "/")
        var refusal: TransferError?
        do throws(TransferError) { _ = try await system.makeFolder(root / "d", permissions: 0o755) } catch {
            refusal = error
        }
        if case .ftp(.refused(let reply, _), _)? = refusal {
            #expect(reply.code == 550)
        } else {
            // Pure-FTPd's -R keeps but modes from being changed.
            #expect(product == .pureFTPd)
        }
        #expect(try await system.readSmall(root / "f", limit: 1000, expecting: 500, followingLinks: true)?.count == 500)
        await client.close()
    }
}
