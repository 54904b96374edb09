import Bytes
import Reactor
import SFTP
import Synchronization

/// A server that answers as the test likes, also as no honest server does.
final class ScriptedServer: MessageCarrier {
    enum Answer: Sendable {
        case reply(Reply)
        case silence
        case hangUp
    }

    private struct State {
        var stream = ByteBuffer()
        var requests: [Request] = []
        var isClosed = false
        weak var client: FileTransferClient?
    }

    private let state = Mutex(State())
    private let extensions: [ExtensionName]
    private let answer: @Sendable (Request) -> Answer
    private let loop: EventLoop

    /// What the client asked for so far.
    var requests: [Request] { state.withLock { $0.requests } }
    var pendingWriteCount: Int { 0 }

    private init(
        _ loop: EventLoop, extensions: [ExtensionName], answer: @escaping @Sendable (Request) -> Answer
    ) {
        self.loop = loop
        self.extensions = extensions
        self.answer = answer
    }

    /// A server and a client that has its VERSION.
    static func start(
        extensions: [ExtensionName] = [.posixRename], _ answer: @escaping @Sendable (Request) -> Answer
    ) async throws -> (ScriptedServer, FileTransferClient) {
        let loop = EventLoopGroup.shared.next()
        let server = ScriptedServer(loop, extensions: extensions, answer: answer)
        let client = FileTransferClient(carrier: server, loop: loop)
        server.state.withLock { $0.client = client }
        await client.start()
        try await client.ready()
        return (server, client)
    }

    func write(_ buffer: ByteBuffer) {
        state.withLock { $0.stream.append(buffer.bytes) }
        // Never from within the client's own call.
        loop.execute { self.work() }
    }

    func acknowledge(_ count: Int) {}

    func close() {
        state.withLock { $0.isClosed = true }
    }

    private func work() {
        var messages: [ClientMessage] = []
        let client = state.withLock { state -> FileTransferClient? in
            while state.stream.count >= 4 {
                let length = Int(state.stream.bytes.integer(at: 0, as: UInt32.self))
                guard state.stream.count >= 4 + length else { break }
                messages.append(try! ClientMessage(state.stream.bytes.extracting(4..<4 + length)))
                state.stream.consume(4 + length)
            }
            return state.isClosed ? nil : state.client
        }
        guard let client else { return }
        for message in messages {
            switch message {
            case .initialize:
                deliver(
                    .version(
                        Hello(
                            extensions: extensions.map {
                                Hello.Extension(name: $0, data: Array(($0.spokenVersion ?? "").utf8))
                            })), to: client)
            case .request(let id, let request):
                state.withLock { $0.requests.append(request) }
                switch answer(request) {
                case .reply(let reply): deliver(.reply(id, reply), to: client)
                case .silence: break
                case .hangUp:
                    client.carrierDidClose("hung up")
                    return
                }
            }
        }
    }

    private func deliver(_ message: ServerMessage, to client: FileTransferClient) {
        var buffer = ByteBuffer()
        buffer.append(message)
        client.receive(buffer.bytes)
    }
}

/// Files that exist only as answers.
struct ScriptedTree: Sendable {
    enum Node: Sendable {
        /// A file: the size that it tells, and what is really in it.
        case file([UInt8], stated: UInt64? = nil)
        case folder([(RawPath, Node)])
        case link(RawPath)

        fileprivate var attributes: Attributes {
            switch self {
            case .file(let bytes, let stated):
                Attributes(size: stated ?? UInt64(bytes.count), mode: FileMode(.regular, permissions: 0o644))
            case .folder: Attributes(mode: FileMode(.directory, permissions: 0o755))
            case .link: Attributes(mode: FileMode(.symbolicLink, permissions: 0o777))
            }
        }
    }

    let root: Node
    /// The folders that were read to their end; for one run.
    private final class Reads: Sendable {
        let done = Mutex<Set<[UInt8]>>([])
        let count = Atomic(0)
    }
    private let reads = Reads()

    init(_ entries: (RawPath, Node)...) {
        root = .folder(entries)
    }

    /// What is at the path; the first entry of a name counts, unless another one is asked for.
    private func node(_ path: RawPath, _ isWanted: (Node) -> Bool = { _ in true }) -> Node? {
        var nodes = [root]
        for component in path.components where component != "." {
            nodes = nodes.flatMap { node -> [Node] in
                guard case .folder(let entries) = node else { return [] }
                return entries.filter { $0.0 == component }.map(\.1)
            }
        }
        return nodes.first(where: isWanted)
    }

    private static func status(_ code: StatusCode) -> ScriptedServer.Answer { .reply(.status(Status(code))) }

    /// The handle is the path, behind a number that makes it unique.
    private func handle(_ path: RawPath) -> Handle {
        let number = reads.count.wrappingAdd(1, ordering: .relaxed).newValue
        return Handle(Array("\(number):".utf8) + path.bytes)!
    }

    private func path(_ handle: Handle) -> RawPath {
        RawPath(bytes: Array(handle.bytes.drop { $0 != UInt8(ascii: ":") }.dropFirst()))
    }

    func answer(_ request: Request) -> ScriptedServer.Answer {
        func isFile(_ node: Node) -> Bool { if case .file = node { true } else { false } }
        func isFolder(_ node: Node) -> Bool { if case .folder = node { true } else { false } }
        func isLink(_ node: Node) -> Bool { if case .link = node { true } else { false } }
        switch request {
        case .stat(let path), .lstat(let path):
            return node(path).map { .reply(.attributes($0.attributes)) } ?? Self.status(.noSuchFile)
        case .fstat(let handle):
            return node(path(handle), isFile).map { .reply(.attributes($0.attributes)) } ?? Self.status(.failure)
        case .opendir(let path):
            return node(path, isFolder) == nil ? Self.status(.noSuchFile) : .reply(.handle(handle(path)))
        case .open(let path, _, _):
            return node(path, isFile) == nil ? Self.status(.noSuchFile) : .reply(.handle(handle(path)))
        case .readdir(let handle):
            guard case .folder(let entries)? = node(path(handle), isFolder), !entries.isEmpty,
                reads.done.withLock({ $0.insert(handle.bytes).inserted })
            else { return Self.status(.endOfFile) }
            return .reply(
                .name(entries.map { DirectoryEntry(name: $0.0, attributes: $0.1.attributes) }))
        case .read(let handle, let offset, let length):
            guard case .file(let bytes, _)? = node(path(handle), isFile), offset < bytes.count else {
                return Self.status(.endOfFile)
            }
            let piece = Array(bytes[Int(offset)..<min(bytes.count, Int(offset) + Int(length))])
            return .reply(.data(ByteBuffer(piece.rawSpan)))
        case .readlink(let path):
            guard case .link(let text)? = node(path, isLink) else { return Self.status(.failure) }
            return .reply(.name([DirectoryEntry(name: text)]))
        case .realpath(let path): return .reply(.name([DirectoryEntry(name: path)]))
        case .close: return Self.status(.ok)
        case .write, .setstat, .fsetstat, .remove, .mkdir, .rmdir, .rename, .symlink:
            return Self.status(.permissionDenied)
        case .extended: return Self.status(.operationUnsupported)
        }
    }
}
