import CUV
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A thread that runs a libuv loop, and an executor whose jobs run between that loop's I/O.
///
/// Actors that return it as `unownedExecutor` share its thread: calls between them do not suspend, and libuv's callbacks
/// may enter them by `assumeIsolated`. The thread keeps the loop alive until `shutdown()`.
@safe
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    // Sendable because every property is a constant, guarded by `shared`, or touched by the loop's thread alone
    // (`local`, `turn`, `flushes`, `idling`, `life`); `thread` is written before `init` returns and never again.

    /// Where the loop's thread is, as far as others who bring work have to know.
    private enum Phase {
        /// It looks at the shared queue before it sleeps.
        case running
        /// It sleeps in the kernel, or is about to.
        case polling
        /// Somebody has woken it.
        case waking
        case stopped
    }

    private struct Shared {
        var works: [Work] = []
        var phase = Phase.running
    }

    private enum Turn {
        case between
        case under
    }

    private enum Life {
        case running
        case stopping
    }

    private enum Idling {
        case off
        case on
    }

    /// The libuv loop, for the handles of this module; used on the loop's thread only.
    let uv: UnsafeMutablePointer<uv_loop_t>
    private let wake: UnsafeMutablePointer<uv_async_t>
    private let prepare: UnsafeMutablePointer<uv_prepare_t>
    private let check: UnsafeMutablePointer<uv_check_t>
    private let idle: UnsafeMutablePointer<uv_idle_t>
    private var thread: pthread_t

    private let shared = Mutex(Shared())
    private let wakers = Atomic(0)
    private let stopWaiters = Mutex<[CheckedContinuation<Void, Never>]?>([])

    private var local = WorkQueue()
    private var flushes: [StreamHandle] = []
    private var turn = Turn.between
    private var idling = Idling.off
    private var life = Life.running

    /// Starts the thread. Traps when the process is out of descriptors or threads, as nothing can work then.
    package init() {
        unsafe uv = .allocate(capacity: 1)
        unsafe wake = .allocate(capacity: 1)
        unsafe prepare = .allocate(capacity: 1)
        unsafe check = .allocate(capacity: 1)
        unsafe idle = .allocate(capacity: 1)
        thread = pthread_self()
        // The memory is freed in `deinit`, which the thread's reference keeps from running before libuv is done.
        var status = unsafe uv_loop_init(uv)
        precondition(status == 0, "the system cannot make an event loop")
        unsafe uv.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        status = unsafe uv_async_init(uv, wake, { _ in })
        precondition(status == 0, "the system cannot make an event loop")
        unsafe uv_prepare_init(uv, prepare)
        unsafe uv_check_init(uv, check)
        unsafe uv_idle_init(uv, idle)
        unsafe uv_prepare_start(prepare) { unsafe EventLoop.of($0!.pointee.loop).willPoll() }
        unsafe uv_check_start(check) { unsafe EventLoop.of($0!.pointee.loop).didPoll() }
        unsafe uv_unref(UnsafeMutableRawPointer(prepare).assumingMemoryBound(to: uv_handle_t.self))
        unsafe uv_unref(UnsafeMutableRawPointer(check).assumingMemoryBound(to: uv_handle_t.self))
        unsafe uv_unref(UnsafeMutableRawPointer(idle).assumingMemoryBound(to: uv_handle_t.self))
        // Libuv leaves this field alone, and nil tells the loop's own handles from those with an owner.
        unsafe wake.pointee.data = nil
        unsafe prepare.pointee.data = nil
        unsafe check.pointee.data = nil
        unsafe idle.pointee.data = nil
        // The new thread reads `thread` only for work, which nobody can bring before this initialiser returns.
        status = unsafe uv_thread_create(
            &thread, { unsafe Unmanaged<EventLoop>.fromOpaque($0!).takeRetainedValue().run() },
            Unmanaged.passRetained(self).toOpaque())
        precondition(status == 0, "the system cannot make a thread")
        pthread_detach(thread)
    }

    deinit {
        unsafe uv.deallocate()
        unsafe wake.deallocate()
        unsafe prepare.deallocate()
        unsafe check.deallocate()
        unsafe idle.deallocate()
    }

    /// The loop that owns `uv`, which is one of ours.
    static func of(_ uv: UnsafeMutablePointer<uv_loop_t>) -> EventLoop {
        unsafe Unmanaged<EventLoop>.fromOpaque(uv.pointee.data).takeUnretainedValue()
    }

    /// Whether the caller runs on the loop's thread.
    package var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    /// Traps unless the caller runs on the loop's thread.
    package func preconditionCurrent() {
        precondition(isCurrent, "this has to be called on its event loop")
    }

    /// The time on the monotonic clock that the loop's timers go by.
    package var now: ContinuousClock.Instant { .now }

    /// The same clock in nanoseconds, for what is asked once a packet.
    package var monotonicNanoseconds: UInt64 { uv_hrtime() }

    /// Runs `body` on the loop soon, never before this returns; from any thread. Work of one thread keeps its order.
    package func execute(_ body: @escaping @Sendable () -> Void) {
        add(.closure(body))
    }

    /// Closes every stream, timer and listener of this loop, runs what is left and ends the thread.
    ///
    /// Not to be called from a task that runs on this loop. Nothing may be enqueued afterwards.
    package func shutdown() async {
        await withCheckedContinuation { continuation in
            let isFirst: Bool? = stopWaiters.withLock { waiters in
                guard waiters != nil else { return nil }
                waiters?.append(continuation)
                return waiters?.count == 1
            }
            switch isFirst {
            case nil: continuation.resume()
            case true?: execute { self.closeHandles() }
            case false?: break
            }
        }
    }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    package func checkIsolated() { preconditionCurrent() }

    private func add(_ work: Work) {
        if isCurrent {
            local.append(work)
            return
        }
        let mustWake = shared.withLock { shared in
            precondition(shared.phase != .stopped, "the event loop has been shut down")
            shared.works.append(work)
            guard shared.phase == .polling else { return false }
            shared.phase = .waking
            wakers.add(1, ordering: .relaxed)
            return true
        }
        if mustWake {
            // `stop` waits for `wakers`, so the handle is still there.
            unsafe uv_async_send(wake)
            wakers.subtract(1, ordering: .releasing)
        }
    }

    // MARK: Turns; on the loop's thread only

    /// Whether `shutdown()` has been asked for.
    var isStopping: Bool { life == .stopping }

    /// Has `stream` write what it holds at the end of this turn.
    func scheduleFlush(_ stream: StreamHandle) {
        flushes.append(stream)
    }

    /// Runs the jobs that are due, a bounded number, and then has each stream write what this produced.
    ///
    /// Called before and after the loop looks for I/O, and after each read, so that what one read brings about leaves in
    /// one write, though libuv may read from a fast peer many times in a row.
    func endTurn() {
        guard turn == .between else { return }
        turn = .under
        defer { turn = .between }
        takeShared()
        var budget = Limits.jobsPerTurn
        while budget > 0, let work = local.popFirst() {
            run(work)
            budget -= 1
        }
        guard !flushes.isEmpty else { return }
        let streams = flushes
        flushes.removeAll(keepingCapacity: true)
        for stream in streams { stream.flush() }
    }

    private func run(_ work: Work) {
        switch work {
        case .job(let job):
            // The loop lives while its thread does, so both unowned references are good.
            unsafe job.runSynchronously(
                isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        case .closure(let body): body()
        }
    }

    private func takeShared() {
        let works = shared.withLock { shared in
            shared.phase = .running
            return shared.works.isEmpty ? [] : exchange(&shared.works, with: [])
        }
        local.append(contentsOf: works)
    }

    private func willPoll() {
        endTurn()
        let canSleep =
            local.isEmpty && flushes.isEmpty
            && shared.withLock { shared in
                guard shared.works.isEmpty else { return false }
                shared.phase = .polling
                return true
            }
        switch (canSleep, idling) {
        case (true, .on):
            unsafe uv_idle_stop(idle)
            idling = .off
        case (false, .off):
            // An active idle handle keeps libuv from sleeping.
            unsafe uv_idle_start(idle) { _ in }
            idling = .on
        case (true, .off), (false, .on): break
        }
    }

    private func didPoll() {
        endTurn()
    }

    // MARK: The thread

    private func run() {
        WorkerThread.blockBrokenPipes()
        repeat {
            // Returns when nothing but the loop's own handles is left, which `closeHandles` brings about.
            unsafe uv_run(uv, UV_RUN_DEFAULT)
            endTurn()
            unsafe uv_walk(uv, { handle, _ in unsafe LoopHandle.of(handle)?.loopIsStopping() }, nil)
        } while unsafe uv_loop_alive(uv) != 0 || !stop()
        unsafe uv_walk(uv, { handle, _ in unsafe uv_close(handle, nil) }, nil)
        unsafe uv_run(uv, UV_RUN_DEFAULT)
        let status = unsafe uv_loop_close(uv)
        precondition(status == 0, "a handle outlived its event loop")
        let waiters = stopWaiters.withLock { exchange(&$0, with: nil) }
        for waiter in waiters ?? [] { waiter.resume() }
    }

    private func closeHandles() {
        life = .stopping
        unsafe uv_unref(UnsafeMutableRawPointer(wake).assumingMemoryBound(to: uv_handle_t.self))
        unsafe uv_walk(uv, { handle, _ in unsafe LoopHandle.of(handle)?.loopIsStopping() }, nil)
    }

    /// Refuses further work, unless there is some left.
    private func stop() -> Bool {
        guard local.isEmpty, flushes.isEmpty else { return false }
        let isStopped = shared.withLock { shared in
            guard shared.works.isEmpty else { return false }
            shared.phase = .stopped
            return true
        }
        while isStopped, wakers.load(ordering: .acquiring) > 0 { sched_yield() }
        return isStopped
    }
}

/// Puts `new` in the place of `value` and returns what was there.
func exchange<Value>(_ value: inout Value, with new: Value) -> Value {
    let old = value
    value = new
    return old
}

extension EventLoop {
    /// The time of day: seconds since 1970, UTC. From any thread.
    package nonisolated var calendarTime: Int64 { Int64(time(nil)) }

    /// The time of day: milliseconds since 1970, UTC. From any thread.
    package nonisolated static var calendarMilliseconds: Int64 {
        var now = timespec()
        // The C library fills `now`, which lives on this frame.
        guard unsafe clock_gettime(CLOCK_REALTIME, &now) == 0 else { return 0 }
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// A clock that never goes back: milliseconds since some moment. From any thread.
    package nonisolated static var monotonicMilliseconds: Int64 { Int64(uv_hrtime() / 1_000_000) }
}
