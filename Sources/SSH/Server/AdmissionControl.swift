import Reactor

/// Which connections a listener takes before it knows who they are, without I/O or clock.
///
/// Three things keep a flood from using up the server: a bound on connections that have not logged in, with random drops
/// before it is reached; the same for each source; and penalties for sources whose connections come to nothing, which
/// grow with each and are served after the connection. A source is an IPv4 address or an IPv6 /64, the least that one
/// subscriber has.
package struct AdmissionControl: Sendable {
    /// The bounds; each can be injected.
    package struct Configuration: Sendable {
        /// Connections that have not logged in, from which on some are dropped, …
        package var dropStart = 10
        /// … with this chance at first, in percent, growing …
        package var dropPercent = 30
        /// … up to this many, from which on all are (OpenSSH's MaxStartups).
        package var dropFull = 100
        /// Connections of one source that have not logged in.
        package var perSource = 16
        /// Connections in all, logged in or not.
        package var total = 4096
        /// What is served for a connection that ended so; nil for no penalties at all.
        package var penalties: Penalties? = Penalties()

        package init() {}
    }

    /// How long a source has to wait, by what its connection came to (OpenSSH's PerSourcePenalties). They add up.
    package struct Penalties: Sendable {
        /// The client proved nothing in the login time.
        package var timedOut: Duration = .seconds(10)
        /// The client gave wrong proofs.
        package var failed: Duration = .seconds(5)
        /// The client left without trying.
        package var left: Duration = .seconds(1)
        /// The client broke the protocol.
        package var violated: Duration = .seconds(20)
        /// Sums below this are not served.
        package var minimum: Duration = .seconds(15)
        /// No sum is above this.
        package var maximum: Duration = .seconds(600)

        package init() {}
    }

    /// How a connection that was admitted went.
    package enum Outcome: Sendable, Hashable, CaseIterable {
        case authenticated
        case timedOut, failed, left, violated
        /// The server ended it.
        case stopped
    }

    /// Why a connection is dropped at once.
    package enum Refusal: Error, Sendable, Hashable {
        case tooManyUnauthenticated
        case tooManyOfSource
        case tooMany
        case penalised
    }

    /// Whose connection it is, as far as limits and penalties go.
    package enum Source: Hashable, Sendable {
        case network([UInt8])
        /// Unix sockets: the system says who may connect.
        case local

        /// The /32 of an IPv4 address, also of one in IPv6's form; the /64 of another.
        package init(_ source: ConnectionSource) {
            switch source {
            case .local: self = .local
            case .tcp(let address):
                let bytes = address.bytes
                let isMapped = bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10..<12] == [255, 255]
                self = .network(isMapped ? Array(bytes[12...]) : Array(bytes.prefix(bytes.count == 16 ? 8 : 4)))
            }
        }
    }

    private struct Record {
        var unauthenticated = 0
        /// When all penalties are served.
        var freeAt: ContinuousClock.Instant
    }

    package let configuration: Configuration
    package private(set) var unauthenticatedCount = 0
    package private(set) var count = 0
    private var records: [Source: Record] = [:]

    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// How many sources are remembered.
    package var sourceCount: Int { records.count }

    /// Takes a connection into the count, or says why not. `chance` is a random number in 0 ..< 100.
    package mutating func admit(
        _ source: Source, now: ContinuousClock.Instant, chance: Int
    ) -> Result<Void, Refusal> {
        guard count < configuration.total else { return .failure(.tooMany) }
        guard !drops(chance) else { return .failure(.tooManyUnauthenticated) }
        var record = records[source] ?? Record(freeAt: now)
        guard record.unauthenticated < configuration.perSource || source == .local else {
            return .failure(.tooManyOfSource)
        }
        if let penalties = configuration.penalties, record.freeAt - now >= penalties.minimum {
            return .failure(.penalised)
        }
        count += 1
        unauthenticatedCount += 1
        record.unauthenticated += 1
        makeRoom(now)
        records[source] = record
        return .success(())
    }

    /// Whether a new connection is one of those that are dropped at random (OpenSSH's MaxStartups).
    private func drops(_ chance: Int) -> Bool {
        let (start, full) = (configuration.dropStart, configuration.dropFull)
        guard unauthenticatedCount >= start else { return false }
        guard unauthenticatedCount < full else { return true }
        let percent = configuration.dropPercent
        return chance < percent + (100 - percent) * (unauthenticatedCount - start) / max(full - start, 1)
    }

    /// A connection has logged in, or ended without.
    package mutating func conclude(_ source: Source, _ outcome: Outcome, now: ContinuousClock.Instant) {
        unauthenticatedCount -= 1
        guard var record = records[source] else { return }
        record.unauthenticated -= 1
        if let penalties = configuration.penalties, source != .local {
            let sum = max(record.freeAt - now, .zero) + penalties.of(outcome)
            record.freeAt = now + min(sum, penalties.maximum)
        }
        records[source] = record.unauthenticated > 0 || record.freeAt > now ? record : nil
    }

    /// A connection has ended, whether it had logged in or not.
    package mutating func end() {
        count -= 1
    }

    /// Forgets what is served, and then the mildest penalties, many at a time, so that strangers can fill neither the memory
    /// nor the time.
    private mutating func makeRoom(_ now: ContinuousClock.Instant) {
        guard records.count >= ServerLimits.rememberedSources else { return }
        records = records.filter { $0.value.unauthenticated > 0 || $0.value.freeAt > now }
        guard records.count >= ServerLimits.rememberedSources else { return }
        let idle = records.filter { $0.value.unauthenticated == 0 }.sorted { $0.value.freeAt < $1.value.freeAt }
        for (source, _) in idle.prefix(ServerLimits.rememberedSources / 8) { records[source] = nil }
    }
}

extension AdmissionControl.Penalties {
    fileprivate func of(_ outcome: AdmissionControl.Outcome) -> Duration {
        switch outcome {
        case .authenticated, .stopped: .zero
        case .timedOut: timedOut
        case .failed: failed
        case .left: left
        case .violated: violated
        }
    }
}
