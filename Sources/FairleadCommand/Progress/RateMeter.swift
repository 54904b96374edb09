/// How fast something goes lately: an average in which older times weigh less and less (exponentially weighted). The
/// time is handed in.
package struct RateMeter: Sendable, Hashable {
    /// After this time a change has done 63 % of its effect.
    private let timeConstant: Duration
    private var lastTime: Duration?
    private var lastBytes: UInt64 = 0
    /// The average as if there had been nothing before the first sample, and the weight of what was since.
    private var average = 0.0
    private var weight = 0.0

    /// Bytes a second; nil before two samples.
    package var bytesPerSecond: Double? { weight > 0 ? average / weight : nil }

    package init(timeConstant: Duration = .seconds(3)) {
        precondition(timeConstant > .zero, "an average needs a time")
        self.timeConstant = timeConstant
    }

    /// Takes note that `bytes` were done altogether at `time`; samples less than 50 ms apart are put together.
    package mutating func record(_ bytes: UInt64, at time: Duration) {
        guard let lastTime, bytes >= lastBytes, time >= lastTime else {
            (self.lastTime, lastBytes) = (time, bytes)
            return
        }
        let seconds = (time - lastTime) / .seconds(1)
        guard seconds >= 0.05 else { return }
        let sample = Double(bytes - lastBytes) / seconds
        // 1 − e^(−x) by the first terms of its fraction; within 1 % where it matters and never above 1.
        let x = seconds / (timeConstant / .seconds(1))
        let share = 1 - 1 / (1 + x + x * x / 2 + x * x * x / 6)
        average += share * (sample - average)
        weight += share * (1 - weight)
        (self.lastTime, lastBytes) = (time, bytes)
    }

    /// How long `bytes` more will take; nil while that is unknown or beyond 100 days.
    package func time(for bytes: UInt64) -> Duration? {
        guard bytes > 0 else { return .zero }
        guard let bytesPerSecond, bytesPerSecond >= 1 else { return nil }
        let seconds = Double(bytes) / bytesPerSecond
        return seconds < 100 * 86400 ? .milliseconds(Int64(seconds * 1000)) : nil
    }
}
