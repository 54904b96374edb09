import Bytes
import Reactor
import SFTP
import Synchronization
import Testing

/// A carrier whose other end is the test: it takes the client's messages one by one and answers as it likes.
final class ScriptedCarrier: MessageCarrier {
    private struct State {
        var stream = ByteBuffer()
        var messages: [ClientMessage] = []
        var waiter: CheckedContinuation<ClientMessage?, Never>?
        var writeCount = 0
        var acknowledged = 0
        var closeCount = 0
    }

    private let state = Mutex(State())

    var writeCount: Int { state.withLock { $0.writeCount } }
    var acknowledged: Int { state.withLock { $0.acknowledged } }
    var closeCount: Int { state.withLock { $0.closeCount } }
    var pendingWriteCount: Int { 0 }

    func write(_ buffer: ByteBuffer) {
        let (waiter, message) = state.withLock { state in
            state.writeCount += 1
            state.stream.append(buffer.bytes)
            while state.stream.count >= 4 {
                let length = Int(state.stream.bytes.integer(at: 0, as: UInt32.self))
                guard state.stream.count >= 4 + length else { break }
                state.messages.append(try! ClientMessage(state.stream.bytes.extracting(4..<4 + length)))
                state.stream.consume(4 + length)
            }
            return Self.match(&state)
        }
        waiter?.resume(returning: message)
    }

    func acknowledge(_ count: Int) {
        state.withLock { $0.acknowledged += count }
    }

    func close() {
        let waiter = state.withLock { state in
            state.closeCount += 1
            return state.waiter.take()
        }
        waiter?.resume(returning: nil)
    }

    private static func match(_ state: inout State) -> (CheckedContinuation<ClientMessage?, Never>?, ClientMessage?) {
        guard !state.messages.isEmpty, let waiter = state.waiter.take() else { return (nil, nil) }
        return (waiter, state.messages.removeFirst())
    }

    /// The client's next message; nil when it closes first.
    private func next() async -> ClientMessage? {
        await withCheckedContinuation { continuation in
            let (waiter, message) = state.withLock { state in
                state.waiter = continuation
                return Self.match(&state)
            }
            waiter?.resume(returning: message)
        }
    }

    /// The client's next message, which is a request, and its id.
    func nextRequest() async throws -> (RequestID, Request) {
        guard case .request(let id, let request) = try #require(await next()) else {
            throw UnexpectedMessage()
        }
        return (id, request)
    }

    /// Takes INIT.
    func expectInitialize() async throws {
        #expect(await next() == .initialize(Hello()))
    }

    /// Whether everything that the client wrote has been taken.
    var isDrained: Bool { state.withLock { $0.messages.isEmpty && $0.stream.isEmpty } }
}

struct UnexpectedMessage: Error {}

/// Several names for what a test does on the client's loop.
extension FileTransferClient {
    /// Has the server's `messages` arrive in one piece.
    func deliver(_ messages: ServerMessage...) {
        let stream = messages.flatMap(\.encoded)
        receive(stream.rawSpan)
    }

    func deliverBytes(_ bytes: [UInt8]) {
        receive(bytes.rawSpan)
    }

    func loseCarrier(_ reason: String) {
        carrierDidClose(reason)
    }

    func onLoop<Value: Sendable>(_ body: @Sendable (isolated FileTransferClient) -> Value) -> Value {
        body(self)
    }
}

/// What completions on a loop have reported.
final class Tally: Sendable {
    private let state = Mutex<[Int]>([])

    var values: [Int] { state.withLock { $0 } }
    var count: Int { values.count }

    /// Adds a value and returns how many there are.
    @discardableResult
    func add(_ value: Int = 0) -> Int {
        state.withLock { values in
            values.append(value)
            return values.count
        }
    }
}
