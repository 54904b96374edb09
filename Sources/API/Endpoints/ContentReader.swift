import Bytes
import HTTP
import Reactor
import Transfer

/// Reads a range of a file on a host in order, with several requests under way, as fast as somebody takes it.
///
/// On the loop of the file.
actor ContentReader {
    private let loop: EventLoop
    private let file: any OpenFile

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(_ file: any OpenFile, on loop: EventLoop) {
        self.file = file
        self.loop = loop
    }

    /// Writes `range` to `writer`, with up to `window` bytes on the way; throws `TransferError` or what the writer throws.
    func copy(_ range: Range<UInt64>, to writer: HTTPBodyWriter, window: Int) async throws {
        let piece = UInt64(max(1, min(file.readLength, window)))
        let depth = max(1, window / Int(piece))
        var pending: [Task<ByteBuffer, any Error>] = []
        var next = range.lowerBound
        defer { for task in pending { task.cancel() } }
        while next < range.upperBound || !pending.isEmpty {
            while pending.count < depth, next < range.upperBound {
                let part = next..<min(next + piece, range.upperBound)
                pending.append(Task(executorPreference: loop) { try await self.read(part) })
                next = part.upperBound
            }
            let buffer = try await pending.removeFirst().value
            try Task.checkCancellation()
            try await writer.write(buffer)
        }
    }

    /// All of `range`; throws `sourceChanged` when the file ends before.
    private func read(_ range: Range<UInt64>) async throws -> ByteBuffer {
        var whole = ByteBuffer()
        while whole.count < range.count {
            try Task.checkCancellation()
            let offset = range.lowerBound + UInt64(whole.count)
            let result = await withCheckedContinuation(isolation: self) { continuation in
                file.read(at: offset, length: range.count - whole.count) { continuation.resume(returning: $0) }
            }
            let buffer = try result.get()
            guard !buffer.isEmpty else {
                throw TransferError.sourceChanged(path: file.path, expected: range.upperBound, found: offset)
            }
            if whole.isEmpty { whole = buffer } else { whole.append(buffer.bytes) }
        }
        return whole
    }
}
