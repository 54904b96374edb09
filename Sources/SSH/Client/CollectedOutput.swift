import Bytes
import Synchronization

/// Collects what a remote command writes, up to a limit a stream; what is more is dropped and counted.
package final class CollectedOutput: RemoteCommandOutput {
    /// What has come so far.
    package struct Content: Sendable {
        package var output: [UInt8] = []
        package var error: [UInt8] = []
        /// Bytes that did not fit.
        package var droppedCount = 0
    }

    private let limit: Int
    private let collected = Mutex(Content())

    /// Keeps at most `limit` bytes of each stream.
    package init(limit: Int = 16 << 20) {
        self.limit = limit
    }

    package var content: Content { collected.withLock { $0 } }

    package func receive(_ bytes: RawSpan, from stream: ChannelStream, of channel: Channel) {
        collected.withLock { content in
            let held = stream == .output ? content.output.count : content.error.count
            let kept = Swift.min(limit - held, bytes.byteCount)
            let piece = [UInt8](bytes.extracting(first: kept))
            switch stream {
            case .output: content.output += piece
            case .error: content.error += piece
            }
            content.droppedCount += bytes.byteCount - kept
        }
        channel.acknowledge(bytes.byteCount)
    }

    package func outputDidEnd() {}
    package func inputDidDrain() {}
}

extension Connection {
    /// Runs a command without input and collects what it writes. Cancellation closes its channel.
    package func run(_ command: String, limit: Int = 16 << 20) async throws(ConnectionError) -> (
        outcome: RemoteCommand.Outcome, content: CollectedOutput.Content
    ) {
        let output = CollectedOutput(limit: limit)
        let (running, channel) = try await RemoteCommand.start(
            .exec(Array(command.utf8)), on: self, output: output)
        sendEOF(on: channel.id)
        do throws(ConnectionError) {
            return (try await running.outcome(), output.content)
        } catch {
            channel.closeLater()
            throw error
        }
    }
}
