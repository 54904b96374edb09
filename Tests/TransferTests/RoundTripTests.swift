import Bytes
import Reactor
import SFTP
import TestHosts
import Testing
import Transfer

@Suite("Files there and back", .timeLimit(.minutes(1)))
struct RoundTripTests {
    @Test("A file of any length arrives as it is, in both directions", arguments: Hosts.Kind.installed)
    func lengths(kind: Hosts.Kind) async throws {
        let site = try await Site(kind)
        let unit = await site.client.limits.readLength
        try await site.files.system.mkdir(site.local / "out")
        var sources: [RawPath] = []
        for length in [0, 1, unit - 1, unit, unit + 1, 3 * unit] {
            let path = site.local / "out" / RawPath("\(length)")
            try await site.files.write(randomBytes(length), to: path)
            sources.append(path)
        }
        let progress = TransferProgress()
        let sent = await site.engine(progress: progress).put(sources, to: site.remote)
        #expect(sent.failures.isEmpty, "\(sent.failures)")
        #expect(sent.files == 6 && sent.bytes == UInt64(6 * unit + 1))
        let fetched = await site.engine().get([site.remote], to: site.local / "back")
        #expect(fetched.failures.isEmpty, "\(fetched.failures)")
        #expect(fetched.files == 6 && fetched.folders == 1 && fetched.bytes == UInt64(6 * unit + 1))
        let expected = try await site.files.snapshot(site.local / "out")
        #expect(try await site.files.snapshot(site.remote) == expected)
        #expect(try await site.files.snapshot(site.local / "back") == expected)
        let end = progress.snapshot
        #expect(end.bytesDone == end.bytesTotal && end.filesDone == 6 && end.filesTotal == 6)
        #expect(end.isTotalKnown && end.current.isEmpty)
    }

    @Test("40 MiB arrive as they are, in both directions")
    func large() async throws {
        let site = try await Site()
        try await site.files.write(randomBytes(40 << 20), to: site.local / "a")
        let sent = await site.engine().put([site.local / "a"], to: site.remote / "a")
        #expect(sent.failures.isEmpty && sent.bytes == 40 << 20)
        let fetched = await site.engine().get([site.remote / "a"], to: site.local / "b")
        #expect(fetched.failures.isEmpty && fetched.bytes == 40 << 20)
        #expect(try await site.files.areSame(site.local / "a", site.local / "b"))
    }

    @Test("Limits of one byte only slow a transfer down")
    func smallLimits() async throws {
        let site = try await Site()
        let unit = await site.client.limits.readLength
        try await site.files.write(randomBytes(3 * unit + 1), to: site.local / "a")
        func limit(_ options: inout TransferOptions) {
            options.limits.bytesUnderWay = 1
            options.limits.initialBytesUnderWay = 1
            options.limits.uploadBytesUnderWay = 1
            options.limits.listings = 1
            options.parallelFiles = 1
        }
        let sent = await site.engine(limit).put([site.local / "a"], to: site.remote / "a")
        let fetched = await site.engine(limit).get([site.remote], to: site.local / "back")
        #expect(sent.failures.isEmpty && fetched.failures.isEmpty)
        #expect(try await site.files.areSame(site.local / "a", site.local / "back" / "a"))
    }

    @Test("A file that tells no size is sent up to its end")
    func sizeUnknown() async throws {
        let site = try await Site()
        let sent = await site.engine().put(["/proc/version"], to: site.remote / "version")
        #expect(sent.failures.isEmpty)
        let text = try await site.files.text(site.remote / "version")
        #expect(text.contains("version") && sent.bytes == UInt64(text.utf8.count))
        let fetched = await site.engine().get(["/proc/version"], to: site.local / "version")
        #expect(fetched.failures.isEmpty)
        #expect(try await site.files.text(site.local / "version") == text)
    }

    @Test("A sparse file beyond 4 GiB is sent without its holes")
    func sparseUpload() async throws {
        let site = try await Site()
        let size: UInt64 = 5 << 30
        let source = try await File.open(site.local / "a", [.write, .create], on: site.files.loop)
        try await source.truncate(to: size)
        for offset in [UInt64(0), 4 << 30, size - 70_000 - (1 << 20)] {
            try await source.write(ByteBuffer(randomBytes(70_000, seed: offset + 1)), at: offset)
        }
        try await source.close()
        let sent = await site.engine().put([site.local / "a"], to: site.remote / "a")
        #expect(sent.failures.isEmpty && sent.bytes == size)
        try await expectIslands(site.remote / "a", size, [0, 4 << 30, size - 70_000 - (1 << 20)], site)
    }

    @Test("What lies beyond 4 GiB is fetched, and zeros become holes")
    func sparseDownload() async throws {
        let site = try await Site()
        let size: UInt64 = (4 << 30) + (24 << 20) + 1
        let islands: [UInt64] = [(4 << 30) + 5, (4 << 30) + (8 << 20)]
        // What an earlier run left spares this one the first 4 GiB.
        for name: RawPath in [site.remote / "a", site.local / ".a.fairlead-part"] {
            let file = try await File.open(name, [.write, .create], on: site.files.loop)
            try await file.truncate(to: name == site.remote / "a" ? size : 4 << 30)
            if name == site.remote / "a" {
                for offset in islands {
                    try await file.write(ByteBuffer(randomBytes(70_000, seed: offset + 1)), at: offset)
                }
            }
            try await file.close()
        }
        let fetched = await site.engine {
            $0.resumes = true
            $0.limits.bytesUnderWay = 1 << 20
        }.get([site.remote / "a"], to: site.local / "a")
        #expect(fetched.failures.isEmpty && fetched.bytes == size)
        try await expectIslands(site.local / "a", size, islands, site)
    }

    private func expectIslands(_ path: RawPath, _ size: UInt64, _ islands: [UInt64], _ site: Site) async throws {
        let status = try await site.files.system.stat(path)
        #expect(status.size == size)
        #expect(status.blocks * 512 < 2 << 20)
        let file = try await File.open(path, .read, on: site.files.loop)
        for offset in islands {
            let piece = try await file.read(at: offset, count: 70_000)
            #expect(piece == ByteBuffer(randomBytes(70_000, seed: offset + 1)))
        }
        try await file.close()
    }
}
