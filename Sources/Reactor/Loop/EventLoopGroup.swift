import CUV
import Synchronization

/// A fixed number of event loops, handed out in turn.
package final class EventLoopGroup: Sendable {
    /// The loops, in the order in which they are handed out.
    package let loops: [EventLoop]
    private let position = Atomic(0)

    /// One loop per core, at most 8; started when first used, never shut down.
    package static let shared = EventLoopGroup(count: min(Int(uv_available_parallelism()), Limits.sharedLoops))

    /// Starts `count` loops, at least one.
    package init(count: Int) {
        loops = (0..<max(count, 1)).map { _ in EventLoop() }
    }

    /// A group of one loop that others use as well.
    package init(_ loop: EventLoop) {
        loops = [loop]
    }

    /// The loop whose turn it is; from any thread.
    package func next() -> EventLoop {
        let turn = position.wrappingAdd(1, ordering: .relaxed).oldValue
        return loops[Int(UInt(bitPattern: turn) % UInt(loops.count))]
    }

    /// Shuts every loop down (`EventLoop.shutdown`).
    package func shutdown() async {
        for loop in loops { await loop.shutdown() }
    }
}
