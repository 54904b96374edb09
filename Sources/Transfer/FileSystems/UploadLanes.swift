import Reactor
import SFTP

/// The conversations that files are sent over: one at first, more when the server's window is what limits.
///
/// A server gives each channel a window of its own (2 MiB for OpenSSH), and no more than that can be under way: on a path
/// of 50 ms that is 40 MB/s. Further channels each have another window. They are opened while every one there is waits
/// for its window, the path is long enough for that to matter, and the last ones opened have helped.
actor UploadLanes {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private enum Growth {
        case possible, underWay, over
    }

    private(set) var clients: [FileTransferClient]
    private let open: SFTPFileSystem.Opener?
    private let limits: TransferLimits
    private var growth: Growth
    /// Bytes acknowledged since `measuredFrom`, in monotonic nanoseconds.
    private var acknowledged = 0
    private var measuredFrom: UInt64 = 0
    /// Bytes a second before the last growth.
    private var rateBefore = 0.0
    private var openers: [Task<Void, Never>] = []

    init(_ client: FileTransferClient, open: SFTPFileSystem.Opener?, limits: TransferLimits) {
        loop = client.loop
        clients = [client]
        self.open = open
        self.limits = limits
        growth = open == nil || limits.uploadLanes < 2 ? .over : .possible
    }

    /// Bytes that fill the windows there are, and wait for them.
    var bytesWanted: Int { clients.count * limits.uploadBytesUnderWay }

    func acknowledge(_ count: Int) {
        acknowledged += count
    }

    /// Takes note that so many bytes are about to be sent: over a long path, further lanes are opened meanwhile, for what the
    /// windows let through in some round trips.
    func prepare(for size: UInt64, roundTrip: UInt64) {
        guard case .possible = growth, clients.count == 1, isLong(roundTrip) else { return }
        let useful = Int(clamping: size / UInt64(2 * limits.uploadBytesUnderWay))
        rateBefore = Double(limits.uploadBytesUnderWay) / (Double(roundTrip) / 1e9) / 2
        grow(to: min(useful, limits.uploadLanes / 2))
    }

    private func isLong(_ roundTrip: UInt64) -> Bool { roundTrip >= limits.laneRoundTrip && roundTrip != .max }

    private func grow(to wanted: Int) {
        let count = min(wanted, limits.uploadLanes) - clients.count
        guard count > 0, let open else { return }
        growth = .underWay
        openers = (0..<count).map { _ in
            Task(executorPreference: loop) { await self.take(await open()) }
        }
    }

    /// Takes note that there is more to send; opens further lanes when that helps.
    func press(roundTrip: UInt64) {
        guard case .possible = growth, isLong(roundTrip) else { return }
        // What waits in a channel waits for its window.
        for client in clients {
            guard client.assumeIsolated({ $0.pendingWriteCount }) >= limits.lanePressure else { return }
        }
        let now = loop.monotonicNanoseconds
        if measuredFrom == 0 {
            (measuredFrom, acknowledged) = (now, 0)
        }
        if clients.count > 1 {
            let time = now - measuredFrom
            guard time >= 3 * roundTrip else { return }
            let rate = Double(acknowledged) / (Double(time) / 1e9)
            let hasHelped = rate > rateBefore * 1.2
            rateBefore = rate
            (measuredFrom, acknowledged) = (now, 0)
            guard hasHelped else { return growth = .over }
        } else {
            // One window each round trip.
            rateBefore = Double(limits.uploadBytesUnderWay) / (Double(roundTrip) / 1e9) / 2
        }
        guard clients.count < limits.uploadLanes else { return growth = .over }
        grow(to: clients.count * 3)
    }

    private func take(_ client: FileTransferClient?) async {
        // The lanes may have been closed while this one was opened.
        guard case .underWay = growth else {
            await client?.close()
            return
        }
        if let client { clients.append(client) }
        openers.removeLast()
        guard openers.isEmpty else { return }
        (measuredFrom, acknowledged) = (loop.monotonicNanoseconds, 0)
        growth = client == nil ? .over : .possible
    }

    /// Closes those that were opened besides the first.
    func close() async {
        growth = .over
        for opener in openers { opener.cancel() }
        openers = []
        for client in clients.dropFirst() { await client.close() }
        clients = [clients[0]]
    }
}
