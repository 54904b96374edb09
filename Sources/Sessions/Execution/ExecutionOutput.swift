import Bytes
import SSH
import Synchronization

/// Collects a command's streams, each by itself and both together, up to a limit each.
final class ExecutionOutput: RemoteCommandOutput {
    struct Content: Sendable {
        var output: [UInt8] = []
        var error: [UInt8] = []
        var combined: [UInt8] = []
        var droppedCount = 0
    }

    private let limit: Int
    private let collected = Mutex(Content())

    /// Keeps at most `limit` bytes of each stream.
    init(limit: Int) {
        self.limit = limit
    }

    var content: Content { collected.withLock { $0 } }

    func receive(_ bytes: RawSpan, from stream: ChannelStream, of channel: Channel) {
        collected.withLock { content in
            let held = stream == .output ? content.output.count : content.error.count
            let kept = min(limit - held, bytes.byteCount)
            let piece = [UInt8](bytes.extracting(first: kept))
            switch stream {
            case .output: content.output += piece
            case .error: content.error += piece
            }
            content.combined += piece
            content.droppedCount += bytes.byteCount - kept
        }
        channel.acknowledge(bytes.byteCount)
    }

    func outputDidEnd() {}
    func inputDidDrain() {}
}
