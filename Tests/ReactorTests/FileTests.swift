import Bytes
import Glibc
import Reactor
import Testing

/// A folder of its own that goes with what is in it.
func withTemporaryFolder<R>(
    on loop: EventLoop, _ body: (FileSystem, RawPath) async throws -> R
) async throws -> R {
    let files = FileSystem(on: loop)
    let folder = RawPath("/tmp/reactor-\(getpid())-\(UInt64.random(in: 0 ... .max))")
    try await files.mkdir(folder, permissions: 0o700)
    func remove(_ path: RawPath) async throws {
        guard try await files.lstat(path).kind == .directory else { return try await files.unlink(path) }
        for entry in try await files.scandir(path) { try await remove(path.appending(entry.name)) }
        try await files.rmdir(path)
    }
    do {
        let result = try await body(files, folder)
        try await remove(folder)
        return result
    } catch {
        try await remove(folder)
        throw error
    }
}

@Suite("Files")
struct FileTests {
    let loop = EventLoop()

    @Test("are written, read, cut, extended and stamped")
    func contents() async throws {
        try await withTemporaryFolder(on: loop) { files, folder in
            let path = folder.appending("data")
            let file = try await File.open(path, [.read, .write, .create, .exclusive], permissions: 0o600, on: loop)
            let content = TCPStreamTests.randomBytes(300_000)
            try await file.write(ByteBuffer(content), at: 0)
            #expect(try await file.read(at: 0, count: 1 << 20).array == content)
            #expect(try await file.read(at: 299_990, count: 100).array == Array(content[299_990...]))
            #expect(try await file.read(at: 300_000, count: 1).isEmpty)
            try await file.truncate(to: 10)
            try await file.write(ByteBuffer([1]), at: 20)
            #expect(
                try await file.read(at: 0, count: 100).array == content[..<10] + [UInt8](repeating: 0, count: 10) + [1])
            try await file.datasync()
            try await file.fsync()
            try await file.chmod(0o640)
            let time = FileTime(seconds: 1_000_000_000, nanoseconds: 123_456_789)
            try await file.utimes(accessed: FileTime(seconds: 1), modified: time)
            let status = try await file.stat()
            #expect(status.kind == .regular)
            #expect(status.permissions == 0o640)
            #expect(status.size == 21)
            #expect(status.modified == time)
            #expect(status.accessed == FileTime(seconds: 1))
            #expect(try await files.stat(path) == status)
            try await file.close()
            try await file.close()
            let error = await #expect(throws: ReactorError.self) { try await file.read(at: 0, count: 1) }
            #expect(error?.kind == .closed)
        }
        await loop.shutdown()
    }

    @Test("are read and written with completions on the loop, many at once")
    func completions() async throws {
        try await withTemporaryFolder(on: loop) { _, folder in
            let file = try await File.open(folder.appending("data"), [.read, .write, .create], on: loop)
            let results: [[UInt8]] = await withCheckedContinuation { continuation in
                loop.execute { Self.writeAndRead(file, continuation) }
            }
            #expect(results == (0..<64).map { [0xFF] + [UInt8](repeating: $0, count: 1000) })
            try await file.close()
        }
        await loop.shutdown()
    }

    private static func writeAndRead(_ file: File, _ continuation: CheckedContinuation<[[UInt8]], Never>) {
        final class Results: @unchecked Sendable {
            // The loop's thread alone touches it.
            var chunks = [[UInt8]](repeating: [], count: 64)
            var left = 64
        }
        let results = Results()
        for index in 0..<64 {
            file.write(ByteBuffer([UInt8](repeating: UInt8(index), count: 1000)), at: UInt64(index * 1000)) { _ in
                file.read(at: UInt64(index * 1000), count: 1000, into: ByteBuffer([0xFF])) { result in
                    file.loop.preconditionCurrent()
                    results.chunks[index] = (try? result.get().array) ?? []
                    results.left -= 1
                    if results.left == 0 { continuation.resume(returning: results.chunks) }
                }
            }
        }
    }

    @Test("of which parts are holes tell where their data is")
    func extents() async throws {
        try await withTemporaryFolder(on: loop) { _, folder in
            let file = try await File.open(folder.appending("sparse"), [.read, .write, .create], on: loop)
            #expect(try await file.extents() == [])
            try await file.truncate(to: 8 << 20)
            let ones = ByteBuffer([UInt8](repeating: 1, count: 64 << 10))
            try await file.write(ones, at: 1 << 20)
            try await file.write(ones, at: 4 << 20)
            let extents = try await file.extents()
            let ranges: [Range<UInt64>] = [(1 << 20)..<(1 << 20) + (64 << 10), (4 << 20)..<(4 << 20) + (64 << 10)]
            for range in ranges {
                #expect(extents.contains { $0.lowerBound <= range.lowerBound && $0.upperBound >= range.upperBound })
            }
            // Every extent lies within the file, also where the file system knows no holes.
            #expect(extents.allSatisfy { $0.upperBound <= 8 << 20 })
            #expect(try await file.extents(limit: 1).count == 1)
            try await file.close()
        }
        await loop.shutdown()
    }

    @Test(
        "say why they cannot be opened",
        arguments: [
            ("/no/such/file", ReactorError.Kind.notFound), ("/dev/null/below", .notDirectory), ("/tmp", .isDirectory),
            ("a\0b", .other), ("", .notFound),
        ])
    func openErrors(path: String, kind: ReactorError.Kind) async {
        let error = await #expect(throws: ReactorError.self) {
            try await File.open(RawPath(path), [.write], on: loop)
        }
        #expect(error?.kind == kind)
        #expect(error?.operation == "open")
        #expect(error?.path == RawPath(path))
        await loop.shutdown()
    }

    @Test("are renamed, linked, listed and removed by path")
    func paths() async throws {
        try await withTemporaryFolder(on: loop) { files, folder in
            let odd = RawPath(bytes: [0xFF, 0x0A, 0x20])
            try await File.open(folder.appending(odd), [.write, .create], on: loop).close()
            try await files.mkdir(folder.appending("folder"))
            try await files.symlink("folder/../target", at: folder.appending("link"))
            let entries = try await files.scandir(folder)
            #expect(
                Set(entries) == [
                    DirectoryEntry(name: odd, kind: .regular), DirectoryEntry(name: "folder", kind: .directory),
                    DirectoryEntry(name: "link", kind: .symbolicLink),
                ])
            #expect(try await files.readlink(folder.appending("link")) == "folder/../target")
            #expect(try await files.lstat(folder.appending("link")).kind == .symbolicLink)
            let missing = await #expect(throws: ReactorError.self) { try await files.stat(folder.appending("link")) }
            #expect(missing?.kind == .notFound)
            try await files.rename(folder.appending(odd), to: folder.appending("target"))
            #expect(try await files.stat(folder.appending("link")).kind == .regular)
            #expect(try await files.realpath(folder.appending("link")) == folder.appending("target"))
            try await files.link(folder.appending("target"), to: folder.appending("second"))
            #expect(try await files.stat(folder.appending("second")).linkCount == 2)
            let time = FileTime(seconds: 5, nanoseconds: 6)
            try await files.utimes(folder.appending("link"), accessed: time, modified: time, followingLinks: false)
            #expect(try await files.lstat(folder.appending("link")).modified == time)
            #expect(try await files.stat(folder.appending("link")).modified != time)
            try await files.chmod(folder.appending("target"), permissions: 0o400)
            #expect(try await files.stat(folder.appending("target")).permissions == 0o400)
            let full = await #expect(throws: ReactorError.self) { try await files.rmdir(folder) }
            #expect(full?.kind == .notEmpty)
            let there = await #expect(throws: ReactorError.self) { try await files.mkdir(folder) }
            #expect(there?.kind == .alreadyExists)
            #expect(there?.description == "mkdir \(folder): file already exists")
            let space = try await files.statfs(folder)
            #expect(space.total >= space.free && space.free >= space.available && space.total > 0)
        }
        await loop.shutdown()
    }
}
