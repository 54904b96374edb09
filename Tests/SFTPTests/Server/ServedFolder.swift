import Bytes
import Foundation
import Reactor
import SFTP
import Synchronization
import Testing

/// One end of a conversation in memory: what is written to it arrives at the other end, cut into pieces, on the same loop.
final class MemoryCarrier: MessageCarrier {
    private struct State {
        var pending = 0
        var isPaused = false
        var held: [ByteBuffer] = []
        var isClosed = false
        var unacknowledged = 0
        var largestPending = 0
        var receive: (@Sendable (RawSpan) -> Void)?
        var drained: (@Sendable () -> Void)?
        var closed: (@Sendable () -> Void)?
    }

    let loop: EventLoop
    private let pieceLength: Int
    private let state = Mutex(State())

    init(loop: EventLoop, pieceLength: Int = 32_768) {
        self.loop = loop
        self.pieceLength = pieceLength
    }

    /// Where what is written here goes, and who is told when it has gone and when this closes.
    func connect(
        receive: @escaping @Sendable (RawSpan) -> Void, drained: @escaping @Sendable () -> Void,
        closed: @escaping @Sendable () -> Void
    ) {
        state.withLock { state in
            state.receive = receive
            state.drained = drained
            state.closed = closed
        }
    }

    var highWaterMark: Int { 256 << 10 }
    var pendingWriteCount: Int { state.withLock { $0.pending } }
    /// The most bytes that ever waited here.
    var largestPending: Int { state.withLock { $0.largestPending } }
    /// Bytes that arrived for the owner of this end and that it has not acknowledged.
    var unacknowledged: Int { state.withLock { $0.unacknowledged } }

    func write(_ buffer: ByteBuffer) {
        state.withLock { state in
            state.pending += buffer.count
            state.largestPending = max(state.largestPending, state.pending)
            state.held.append(buffer)
        }
        deliver()
    }

    /// Whether what is written stays here, as when a peer does not read.
    var isPaused: Bool {
        get { state.withLock { $0.isPaused } }
        set {
            state.withLock { $0.isPaused = newValue }
            if !newValue { deliver() }
        }
    }

    private func deliver() {
        loop.execute { self.deliverNow() }
    }

    private func deliverNow() {
        let (buffers, receive) = state.withLock { state -> ([ByteBuffer], (@Sendable (RawSpan) -> Void)?) in
            guard !state.isPaused else { return ([], nil) }
            defer { state.held = [] }
            return (state.held, state.receive)
        }
        for var buffer in buffers {
            while !buffer.isEmpty {
                let count = min(pieceLength, buffer.count)
                receive?(buffer.bytes.extracting(first: count))
                buffer.consume(count)
                let drained = state.withLock { state -> (@Sendable () -> Void)? in
                    let before = state.pending
                    state.pending -= count
                    let (high, low) = (256 << 10, 64 << 10)
                    return before >= low && state.pending < low && state.largestPending >= high ? state.drained : nil
                }
                drained?()
            }
        }
    }

    /// Counts bytes that arrive for the owner of this end.
    func count(_ bytes: Int) {
        state.withLock { $0.unacknowledged += bytes }
    }

    func acknowledge(_ count: Int) {
        state.withLock { $0.unacknowledged -= count }
    }

    func close() {
        let closed = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            return state.closed
        }
        // Behind what was written before.
        loop.execute {
            self.state.withLock { $0.held = [] }
            closed?()
        }
    }
}

/// A folder of its own that a `FileServer` serves.
final class ServedFolder: Sendable {
    let directory: TemporaryDirectory
    let loop = EventLoopGroup.shared.next()
    let files: RootedFileSystem
    let options: FileServerOptions

    /// Short requests are served on the loop from the first one on, unless the resolution is the walk.
    init(
        resolution: RootedFileSystem.Resolution? = nil, _ configure: (inout FileServerOptions) -> Void = { _ in }
    ) throws {
        directory = try TemporaryDirectory()
        var pace = DiskPace.Configuration()
        pace.trustedCount = 0
        pace.quick = .max
        files = try RootedFileSystem(at: RawPath(directory.path), resolution: resolution, pace: DiskPace(pace))
        var options = FileServerOptions()
        options.worksDirectly = resolution != .walk
        configure(&options)
        self.options = options
    }

    /// A client that talks to a server of its own.
    func client(pieceLength: Int = 32_768) async throws -> FileTransferClient {
        let toServer = MemoryCarrier(loop: loop, pieceLength: pieceLength)
        let toClient = MemoryCarrier(loop: loop, pieceLength: pieceLength)
        let client = FileTransferClient(carrier: toServer, loop: loop)
        let server = FileServer(carrier: toClient, loop: loop, files: files, options: options)
        toServer.connect(
            receive: { server.receive($0) }, drained: { [weak client] in client?.carrierDidDrain() },
            closed: { server.carrierDidClose() })
        toClient.connect(
            receive: { [weak client] in client?.receive($0) }, drained: { [weak server] in server?.carrierDidDrain() },
            closed: { [weak client] in client?.carrierDidClose("the server closed") })
        await client.start()
        try await client.ready()
        return client
    }

    func path(_ name: String) -> String { directory.path + "/" + name }

