import Bytes
import FTP
import Reactor
import TestHosts
import Testing
import Transfer

/// Transfers that break off: the server's processes for a connection are killed, with both its connections.
@Suite("FTP transfers that break off", .timeLimit(.minutes(2)))
struct FTPResumeTests {
    private static let size = 24 << 20

    enum Direction: CaseIterable, Sendable { case get, put }

    static let cases: [(FTPCase, Direction)] = FTPCase.plain.flatMap { item in
        Direction.allCases.map { direction in (item, direction) }
    }

    /// Kills the processes that the server has made for its connections, by their numbers.
    private func cut(_ server: FTPServer) async throws {
        let script = """
            kids() { for p in $(ps -o pid= --ppid "$1"); do kids "$p"; echo "$p"; done; }
            for p in $(kids "$1"); do kill -9 "$p"; done
            """
        _ = try await runProgram("/bin/bash", ["-c", script, "cut", "\(server.process.processIdentifier)"])
    }

    /// Pure-FTPd's processes for connections are not found below the one that was started.
    static let killed = cases.filter { item, _ in item.product != .pureFTPd }

    @Test("A cut in the middle is got over, and the file is whole", arguments: killed)
    func cut(item: FTPCase, direction: Direction) async throws {
        let server = try await FTPServer.start(item.product, item.security)
        defer { server.stop() }
        let site = try await FTPSite(server, item.security)
        let bytes = randomBytes(Self.size)
        if direction == .get {
            try await site.give(bytes, "f")
        } else {
            try await site.files.write(bytes, to: site.local / "f")
        }
        let progress = TransferProgress()
        let engine = site.engine(
            {
                $0.rateLimit = 24 << 20
                $0.limits.initialBytesUnderWay = 1 << 20
            }, progress: progress)
        let cutter = Task {
            while progress.snapshot.bytesDone < UInt64(Self.size) / 3 { try await Task.sleep(for: .milliseconds(5)) }
            // vsftpd's listener may be the parent of several.
            try await cut(server)
        }
        let disk = LocalFileSystem(on: site.client.loop)
        let summary =
            switch direction {
            case .get: await engine.copy([site.remote / "f"], from: site.system, to: site.local, at: disk)
            case .put: await engine.copy([site.local / "f"], from: disk, to: site.remote, at: site.system)
            }
        try await cutter.value
        #expect(summary.failures.isEmpty && summary.files == 1 && summary.retries > 0, "\(summary)")
        #expect(try await site.files.areSame(site.local / "f", site.disk / "f"))
        let names = try await site.files.names(in: direction == .get ? site.local : site.disk)
        #expect(names == ["f"])
        await site.client.close()
    }

    @Test("A later run goes on from what is there", arguments: cases)
    func resume(item: FTPCase, direction: Direction) async throws {
        try await FTPSite.with(item) { site in
            let bytes = randomBytes(4 << 20)
            let there = 3 << 20
            let disk = LocalFileSystem(on: site.client.loop)
            let journals = RawPath(try TemporaryDirectory().path)
            let summary: TransferSummary
            if direction == .get {
                try await site.give(bytes, "f")
                try await site.files.write(Array(bytes[..<there]), to: site.local / ".f.fairlead-part")
                summary = await site.get(["f"]) { $0.resumes = true }
            } else {
                try await site.files.write(bytes, to: site.local / "f")
                try await site.give(Array(bytes[..<there]), ".f.fairlead-part")
                summary = await site.engine {
                    $0.resumes = true
                    $0.journalFolder = journals
                }.copy([site.local / "f"], from: disk, to: site.remote, at: site.system)
                #expect(summary.bytesKept == UInt64(there))
            }
            #expect(summary.failures.isEmpty && summary.files == 1, "\(summary.failures)")
            #expect(try await site.files.areSame(site.local / "f", site.disk / "f"))
        }
    }

    @Test("What is there but wrong is written over", arguments: FTPCase.plain)
    func wrongPart(item: FTPCase) async throws {
        try await FTPSite.with(item) { site in
            let bytes = randomBytes(3 << 20)
            var part = Array(bytes[..<(2 << 20)])
            part[(3 << 19) + 5] ^= 1
            try await site.files.write(bytes, to: site.local / "f")
            try await site.give(part, ".f.fairlead-part")
            let journals = RawPath(try TemporaryDirectory().path)
            let summary = await site.put(["f"]) {
                $0.resumes = true
                $0.journalFolder = journals
            }
            #expect(summary.failures.isEmpty && summary.files == 1, "\(summary.failures)")
            #expect(try await site.files.areSame(site.local / "f", site.disk / "f"))
        }
    }

    @Test("A part that is longer than the file is no part of it", arguments: FTPCase.plain)
    func longPart(item: FTPCase) async throws {
        try await FTPSite.with(item) { site in
            let bytes = randomBytes(3 << 20)
            try await site.files.write(bytes, to: site.local / "f")
            try await site.give(bytes + [1, 2, 3], ".f.fairlead-part")
            let journals = RawPath(try TemporaryDirectory().path)
            let summary = await site.put(["f"]) {
                $0.resumes = true
                $0.journalFolder = journals
            }
            #expect(summary.failures.isEmpty && summary.files == 1, "\(summary.failures)")
            #expect(try await site.files.areSame(site.local / "f", site.disk / "f"))
        }
    }

    @Test("Cancelling ends a transfer soon, and what was begun goes", arguments: FTPCase.plain)
    func cancel(item: FTPCase) async throws {
        try await FTPSite.with(item) { site in
            try await site.files.write(randomBytes(Self.size), to: site.local / "f")
            let progress = TransferProgress()
            let engine = site.engine({ $0.rateLimit = 4 << 20 }, progress: progress)
            let (local, remote, system) = (site.local, site.remote, site.system)
            let task = Task {
                await engine.copy([local / "f"], from: LocalFileSystem(on: system.loop), to: remote, at: system)
            }
            while progress.snapshot.bytesDone < 1 << 20 { try await Task.sleep(for: .milliseconds(5)) }
            let start = ContinuousClock.now
            task.cancel()
            let summary = await task.value
            #expect(summary.files == 0)
            #expect(ContinuousClock.now - start < .seconds(12))
            #expect(try await site.files.names(in: site.disk).filter { $0 == "f" }.isEmpty)
        }
    }
}
