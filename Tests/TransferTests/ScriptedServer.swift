import Bytes
import Reactor
import SFTP
import Synchronization

/// A carrier with a server behind it that says what the test wants: one folder `tree` with the given entries, in which
/// every file has the same content and every link the same target.
final class ScriptedServer: MessageCarrier {
    private struct State {
        var stream = ByteBuffer()
        var client: FileTransferClient?
        var hasListed = false
    }

    let entries: [SFTP.DirectoryEntry]
    let content: [UInt8]
    let linkTarget: RawPath
    private let loop: EventLoop
    private let state = Mutex(State())

    init(entries: [SFTP.DirectoryEntry], content: [UInt8] = [], linkTarget: RawPath = "nowhere", on loop: EventLoop) {
        self.entries = entries
        self.content = content
        self.linkTarget = linkTarget
        self.loop = loop
    }

    /// A client that talks to this server.
    func connect() async throws -> FileTransferClient {
        let client = FileTransferClient(carrier: self, loop: loop)
        state.withLock { $0.client = client }
        await client.start()
        try await client.ready()
        return client
    }

    var pendingWriteCount: Int { 0 }
    func acknowledge(_ count: Int) {}
    func close() { state.withLock { $0.client = nil } }

    func write(_ buffer: ByteBuffer) {
        let answers = state.withLock { state in
            var answers = ByteBuffer()
            state.stream.append(buffer.bytes)
            while state.stream.count >= 4 {
                let length = Int(state.stream.bytes.integer(at: 0, as: UInt32.self))
                guard state.stream.count >= 4 + length,
                    let message = try? ClientMessage(state.stream.bytes.extracting(4..<4 + length))
                else { break }
                state.stream.consume(4 + length)
                answers.append(answer(message, &state))
            }
            return answers
        }
        loop.execute { self.state.withLock { $0.client }?.receive(answers.bytes) }
    }

    private func answer(_ message: ClientMessage, _ state: inout State) -> ServerMessage {
        switch message {
        case .initialize: return .version(Hello())
        case .request(let id, let request): return .reply(id, reply(to: request, &state))
        }
    }

    private func reply(to request: Request, _ state: inout State) -> Reply {
        switch request {
        case .stat("tree"), .lstat("tree"): return .attributes(Attributes(mode: FileMode(rawValue: 0o40755)))
        case .stat(let path), .lstat(let path):
            let entry = entries.first { $0.name == path.lastComponent }
            return entry.map { .attributes($0.attributes) } ?? .status(Status(.noSuchFile))
        case .opendir, .open: return Handle([1]).map { .handle($0) } ?? .status(Status(.failure))
        case .readdir:
            defer { state.hasListed = true }
            return state.hasListed ? .status(Status(.endOfFile)) : .name(entries)
        case .readlink: return .name([SFTP.DirectoryEntry(name: linkTarget)])
        case .read(_, let offset, let length):
            guard offset < content.count else { return .status(Status(.endOfFile)) }
            let start = Int(offset)
            return .data(ByteBuffer(Array(content[start..<min(content.count, start + Int(length))])))
        case .close: return .status(Status(.ok))
        case _: return .status(Status(.operationUnsupported))
        }
    }
}