    func write(_ content: [UInt8], _ name: String) throws {
        try Data(content).write(to: URL(fileURLWithPath: path(name)))
    }

    func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path(name), withDestinationPath: target)
    }
}

/// A client that sends what it likes to a `FileServer`, and waits for the reply to each id.
final class RawClient: Sendable {
    private struct State {
        var stream = ByteBuffer()
        var replies: [UInt32: [Reply]] = [:]
        var order: [UInt32] = []
        var waiters: [UInt32: CheckedContinuation<Reply?, Never>] = [:]
        var nextID: UInt32 = 0
        var isClosed = false
    }

    let server: FileServer
    let toClient: MemoryCarrier
    private let folder: ServedFolder
    private let loop: EventLoop
    private let state = Mutex(State())

    /// A client whose INIT is answered, unless it is not `polite`.
    init(_ folder: ServedFolder, polite: Bool = true) async {
        self.folder = folder
        loop = folder.loop
        toClient = MemoryCarrier(loop: folder.loop)
        server = FileServer(carrier: toClient, loop: folder.loop, files: folder.files, options: folder.options)
        toClient.connect(
            receive: { [weak self] in self?.take($0) }, drained: { [weak server] in server?.carrierDidDrain() },
            closed: { [weak self] in self?.end() })
        if polite {
            await send(ClientMessage.initialize(Hello()).encoded)
            _ = await reply(to: RequestID(rawValue: .max))
        }
    }

    deinit {
        let server = server
        loop.execute { server.carrierDidClose() }
    }

    /// Has `bytes` arrive at the server in one piece.
    func send(_ bytes: [UInt8]) async {
        let (server, carrier) = (server, toClient)
        await withCheckedContinuation { continuation in
            loop.execute {
                carrier.count(bytes.count)
                server.receive(bytes.rawSpan)
                continuation.resume()
            }
        }
    }

    /// Sends requests together and returns their ids.
    func send(_ requests: [Request]) async -> [RequestID] {
        let ids = state.withLock { state in
            requests.map { _ in
                state.nextID += 1
                return RequestID(rawValue: state.nextID)
            }
        }
        await send(zip(ids, requests).flatMap { ClientMessage.request($0, $1).encoded })
        return ids
    }

    /// Sends a request and waits for its reply; nil when the server closes first.
    func ask(_ request: Request) async -> Reply? {
        await reply(to: await send([request])[0])
    }

    /// Sends requests together and waits for all replies.
    func ask(_ requests: [Request]) async -> [Reply?] {
        var replies: [Reply?] = []
        for id in await send(requests) { replies.append(await reply(to: id)) }
        return replies
    }

    func code(_ request: Request) async -> StatusCode? {
        await ask(request)?.statusCode
    }

    func open(_ path: RawPath, _ flags: OpenFlags = [.read]) async -> Handle? {
        await ask(.open(path, flags, Attributes()))?.openHandle
    }

    /// The reply to `id`; nil when the server closes first. VERSION counts as a reply to the largest id.
    func reply(to id: RequestID) async -> Reply? {
        await withCheckedContinuation { continuation in
            let ready: Reply?? = state.withLock { state in
                if var replies = state.replies[id.rawValue], !replies.isEmpty {
                    let reply = replies.removeFirst()
                    state.replies[id.rawValue] = replies.isEmpty ? nil : replies
                    return reply
                }
                if state.isClosed { return .some(nil) }
                state.waiters[id.rawValue] = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    /// The ids of the replies so far, in the order in which they came.
    var order: [UInt32] { state.withLock { $0.order } }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    private func take(_ bytes: RawSpan) {
        let resumed = state.withLock { state -> [(CheckedContinuation<Reply?, Never>, Reply)] in
            var resumed: [(CheckedContinuation<Reply?, Never>, Reply)] = []
            state.stream.append(bytes)
            while state.stream.count >= 4 {
                let length = Int(state.stream.bytes.integer(at: 0, as: UInt32.self))
                guard state.stream.count >= 4 + length else { break }
                let message = try? ServerMessage(state.stream.bytes.extracting(4..<4 + length))
                state.stream.consume(4 + length)
                let (id, reply): (UInt32, Reply) =
                    switch message {
                    case .version?: (.max, .status(Status(.ok)))
                    case .reply(let id, let reply)?: (id.rawValue, reply)
                    case nil: (.max - 1, .status(Status(.badMessage)))
                    }
                state.order.append(id)
                if let waiter = state.waiters.removeValue(forKey: id) {
                    resumed.append((waiter, reply))
                } else {
                    state.replies[id, default: []].append(reply)
                }
            }
            return resumed
        }
        for (waiter, reply) in resumed { waiter.resume(returning: reply) }
    }

    private func end() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }
}

extension Reply {
    var statusCode: StatusCode? {
        if case .status(let status) = self { status.code } else { nil }
    }

    var openHandle: Handle? {
        if case .handle(let handle) = self { handle } else { nil }
    }

    var dataBytes: [UInt8]? {
        if case .data(let data) = self { data.array } else { nil }
    }

    var fileAttributes: Attributes? {
        if case .attributes(let attributes) = self { attributes } else { nil }
    }

    var names: [RawPath]? {
        if case .name(let entries) = self { entries.map(\.name) } else { nil }
    }
}
