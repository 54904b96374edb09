import Reactor

/// The connections to one server: made as they are needed, kept for the next request, never more than the bound.
///
/// A server that lets no more in lowers the bound. One connection is left to what is not a long read, so that a copy within
/// a server comes to its end.
actor ConnectionPool {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// What a connection is wanted for.
    enum Use {
        case reading
        /// Everything that comes to its end by itself, or brings a read to its end.
        case other
    }

    private struct Waiter {
        let id: UInt64
        let use: Use
        let continuation: CheckedContinuation<CurlConnection?, Never>
    }

    private enum Life {
        case open, closed
    }

    private var configuration: FTPConfiguration
    private var limit: Int
    private var idle: [CurlConnection] = []
    private var busy: [Use: Int] = [:]
    private var running: [ObjectIdentifier: CurlConnection] = [:]
    private var waiters: [Waiter] = []
    private var nextWaiter: UInt64 = 0
    private var life = Life.open

    init(_ configuration: FTPConfiguration, on loop: EventLoop) {
        self.loop = loop
        self.configuration = configuration
        limit = max(1, configuration.maximumConnections)
    }

    /// Has connections that are made from now on use TLS 1.3; false when they do already.
    func useNewestTLS() -> Bool {
        defer { configuration.usesNewestTLS = true }
        return !configuration.usesNewestTLS
    }

    /// How many requests can be under way, as far as is known.
    var width: Int { limit }

    var isClosed: Bool {
        switch life {
        case .open: false
        case .closed: true
        }
    }

    private var total: Int { idle.count + running.count }

    /// A connection for one request; waits for one while all are in use. nil when the pool is closed, the task cancelled,
    /// or none came free within the time that a server has for an answer.
    func take(_ use: Use) async -> CurlConnection? {
        guard case .open = life, !Task.isCancelled else { return nil }
        if let connection = available(use) { return connection }
        let id = nextWaiter
        nextWaiter += 1
        let patience = configuration.stallTimeout * 4
        let timer = loop.schedule(after: patience) { self.assumeIsolated { $0.giveUp(id) } }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation(isolation: self) { continuation in
                waiters.append(Waiter(id: id, use: use, continuation: continuation))
                if Task.isCancelled { giveUp(id) }
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.giveUp(id) } }
        }
    }

    private func available(_ use: Use) -> CurlConnection? {
        switch use {
        case .reading: if busy[.reading, default: 0] >= max(1, limit - 1) { return nil }
        case .other: break
        }
        guard let connection = idle.popLast() ?? (total < limit ? CurlConnection(configuration) : nil) else {
            return nil
        }
        busy[use, default: 0] += 1
        running[ObjectIdentifier(connection)] = connection
        return connection
    }

    private func giveUp(_ id: UInt64) {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
        waiters.remove(at: index).continuation.resume(returning: nil)
    }

    /// Gives a connection back; one that is not to be used again goes.
    func put(_ connection: CurlConnection, after use: Use, isGood: Bool) {
        guard running.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        busy[use, default: 1] -= 1
        if isGood, case .open = life, total < limit {
            idle.append(connection)
        } else {
            Task(executorPreference: loop) { await connection.close() }
        }
        serve()
    }

    private func serve() {
        var index = 0
        while index < waiters.count {
            guard let connection = available(waiters[index].use) else {
                index += 1
                continue
            }
            waiters.remove(at: index).continuation.resume(returning: connection)
        }
    }

    /// Notes that the server let `connection` not in; whether others are there, so that waiting for them helps.
    func crowded(_ connection: CurlConnection) -> Bool {
        let others = total - 1
        guard others > 0 else { return false }
        limit = min(limit, others)
        return true
    }

    /// Ends every connection, and what runs over it.
    func close() async {
        life = .closed
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
        waiters = []
        let all = idle + Array(running.values)
        idle = []
        running = [:]
        for connection in all { await connection.close() }
    }
}
