/// How much the peer may send on one channel, and when to allow more (RFC 4254 §5.2).
///
/// What the peer may still send, what the consumer holds and what is free for the next adjustment add up to the tuner's
/// target, or to more after it has shrunk: a window that was granted cannot be taken back.
package struct ReceiveWindow: Equatable, Sendable {
    package private(set) var tuner: WindowTuner
    /// How many bytes the peer may still send.
    package private(set) var remaining: UInt32
    /// How many bytes have been delivered and not acknowledged.
    package private(set) var held = 0
    private let packetSize: UInt32

    /// A window that starts with the tuner's target; the peer sends packets of at most `packetSize` bytes of data.
    package init(tuner: WindowTuner, packetSize: UInt32) {
        self.tuner = tuner
        self.packetSize = packetSize
        remaining = tuner.target
    }

    /// Takes `count` bytes from the window; false, and nothing happens, when the window is smaller.
    package mutating func receive(_ count: Int) -> Bool {
        guard count <= Int(remaining) else { return false }
        remaining -= UInt32(count)
        held += count
        tuner.receive(count)
        return true
    }

    /// Notes that the consumer is done with `count` bytes, at most `held`; returns the bytes to allow the peer now, or
    /// 0.
    ///
    /// They are allowed in sizeable parts: a quarter of the window or three packets, whichever is less.
    package mutating func acknowledge(_ count: Int, now: UInt64, roundTrip: UInt64?, mayGrow: Bool) -> UInt32 {
        precondition(count >= 0 && count <= held, "cannot acknowledge more than was delivered")
        held -= count
        tuner.consume(count, now: now, roundTrip: roundTrip, mayGrow: mayGrow)
        let target = Int(tuner.target)
        let credit = target - Int(remaining) - held
        guard credit >= max(1, min(target / 4, 3 * Int(packetSize))) else { return 0 }
        remaining += UInt32(credit)
        return UInt32(credit)
    }
}
