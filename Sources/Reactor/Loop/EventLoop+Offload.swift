import CUV

/// One piece of work in libuv's thread pool, which keeps it alive until it is done.
@safe
private class PoolRequest {
    private let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)

    deinit {
        unsafe request.deallocate()
    }

    /// Runs on a thread of the pool.
    func work() {}

    /// Runs on the loop afterwards.
    func finish() {}

    func submit(to loop: EventLoop) {
        // Balanced in the second callback, which libuv calls in any case.
        unsafe request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let status = unsafe uv_queue_work(
            loop.uv, request,
            { request in
                guard let data = unsafe request?.pointee.data else { return }
                unsafe Unmanaged<PoolRequest>.fromOpaque(data).takeUnretainedValue().work()
            },
            { request, _ in
                guard let data = unsafe request?.pointee.data else { return }
                unsafe Unmanaged<PoolRequest>.fromOpaque(data).takeRetainedValue().finish()
            })
        precondition(status == 0, "libuv refuses no work that has a callback")
    }
}

private final class PoolWork<Value>: PoolRequest {
    private let body: @Sendable () -> Value
    private let completion: (Value) -> Void
    private var value: Value?

    init(_ body: @escaping @Sendable () -> Value, _ completion: @escaping (Value) -> Void) {
        self.body = body
        self.completion = completion
    }

    override func work() { value = body() }

    override func finish() {
        if let value = value.take() { completion(value) }
    }
}

extension EventLoop {
    /// Runs `body`, which may block for the time of a disk, on libuv's thread pool and hands its result to `completion` on
    /// the loop. To be called on the loop; costs no task and no continuation.
    package func offload<Value: Sendable>(
        _ body: @escaping @Sendable () -> Value, _ completion: @escaping @Sendable (Value) -> Void
    ) {
        preconditionCurrent()
        PoolWork(body, completion).submit(to: self)
    }

    /// Runs `body` on libuv's thread pool and returns its result; from any executor. Not cancellable: it runs to its end.
    package func offload<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            if isCurrent {
                offload(body) { continuation.resume(returning: $0) }
            } else {
                execute { self.offload(body) { continuation.resume(returning: $0) } }
            }
        }
    }
}
