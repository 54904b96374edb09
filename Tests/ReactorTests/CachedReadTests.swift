import Bytes
import Foundation
import Testing

@testable import Reactor

@Suite("Reads of what is in memory")
struct CachedReadTests {
    /// The folder of a disk's file system, and that of one in memory where there is one.
    private static let folders = ["/var/tmp", "/dev/shm"].filter { FileManager.default.isWritableFile(atPath: $0) }

    @Test("They give the same as other reads, also at the end and behind it", arguments: folders)
    func content(folder: String) async throws {
        let loop = EventLoop()
        let path = "\(folder)/fairlead-\(UUID().uuidString)"
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try await File.open(RawPath(path), .read, on: loop)
        func read(_ ranges: [Range<UInt64>]) async -> [Result<ByteBuffer, ReactorError>] {
            await withCheckedContinuation { continuation in
                loop.execute { file.readPreferringMemory(ranges) { continuation.resume(returning: $0) } }
            }
        }
        let parts = try await read([0..<1000, 1000..<200_000, 290_000..<310_000, 400_000..<500_000])
            .map { try $0.get().array }
        #expect(parts.map(\.count) == [1000, 199_000, 10_000, 0])
        #expect(parts.joined().elementsEqual(bytes[..<200_000] + bytes[290_000...]))
        try await file.close()
        let closed = await read([0..<10])
        #expect(throws: ReactorError.self) { try closed[0].get() }
        await loop.shutdown()
    }
}
