import Bytes
import Reactor
import SFTP
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// FileServerProgram [--read-only] [--quota BYTES] [--walk] FOLDER: serves FOLDER over standard input and output, as sftp-server
// does, for clients that others wrote: `sftp -D`, and sshd's `Subsystem`.

/// Standard input and output as the carrier of one server.
final class StandardCarrier: MessageCarrier, ByteStreamHandler {
    /// How many bytes may be received and not yet taken in.
    private static let window = 2 << 20

    private struct State {
        var unacknowledged = 0
        var server: FileServer?
    }

    private let input: any ByteStream
    private let output: any ByteStream
    private let state = Mutex(State())
    private let done: @Sendable () -> Void

    init(on loop: EventLoop, done: @escaping @Sendable () -> Void) throws {
        input = try StandardStreams.input(on: loop)
        output = try StandardStreams.output(on: loop)
        self.done = done
    }

    func start(_ server: FileServer) {
        state.withLock { $0.server = server }
        input.start(self)
        output.start(self)
    }

    private var server: FileServer? { state.withLock { $0.server } }

    // MARK: The server's side

    func write(_ buffer: ByteBuffer) { output.write(buffer) }

    var pendingWriteCount: Int { output.pendingWriteCount }

    var highWaterMark: Int { Reactor.Limits.highWaterMark }

    func acknowledge(_ count: Int) {
        let unacknowledged = state.withLock { state in
            state.unacknowledged -= count
            return state.unacknowledged
        }
        if unacknowledged < Self.window { input.isReading = true }
    }

    func close() {
        input.close()
        closeOutput()
    }

    /// Closes when everything is written.
    private func closeOutput() {
        guard output.pendingWriteCount > 0 else { return output.close() }
        output.loop.execute(after: .milliseconds(5)) { self.closeOutput() }
    }

    // MARK: The streams' side

    func streamDidReceive(_ stream: any ByteStream) {
        var bytes = stream.received
        stream.received = ByteBuffer()
        let unacknowledged = state.withLock { state in
            state.unacknowledged += bytes.count
            return state.unacknowledged
        }
        if unacknowledged >= Self.window { stream.isReading = false }
        server?.receive(bytes.bytes)
        bytes.removeAll()
        if stream.received.isEmpty { stream.received = bytes }
    }

    func streamDidEnd(_ stream: any ByteStream) {
        if stream === input { server?.carrierDidEnd() }
    }

    func streamDidDrain(_ stream: any ByteStream) {
        server?.carrierDidDrain()
    }

    func streamDidClose(_ stream: any ByteStream, error: ReactorError?) {
        server?.carrierDidClose()
        guard stream === output else { return output.close() }
        state.withLock { $0.server = nil }
        done()
    }
}

var folder: RawPath?
var options = FileServerOptions()
var quota: UInt64?
var resolution: RootedFileSystem.Resolution?
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--read-only": options.isReadOnly = true
    case "--walk": resolution = .walk
    case "--quota": quota = arguments.popFirst().flatMap { UInt64($0) }
    case _: folder = RawPath(argument)
    }
}
guard let folder else {
    print("usage: FileServerProgram [--read-only] [--quota BYTES] [--walk] FOLDER")
    exit(2)
}
let loop = EventLoop()
do {
    let files = try RootedFileSystem(at: folder, resolution: resolution)
    options.quota = quota.map { StorageQuota(limit: $0, counting: files) }
    let failure: (any Error)? = await withCheckedContinuation { continuation in
        loop.execute { [options] in
            do {
                let carrier = try StandardCarrier(on: loop) { continuation.resume(returning: nil) }
                carrier.start(FileServer(carrier: carrier, loop: loop, files: files, options: options))
            } catch {
                continuation.resume(returning: error)
            }
        }
    }
    if let failure { throw failure }
    await loop.shutdown()
} catch {
    print("FileServerProgram: \(error)")
    exit(1)
}
