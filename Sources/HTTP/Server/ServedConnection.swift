import Reactor

/// A connection of a server, whichever version of HTTP it speaks; everything happens on the server's loop.
protocol ServedConnection: Actor {
    /// Begins.
    func start()

    /// Ends what has taken too long; `now` is the loop's clock in nanoseconds.
    func enforceLimits(at now: UInt64)

    /// Ends after the answers that are under way.
    func drain()

    /// Ends at once.
    func abort()

    /// Since when nothing has been under way, in nanoseconds of the loop's clock; nil while something is.
    var quietSince: UInt64? { get }
}
