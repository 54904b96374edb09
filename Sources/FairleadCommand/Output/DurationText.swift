/// Times as people read them.
package enum DurationText {
    /// As a clock: `0:07`, `12:34`, `1:02:03`, `3d 04:00`.
    package static func clock(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        let (minutes, hours, days) = (seconds / 60 % 60, seconds / 3600, seconds / 86400)
        if days > 0 { return "\(days)d \(twoDigits(hours % 24)):\(twoDigits(minutes))" }
        if hours > 0 { return "\(hours):\(twoDigits(minutes)):\(twoDigits(seconds % 60))" }
        return "\(minutes):\(twoDigits(seconds % 60))"
    }

    /// How long something took: `12 ms`, `3.4 s`, then as `clock`.
    package static func elapsed(_ duration: Duration) -> String {
        let milliseconds = max(0, Int64(duration / .milliseconds(1)))
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        if milliseconds < 60_000 { return "\(milliseconds / 1000).\(milliseconds / 100 % 10) s" }
        return clock(duration)
    }

    static func twoDigits(_ value: some BinaryInteger) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }
}
