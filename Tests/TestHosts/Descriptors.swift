import Foundation

// Without these two, a program that another thread starts at the wrong moment inherits a pipe's end and keeps it open.

#if canImport(Glibc)
    /// glibc's `posix_spawn_file_actions_addclosefrom_np` and `pipe2`, which its headers show to GNU programs only.
    @_silgen_name("posix_spawn_file_actions_addclosefrom_np")
    func addCloseFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32) -> Int32

    @_silgen_name("pipe2")
    private func pipe2(_ ends: UnsafeMutablePointer<Int32>, _ flags: Int32) -> Int32
#endif

/// A pipe whose ends are closed on exec.
func closedOnExecPipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 {
    #if canImport(Glibc)
        return unsafe pipe2(ends, O_CLOEXEC)
    #else
        guard unsafe pipe(ends) == 0 else { return -1 }
        for index in 0...1 { _ = unsafe fcntl(ends[index], F_SETFD, FD_CLOEXEC) }
        return 0
    #endif
}
