/// The rules that sessions are kept by.
package struct SessionPolicy: Sendable {
    /// How long a session may be unused before it expires.
    package var idleLimit = Duration.seconds(30 * 60)
    /// How long before that it is warned of.
    package var warning = Duration.seconds(5 * 60)
    /// Sessions that are connected, or on the way to it, at most.
    package var maximumSessions = 20
    /// Sessions in all, those from before a restart included; the oldest that are over go first.
    package var maximumListed = 200
    /// Terminals of one session, at most.
    package var maximumTerminals = 64
    /// Bytes of each terminal's scroll-back.
    package var scrollBack = 256 << 10
    /// How connections that were lost are made again.
    package var retries = RetryPolicy(firstDelay: .milliseconds(500), maximumDelay: .seconds(30), maximumTries: 8)
    /// Seconds after which what is known of a session that is over is dropped at a restart.
    package var recordLifetime: Int64 = 7 * 24 * 3600
    /// How often expiry is looked at.
    package var sweepInterval = Duration.seconds(5)

    package init() {}
}

/// Where sessions have their time from; tests bring their own.
package struct SessionClock: Sendable {
    /// Milliseconds of a clock that never goes back.
    package var now: @Sendable () -> Int64
    /// Milliseconds since 1970.
    package var calendar: @Sendable () -> Int64

    package init(now: @escaping @Sendable () -> Int64, calendar: @escaping @Sendable () -> Int64) {
        self.now = now
        self.calendar = calendar
    }
}
