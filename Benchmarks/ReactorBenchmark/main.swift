import Bytes
import Reactor

// What calls, hops, timers' companions and streams cost. Prints one line per measurement: name, value, unit.

actor Callee {
    private let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
    private var value = 0

    init(loop: EventLoop) { self.loop = loop }

    func call() -> Int {
        value &+= 1
        return value
    }
}

actor Caller {
    private let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(loop: EventLoop) { self.loop = loop }

    /// Nanoseconds per call of `callee`.
    func measure(_ callee: Callee, calls: Int) async -> Double {
        let start = ContinuousClock.now
        var sum = 0
        for _ in 0..<calls { sum &+= await callee.call() }
        precondition(sum > 0)
        return nanoseconds(since: start) / Double(calls)
    }
}

func nanoseconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .nanoseconds(1)
}

func report(_ name: String, _ value: Double, _ unit: String) {
    print("\(name): \((value * 10).rounded() / 10) \(unit)")
}

/// Sends `total` bytes and counts what arrives.
final class Transfer: ByteStreamHandler, @unchecked Sendable {
    // The loop's thread alone touches it.
    private let piece = ByteBuffer([UInt8](repeating: 7, count: 64 << 10))
    private var left: Int
    private var continuation: CheckedContinuation<Void, Never>?

    init(total: Int, continuation: CheckedContinuation<Void, Never>?) {
        left = total
        self.continuation = continuation
    }

    func fill(_ stream: any ByteStream) {
        while left > 0, stream.pendingWriteCount < 256 << 10 {
            stream.write(piece)
            left -= piece.count
        }
    }

    func streamDidReceive(_ stream: any ByteStream) {
        left -= stream.received.count
        stream.received.removeAll()
        if left <= 0 { continuation.take()?.resume() }
    }

    func streamDidEnd(_ stream: any ByteStream) {}
    func streamDidDrain(_ stream: any ByteStream) { fill(stream) }
    func streamDidClose(_ stream: any ByteStream, error: ReactorError?) {}
}

let group = EventLoopGroup(count: 2)
let (here, there) = (group.loops[0], group.loops[1])
let caller = Caller(loop: here)
let near = Callee(loop: here)
let far = Callee(loop: there)

for round in 1...3 {
    print("round \(round)")
    report("call of an actor on the same loop", await caller.measure(near, calls: 5_000_000), "ns")
    let preferring = await Task(executorPreference: here) { await caller.measure(near, calls: 5_000_000) }.value
    report("the same from a task that prefers the loop", preferring, "ns")
    report("hop to another loop and back", await caller.measure(far, calls: 50_000) / 1000, "µs")

    let start = ContinuousClock.now
    let closures = 2_000_000
    await withCheckedContinuation { continuation in
        here.execute {
            for _ in 1..<closures { here.execute {} }
            here.execute { continuation.resume() }
        }
    }
    report("closure on the same loop", nanoseconds(since: start) / Double(closures), "ns")

    let total = 4 << 30
    let (accepted, incoming) = AsyncStream.makeStream(of: TCPStream.self)
    let listener = try await TCPListener.bind(host: "127.0.0.1", port: 0, on: there) { incoming.yield($0) }
    let client = try await TCPStream.connect(host: "127.0.0.1", port: listener.localAddress.port, on: here)
    for await server in accepted {
        let begin = ContinuousClock.now
        await withCheckedContinuation { continuation in
            there.execute { server.start(Transfer(total: total, continuation: continuation)) }
            here.execute {
                let transfer = Transfer(total: total, continuation: nil)
                client.start(transfer)
                transfer.fill(client)
            }
        }
        report("TCP between two loops", Double(total) / nanoseconds(since: begin), "GB/s")
        there.execute { server.close() }
        break
    }
    here.execute { client.close() }
    listener.close()
}
await group.shutdown()
