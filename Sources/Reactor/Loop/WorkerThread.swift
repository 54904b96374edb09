import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Threads for C libraries that wait in place.
package enum WorkerThread {
    /// What a thread is given to do.
    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Runs `body` on a thread of its own, on which a broken pipe is an error and no signal; false when the system has no
    /// thread left.
    package static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let work = unsafe Unmanaged.passRetained(Work(body))
        var thread = pthread_self()
        // The thread has the reference from here on.
        let status = unsafe uv_thread_create(
            &thread,
            { work in
                guard let work = unsafe work else { return }
                WorkerThread.blockBrokenPipes()
                unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body()
            }, work.toOpaque())
        guard status == 0 else {
            unsafe work.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// Keeps a broken pipe from ending the process: writes on this thread then fail with EPIPE instead.
    static func blockBrokenPipes() {
        unsafe withUnsafeTemporaryAllocation(of: sigset_t.self, capacity: 1) { set in
            guard let set = set.baseAddress else { return }
            unsafe sigemptyset(set)
            unsafe sigaddset(set, SIGPIPE)
            unsafe pthread_sigmask(SIG_BLOCK, set, nil)
        }
    }
}
