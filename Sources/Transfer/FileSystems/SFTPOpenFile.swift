import Bytes
import Reactor
import SFTP

/// A file of an SFTP server; one that is written to may be open over several conversations.
actor SFTPOpenFile: OpenFile {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    nonisolated let path: RawPath
    nonisolated let readLength: Int
    nonisolated let writeLength: Int
    private nonisolated let client: FileTransferClient
    private nonisolated let handle: Handle
    private let lanes: UploadLanes?
    private let shortestTrip: UInt64
    /// The file in the lanes besides the first, by their order.
    private var others: [Other] = []
    /// Bytes under way in each lane, the first one's first.
    private var underWay = [0]
    /// Bytes that were written so far: a short file needs no lanes.
    private var written = 0

    private enum Phase {
        case open, closed
    }

    /// A handle that is closed may be another file's by now.
    private var phase = Phase.open

    private enum Other {
        case opening(Task<Void, Never>)
        case open(FileTransferClient, Handle)
        case refused
    }

    init(
        _ path: RawPath, _ handle: Handle, _ client: FileTransferClient, lanes: UploadLanes?, roundTrip: UInt64,
        limits: ServerLimits
    ) {
        loop = client.loop
        self.path = path
        self.handle = handle
        self.client = client
        self.lanes = lanes
        shortestTrip = roundTrip
        readLength = limits.readLength
        writeLength = limits.writeLength
    }

    nonisolated var bytesWanted: Int { assumeIsolated { $0.lanes?.assumeIsolated { $0.bytesWanted } ?? .max } }
    nonisolated var roundTrip: UInt64? { assumeIsolated { $0.shortestTrip == .max ? nil : $0.shortestTrip } }
    nonisolated var gathersWrites: Bool { false }

    // MARK: Hot path

    nonisolated func read(
        at offset: UInt64, length: Int, _ completion: @escaping @Sendable (Result<ByteBuffer, TransferError>) -> Void
    ) {
        let path = path
        let received: @Sendable (Result<ByteBuffer, RequestError>) -> Void = { result in
            completion(result.mapError { TransferError($0, at: path) })
        }
        let (client, handle) = (client, handle)
        client.assumeIsolated { $0.read(handle, offset: offset, length: length, completion: received) }
    }

    nonisolated func write(
        _ pieces: [ByteBuffer], at offset: UInt64,
        _ completion: @escaping @Sendable (Result<Void, TransferError>) -> Void
    ) {
        assumeIsolated { file in
            guard pieces.count == 1, let piece = pieces.first else {
                // Whoever copies gives one piece at a time; several become one message.
                var whole = ByteBuffer(capacity: pieces.reduce(0) { $0 + $1.count })
                for piece in pieces { whole.append(piece.bytes) }
                return file.send(whole, offset, completion)
            }
            file.send(piece, offset, completion)
        }
    }

    private func send(
        _ data: ByteBuffer, _ offset: UInt64, _ completion: @escaping @Sendable (Result<Void, TransferError>) -> Void
    ) {
        widen()
        let (lane, client, handle) = emptiest()
        let count = data.count
        underWay[lane] += count
        written += count
        let path = path
        let acknowledged: @Sendable (Result<Void, RequestError>) -> Void = { result in
            self.assumeIsolated { file in
                file.underWay[lane] -= count
                if case .success = result { file.lanes?.assumeIsolated { $0.acknowledge(count) } }
            }
            completion(result.mapError { TransferError($0, at: path) })
        }
        client.assumeIsolated { $0.write(handle, offset: offset, data, completion: acknowledged) }
    }

    /// The lane with the fewest bytes under way.
    private func emptiest() -> (lane: Int, FileTransferClient, Handle) {
        var best = (lane: 0, client, handle)
        for (index, other) in others.enumerated() {
            guard case .open(let client, let handle) = other, underWay[index + 1] < underWay[best.lane] else {
                continue
            }
            best = (index + 1, client, handle)
        }
        return best
    }

    /// Opens the file in lanes that there are by now, and has more of them opened when that helps.
    private func widen() {
        guard let lanes, written > TransferLimits.smallestWidened else { return }
        let clients = lanes.assumeIsolated { lanes in
            lanes.press(roundTrip: shortestTrip)
            return lanes.clients
        }
        for client in clients.dropFirst(others.count + 1) {
            let index = others.count
            underWay.append(0)
            others.append(.opening(Task(executorPreference: loop) { await self.open(client, at: index) }))
        }
    }

    private func open(_ client: FileTransferClient, at index: Int) async {
        do throws(RequestError) {
            others[index] = .open(client, try await client.open(path, .write))
        } catch {
            others[index] = .refused
        }
    }

    // MARK: Calls that wait

    private func perform<Value>(
        _ body: (FileTransferClient, Handle) async throws(RequestError) -> Value
    ) async throws(TransferError) -> Value {
        do throws(RequestError) { return try await body(client, handle) } catch {
            throw TransferError(error, at: path)
        }
    }

    func facts() async throws(TransferError) -> FileFacts {
        try await perform { (client, handle) throws(RequestError) in
            let attributes = try await client.attributes(of: handle)
            return FileFacts(attributes, kind: attributes.kind)
        }
    }

    func change(_ changes: FileChanges) async throws(TransferError) {
        try await perform { (client, handle) throws(RequestError) in
            try await client.setAttributes(of: handle, changes.attributes)
        }
    }

    func dataRanges(from offset: UInt64) async throws(TransferError) -> [Range<UInt64>]? { nil }

    func synchronize() async throws(TransferError) {
        guard await client.extensions.supports(.fsync) else { return }
        try await perform { (client, handle) throws(RequestError) in try await client.synchronize(handle) }
    }

    func close() async throws(TransferError) {
        await closeOthers()
        guard case .open = phase else { return }
        phase = .closed
        try await perform { (client, handle) throws(RequestError) in try await client.close(handle) }
    }

    func abandon() async {
        await closeOthers()
        guard case .open = phase else { return }
        phase = .closed
        await client.abandon(handle)
    }

    private func closeOthers() async {
        for other in others {
            if case .opening(let task) = other { await task.value }
        }
        for case .open(let client, let handle) in others { await client.abandon(handle) }
        others = []
    }
}
