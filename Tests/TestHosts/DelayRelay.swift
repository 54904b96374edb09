package import Foundation

/// A relay on loopback that hands each byte on after half a round-trip time, to stand in for a long path.
///
/// It can also break connections, and counts what it carried.
package final class DelayRelay: Sendable {
    /// What a relay has carried since its start.
    package struct Counts: Codable, Equatable, Sendable {
        package let connections: Int
        /// Connections that the relay broke.
        package let cuts: Int
        /// Bytes handed on to the server, of all connections.
        package let up: Int
        /// Bytes handed on to the client, of all connections.
        package let down: Int

        package init(connections: Int, cuts: Int, up: Int, down: Int) {
            self.connections = connections
            self.cuts = cuts
            self.up = up
            self.down = down
        }
    }

    /// The port to connect to instead of the server's.
    package let port: UInt16
    package let process: ChildProcess
    private let directory: TemporaryDirectory

    /// Relays to `port`; both directions together add `roundTrip` seconds, each carries at most `rate` bytes a second.
    ///
    /// A connection that has carried `cutAfter` bytes, both ways together, is reset at both ends, and what is under way
    /// is lost; so are at most `cuts` connections (nil: each).
    package static func start(
        to port: UInt16, roundTrip: TimeInterval, rate: Int? = nil, cutAfter: Int? = nil, cuts: Int? = nil
    ) async throws -> DelayRelay {
        try await onThread {
            try DelayRelay(to: port, roundTrip: roundTrip, rate: rate, cutAfter: cutAfter, cuts: cuts)
        }
    }

    private init(to target: UInt16, roundTrip: TimeInterval, rate: Int?, cutAfter: Int?, cuts: Int?) throws {
        directory = try TemporaryDirectory()
        var arguments = ["\(target)", "\(roundTrip * 500)"] + (rate.map { ["\($0)"] } ?? [])
        arguments += cutAfter.map { ["--cut-after", "\($0)"] } ?? []
        arguments += cuts.map { ["--cuts", "\($0)"] } ?? []
        arguments += ["--counts", directory.path("counts")]
        (process, port) = try PythonHost.start("delay-relay", arguments, log: directory.path("log"))
    }

    /// Resets every connection at both ends, now; new ones are relayed.
    package func cut() { process.signal(SIGUSR2) }

    /// What the relay has carried until now.
    package func counts() async throws -> Counts {
        try await onThread { [self] in
            let file = directory.path("counts")
            try? FileManager.default.removeItem(atPath: file)
            process.signal(SIGUSR1)
            let deadline = Date(timeIntervalSinceNow: Launch.patience)
            while Date() < deadline, process.isRunning {
                if let data = FileManager.default.contents(atPath: file) {
                    return try JSONDecoder().decode(Counts.self, from: data)
                }
                usleep(1000)
            }
            throw TestHostError.notReady("delay-relay's counts", log: readText(directory.path("log")))
        }
    }

    /// Cuts every connection, and takes no more.
    package func stop() { process.kill() }
}
