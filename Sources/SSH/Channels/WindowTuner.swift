/// Chooses the size of a receive window by what is consumed per round trip.
///
/// Holds no clock: times are monotonic nanoseconds that the caller gives. More than half a window received and consumed
/// within one round trip means that the window may be what limits the peer, so it doubles; a reader that is slower than
/// that never makes it grow. A pause of `idleTime` brings it back to the initial size.
package struct WindowTuner: Equatable, Sendable {
    /// After so long without data the window is as large as in the beginning again, in nanoseconds.
    package static let idleTime: UInt64 = 2_000_000_000
    /// A longer round trip counts as this, in nanoseconds; it may be the peer who takes its time.
    package static let maximumRoundTrip: UInt64 = 2_000_000_000

    package let initial: UInt32
    package let maximum: UInt32
    /// The window that is aimed at, in bytes, in `initial ... maximum`.
    package private(set) var target: UInt32

    private var roundStart: UInt64 = 0
    private var received = 0
    private var consumed = 0
    private var lastUse: UInt64 = 0

    /// A tuner at `initial` bytes, at least 1; a `maximum` below that counts as `initial`.
    package init(initial: UInt32, maximum: UInt32) {
        self.initial = max(initial, 1)
        self.maximum = max(maximum, self.initial)
        target = self.initial
    }

    /// Notes that `count` bytes have arrived.
    package mutating func receive(_ count: Int) {
        received += count
    }

    /// Notes that `count` bytes have been consumed at `now`; grows only with a known round trip and `mayGrow`.
    package mutating func consume(_ count: Int, now: UInt64, roundTrip: UInt64?, mayGrow: Bool) {
        if elapsed(since: lastUse, now) > Self.idleTime { target = initial }
        lastUse = max(now, lastUse)
        consumed += count
        guard let roundTrip else { return }
        let round = min(max(roundTrip, 1), Self.maximumRoundTrip)
        let time = elapsed(since: roundStart, now)
        // Over a longer time than one round trip only its share counts: a reader that takes much at a time, but rarely,
        // is slow. Both counts have to be high: one that is behind and catches up did not wait for the peer.
        let perRound = Double(min(received, consumed)) * (Double(round) / Double(max(time, round)))
        if perRound > Double(target) / 2 {
            if mayGrow { target = target > maximum / 2 ? maximum : target * 2 }
            startRound(now)
        } else if time >= round {
            startRound(now)
        }
    }

    private mutating func startRound(_ now: UInt64) {
        roundStart = now
        received = 0
        consumed = 0
    }

    private func elapsed(since start: UInt64, _ now: UInt64) -> UInt64 {
        now > start ? now - start : 0
    }
}
