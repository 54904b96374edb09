import Bytes
import Reactor
import Synchronization

/// What a stream told its handler.
enum StreamEvent: Equatable {
    case ended
    case drained
    case closed(ReactorError.Kind?)
}

/// Collects what arrives and lets tests wait for it; answers events by closures that run on the loop.
final class Recorder: ByteStreamHandler, Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var events: [StreamEvent] = []
        var waiters:
            [(condition: @Sendable ([UInt8], [StreamEvent]) -> Bool, continuation: CheckedContinuation<Void, Never>)] =
                []
    }

    private let state = Mutex(State())
    private let onReceive: (@Sendable (any ByteStream) -> Void)?
    private let onEvent: (@Sendable (any ByteStream, StreamEvent) -> Void)?

    /// `onReceive` consumes what arrived in place of the recorder.
    init(
        onReceive: (@Sendable (any ByteStream) -> Void)? = nil,
        onEvent: (@Sendable (any ByteStream, StreamEvent) -> Void)? = nil
    ) {
        self.onReceive = onReceive
        self.onEvent = onEvent
    }

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var events: [StreamEvent] { state.withLock { $0.events } }

    /// Waits until `condition` holds for the bytes and events so far.
    func wait(until condition: @escaping @Sendable ([UInt8], [StreamEvent]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let holds = state.withLock { state in
                if condition(state.bytes, state.events) { return true }
                state.waiters.append((condition, continuation))
                return false
            }
            if holds { continuation.resume() }
        }
    }

    func waitForClose() async {
        await wait { _, events in
            events.contains { if case .closed = $0 { true } else { false } }
        }
    }

    private func change(_ change: (inout State) -> Void) {
        let ready = state.withLock { state in
            change(&state)
            let ready = state.waiters.filter { $0.condition(state.bytes, state.events) }
            state.waiters.removeAll { $0.condition(state.bytes, state.events) }
            return ready.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }

    func streamDidReceive(_ stream: any ByteStream) {
        stream.loop.preconditionCurrent()
        if let onReceive { return onReceive(stream) }
        let bytes = stream.received.array
        stream.received.removeAll()
        change { $0.bytes += bytes }
    }

    func streamDidEnd(_ stream: any ByteStream) { record(.ended, of: stream) }

    func streamDidDrain(_ stream: any ByteStream) { record(.drained, of: stream) }

    func streamDidClose(_ stream: any ByteStream, error: ReactorError?) { record(.closed(error?.kind), of: stream) }

    private func record(_ event: StreamEvent, of stream: any ByteStream) {
        stream.loop.preconditionCurrent()
        onEvent?(stream, event)
        change { $0.events.append(event) }
    }
}

extension EventLoop {
    /// Runs `body` on the loop and waits for its result.
    func run<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
        await withCheckedContinuation { continuation in
            execute { continuation.resume(returning: body()) }
        }
    }
}

/// Two connected TCP streams on one loop, not yet started.
func connectedPair(
    on loop: EventLoop, options: StreamOptions = StreamOptions()
) async throws -> (client: TCPStream, server: TCPStream) {
    let (accepted, continuation) = AsyncStream.makeStream(of: TCPStream.self)
    let listener = try await TCPListener.bind(host: "127.0.0.1", port: 0, on: loop, options: options) {
        continuation.yield($0)
    }
    var connecting = ConnectOptions()
    connecting.stream = options
    let client = try await TCPStream.connect(
        host: "127.0.0.1", port: listener.localAddress.port, on: loop, options: connecting)
    for await server in accepted {
        listener.close()
        return (client, server)
    }
    throw CancellationError()
}

/// Sends back what arrives, and ends when the peer does.
func echo() -> Recorder {
    Recorder(
        onReceive: { stream in
            stream.write(stream.received.split(stream.received.count))
        },
        onEvent: { stream, event in
            if event == .ended { stream.shutdownOutput() }
        })
}
