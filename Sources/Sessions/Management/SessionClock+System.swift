import Reactor

extension SessionClock {
    /// The system's clocks.
    package static let system = SessionClock(
        now: { EventLoop.monotonicMilliseconds }, calendar: { EventLoop.calendarMilliseconds })
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
