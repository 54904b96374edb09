import Synchronization

/// Whether short work on a file system may be done where it would hold up others, on a loop: going by how long such work
/// took lately. Without I/O or clock.
///
/// Handing a small request to another thread and its result back costs more than most of them do. So after enough of them
/// were quick there, they are done here; one that takes long after all sends everything to the other threads again, for a
/// time that grows with each.
package struct DiskPace: Sendable {
    /// The bounds; each can be injected.
    package struct Configuration: Sendable {
        /// Work that took this long, in nanoseconds, says that the disk was waited for.
        package var quick: UInt64 = 100_000
        /// Work that took this long, in nanoseconds, has held up others.
        package var stall: UInt64 = 5_000_000
        /// How many have to be quick before they are done here; one that is slow counts as so many less.
        package var trustedCount = 16
        /// So many are remembered: that a thread had to wait for a core now and then, and not for the disk, does no harm.
        package var longestMemory = 64
        /// For how long nothing is done here after the first stall, in nanoseconds, …
        package var firstRest: UInt64 = 250_000_000
        /// … and after many.
        package var longestRest: UInt64 = 60_000_000_000
        /// After how many quick ones in a row the next rest is half as long.
        package var forgivingCount = 256

        package init() {}
    }

    private let configuration: Configuration
    /// Quick ones less slow ones.
    private var credit = 0
    private var quickInARow = 0
    private var rest: UInt64
    private var notBefore: UInt64 = 0

    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        rest = configuration.firstRest
    }

    /// Whether short work may be done here, at `now` on the monotonic clock, in nanoseconds.
    package func allowsDirectWork(now: UInt64) -> Bool {
        credit >= configuration.trustedCount && now >= notBefore
    }

    /// Takes note that `count` pieces of short work took `duration` together and ended at `now`, in nanoseconds.
    package mutating func note(_ duration: UInt64, count: Int, now: UInt64) {
        let each = duration / UInt64(max(count, 1))
        guard each > configuration.quick else {
            credit = min(credit + count, configuration.longestMemory)
            let before = quickInARow
            quickInARow = before &+ count
            if before / configuration.forgivingCount != quickInARow / configuration.forgivingCount {
                rest = max(rest / 2, configuration.firstRest)
            }
            return
        }
        quickInARow = 0
        let wasTrusted = credit >= configuration.trustedCount
        guard wasTrusted, duration > configuration.stall else {
            credit = max(credit - configuration.trustedCount, 0)
            return
        }
        credit = 0
        notBefore = now &+ rest
        rest = min(rest * 2, configuration.longestRest)
    }
}

/// The pace of one file system, for everybody who works on it.
package final class SharedDiskPace: Sendable {
    private let pace: Mutex<DiskPace>

    package init(_ pace: DiskPace = DiskPace()) {
        self.pace = Mutex(pace)
    }

    /// As `DiskPace` says it.
    package func allowsDirectWork(now: UInt64) -> Bool {
        pace.withLock { $0.allowsDirectWork(now: now) }
    }

    /// As `DiskPace` says it.
    package func note(_ duration: UInt64, count: Int, now: UInt64) {
        pace.withLock { $0.note(duration, count: count, now: now) }
    }
}
