import Bytes
import Dispatch
import FuzzDriver
import Reactor
import SFTP
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// What a client sends to a file server, cut anywhere, on a folder of its own: each request is answered once, and what lies
// beside the folder stays as it is.

/// Where the requests of an input go to be counted.
struct CountingSink: RequestSink {
    var ids: [UInt32: Int] = [:]
    var isFull: Bool { false }

    mutating func helloReceived(_ hello: Hello) {}

    mutating func payloadBuffer(_ count: Int) -> ByteBuffer { ByteBuffer() }

    mutating func requestReceived(_ id: RequestID, _ request: Request) { ids[id.rawValue, default: 0] += 1 }

    mutating func requestRefused(_ id: RequestID, _ status: Status) { ids[id.rawValue, default: 0] += 1 }
}

/// Takes replies as they come, and tells the end.
final class SinkCarrier: MessageCarrier {
    private let replies = Mutex(ByteBuffer())
    let closed = DispatchSemaphore(value: 0)

    var pendingWriteCount: Int { 0 }

    func write(_ buffer: ByteBuffer) { replies.withLock { $0.append(buffer.bytes) } }

    func acknowledge(_ count: Int) {}

    func close() { closed.signal() }

    /// How often each id was answered.
    func answers() -> [UInt32: Int] {
        replies.withLock { stream in
            var answers: [UInt32: Int] = [:]
            while !stream.isEmpty {
                let length = Int(stream.bytes.integer(at: 0, as: UInt32.self))
                guard let message = try? ServerMessage(stream.bytes.extracting(4..<4 + length)) else {
                    preconditionFailure("a reply that nobody can read")
                }
                stream.consume(4 + length)
                switch message {
                case .version: break
                case .reply(let id, _): answers[id.rawValue, default: 0] += 1
                }
            }
            return answers
        }
    }
}

/// A folder with what an attacker would wish for, and a file beside it.
struct Playground {
    let place: RootedFileSystem
    let path: RawPath
    let loop: EventLoop

    init(on loop: EventLoop) throws {
        self.loop = loop
        var template = Array("/tmp/fairlead-fuzz-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
        guard unsafe mkdtemp(&template) != nil else { preconditionFailure("no temporary folder") }
        path = RawPath(bytes: template.dropLast().map { UInt8(bitPattern: $0) })
        place = try RootedFileSystem(at: path)
        try place.makeDirectory("root", permissions: 0o700)
        try write("secret", [1, 2, 3])
    }

    private func write(_ path: RawPath, _ bytes: [UInt8]) throws {
        let (file, _) = try place.openFile(path, [.write, .create, .truncate], permissions: 0o600, on: loop)
        try file.writeBlocking(bytes.rawSpan, at: 0)
    }

    /// Makes the folder as it is at the start of each input.
    func prepare() throws -> RootedFileSystem {
        try write("root/a", [1, 2, 3, 4, 5])
        try place.makeDirectory("root/d", permissions: 0o700)
        try place.symlink("../secret", at: "root/up")
        try place.symlink("/secret", at: "root/d/l")
        return try RootedFileSystem(at: path.appending("root"))
    }

    /// Removes all that is in the folder, and looks at what is beside it.
    func clear() throws {
        try empty("root")
        let (file, status) = try place.openFile("secret", .read, on: loop)
        var content = ByteBuffer()
        _ = try file.readBlocking(at: 0, count: 9, into: &content)
        precondition(content.array == [1, 2, 3] && status.permissions == 0o600, "the file outside was changed")
        let names = try place.openDirectory("/").next(100).map(\.name)
        precondition(names.count == 4, "something was made outside")
    }

    private func empty(_ folder: RawPath) throws {
        try place.changePermissions(folder, to: 0o700, followingLinks: false)
        let stream = try place.openDirectory(folder)
        while true {
            let entries = try stream.next(100)
            if entries.isEmpty { return }
            for entry in entries where entry.name.isSafeName {
                let path = folder.appending(entry.name)
                if entry.status?.kind == .directory {
                    try empty(path)
                    try place.removeDirectory(path)
                } else {
                    try place.remove(path)
                }
            }
        }
    }
}

let loop = EventLoop()
// No file grows so large that its hash takes long; a write beyond fails.
signal(SIGXFSZ, SIG_IGN)
var limit = rlimit(rlim_cur: 1 << 20, rlim_max: 1 << 20)
unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
let playground = try Playground(on: loop)

func attack(_ input: borrowing ByteBuffer) throws {
    guard !input.isEmpty else { return }
    let choice = input[0]
    let rest = ByteBuffer(Array(input.array.dropFirst()))
    var stream: [UInt8] = choice & 1 == 0 ? [0, 0, 0, 5, 1, 0, 0, 0, 3] : []
    if choice & 2 == 0 {
        // Messages without their length.
        for record in records(rest) { stream += [0, 0, UInt8(record.count >> 8), UInt8(record.count & 255)] + record }
    } else {
        stream += rest.array
    }
    var core = ServerCore()
    var sink = CountingSink()
    let isOrderly = (try? core.receive(stream.rawSpan, into: &sink)) != nil
    let files = try playground.prepare()
    let carrier = SinkCarrier()
    let step = choice & 4 == 0 ? Int.max : Int(choice >> 3) + 1
    var options = FileServerOptions()
    options.maximumOpenHandles = 8
    options.maximumRequestsInFlight = choice & 8 == 0 ? 3 : 100
    if choice & 16 != 0 { options.quota = StorageQuota(limit: 1000) }
    let server = FileServer(carrier: carrier, loop: loop, files: files, options: options)
    loop.execute { [stream] in
        var rest = stream[...]
        while !rest.isEmpty {
            server.receive(Array(rest.prefix(step)).rawSpan)
            rest = rest.dropFirst(step)
        }
        server.carrierDidEnd()
    }
    carrier.closed.wait()
    let answers = carrier.answers()
    if isOrderly { precondition(answers == sink.ids, "not each request has one answer") }
    try playground.clear()
}

fuzz { input in
    do {
        try attack(input)
    } catch {
        preconditionFailure("\(error)")
    }
}
