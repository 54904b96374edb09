import Bytes
import Cryptography
import Reactor
import SFTP
import SSH
import Synchronization
import TestHosts
import Testing
import Transfer

/// Connections that break, and are made again.
@Suite("Connections that are lost and made again", .timeLimit(.minutes(2)))
struct CutTests {
    enum Direction: CaseIterable, Sendable { case get, put }

    private static let size = 48 << 20

    /// An engine that connects again by `port`, as long as anybody listens there.
    private func engine(
        _ site: Site, _ user: String, _ port: UInt16, _ progress: TransferProgress,
        _ configure: (inout TransferOptions) -> Void
    ) -> TwoWayEngine {
        let loop = site.client.loop
        return site.engine(
            configure, progress: progress,
            reconnect: {
                // A cut may hit a connection that is just being made; a relay that is gone refuses every one.
                for _ in 0..<20 {
                    guard let connection = try? await Site.connect(port: port, as: user, on: loop) else { continue }
                    if let client = try? await FileTransferClient.open(on: connection) { return client }
                }
                return nil
            })
    }

    @Test("Twenty cuts at random places cost little, and nothing is wrong at the end", arguments: Direction.allCases)
    func cuts(direction: Direction) async throws {
        let host = try await Hosts.host(.openSSH)
        let relay = try await DelayRelay.start(to: host.port, roundTrip: 0)
        defer { relay.stop() }
        let site = try await Site.open(host, port: relay.port)
        let (from, to) = direction == .get ? (site.remote, site.local) : (site.local, site.remote)
        try await site.files.write(randomBytes(Self.size), to: from / "a")
        for number in 0..<40 {
            try await site.files.write(randomBytes(3000, seed: UInt64(number)), to: from / RawPath("t\(number)"))
        }
        let progress = TransferProgress()
        let engine = engine(site, host.user, relay.port, progress) {
            // So that each cut falls into the transfer.
            $0.rateLimit = 12 << 20
            $0.limits.initialBytesUnderWay = 1 << 20
            $0.limits.uploadBytesUnderWay = 1 << 20
            $0.durability = .automatic
        }
        let cutter = Task {
            var random = SystemRandomNumberGenerator()
            var places = (0..<20).map { _ in UInt64.random(in: 0..<UInt64(Self.size), using: &random) }.sorted()
            while let place = places.first, !Task.isCancelled {
                if progress.snapshot.bytesDone >= place {
                    relay.cut()
                    places.removeFirst()
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        defer { cutter.cancel() }
        let sources = [from / "a"] + (0..<40).map { from / RawPath("t\($0)") }
        let summary =
            switch direction {
            case .get: await engine.get(sources, to: to)
            case .put: await engine.put(sources, to: to)
            }
        #expect(summary.failures.isEmpty, "\(summary.failures)")
        #expect(summary.files == 41 && summary.retries > 0)
        for source in sources {
            #expect(try await site.files.areSame(source, to / source.lastComponent))
        }
        #expect(try await site.files.names(in: to).allSatisfy { !$0.hasPrefix(".") })
        let counts = try await relay.counts()
        let carried = direction == .get ? counts.down : counts.up
        // Each cut loses what is in the buffers on the way: less than what is under way, and no file begins anew.
        #expect(carried < Self.size + (summary.retries + 1) * (2 << 20))
    }

    @Test("A connection that cannot be made again ends the transfer with one failure", arguments: Direction.allCases)
    func lost(direction: Direction) async throws {
        let host = try await Hosts.host(.openSSH)
        let relay = try await DelayRelay.start(to: host.port, roundTrip: 0)
        let site = try await Site.open(host, port: relay.port)
        let (from, to) = direction == .get ? (site.remote, site.local) : (site.local, site.remote)
        for number in 0..<4 { try await site.files.write(randomBytes(4 << 20), to: from / RawPath("a\(number)")) }
        let progress = TransferProgress()
        let engine = engine(site, host.user, relay.port, progress) { $0.rateLimit = 4 << 20 }
        let cutter = Task {
            while progress.snapshot.bytesDone < 1 << 20 { try await Task.sleep(for: .milliseconds(10)) }
            relay.stop()
        }
        let sources = (0..<4).map { from / RawPath("a\($0)") }
        let summary =
            switch direction {
            case .get: await engine.get(sources, to: to)
            case .put: await engine.put(sources, to: to)
            }
        try await cutter.value
        #expect(summary.failures.count == 1 && summary.failures[0].error.endsConnection)
        #expect(summary.files == 0)
    }
}
