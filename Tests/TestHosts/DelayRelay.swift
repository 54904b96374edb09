package import Foundation

/// A relay on loopback that hands each byte on after half a round-trip time, to stand in for a long path.
package final class DelayRelay: Sendable {
    /// The port to connect to instead of the server's.
    package let port: UInt16
    package let process: ChildProcess

    /// Relays to `port`; both directions together add `roundTrip` seconds, each carries at most `rate` bytes a second.
    package static func start(
        to port: UInt16, roundTrip: TimeInterval, rate: Int? = nil
    ) async throws -> DelayRelay {
        try await onThread { try DelayRelay(to: port, roundTrip: roundTrip, rate: rate) }
    }

    private init(to target: UInt16, roundTrip: TimeInterval, rate: Int?) throws {
        let log = try TemporaryDirectory().path("log")
        (process, port) = try PythonHost.start(
            "delay-relay", ["\(target)", "\(roundTrip * 500)"] + (rate.map { ["\($0)"] } ?? []), log: log)
    }

    /// Cuts every connection.
    package func stop() { process.kill() }
}
