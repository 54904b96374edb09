#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The signals that POSIX has (POSIX.1-2017, signal.h), as far as they are sent to programs or end them.
package enum SystemSignal: Sendable, CaseIterable {
    case abort, alarm, floatingPointException, hangUp, illegalInstruction, interrupt, kill, pipe, quit
    case segmentationViolation, terminate, user1, user2

    /// The signal that this system gives `number`; nil for others.
    package init?(number: CInt) {
        guard let signal = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = signal
    }

    /// The number on this system.
    package var number: CInt {
        switch self {
        case .abort: SIGABRT
        case .alarm: SIGALRM
        case .floatingPointException: SIGFPE
        case .hangUp: SIGHUP
        case .illegalInstruction: SIGILL
        case .interrupt: SIGINT
        case .kill: SIGKILL
        case .pipe: SIGPIPE
        case .quit: SIGQUIT
        case .segmentationViolation: SIGSEGV
        case .terminate: SIGTERM
        case .user1: SIGUSR1
        case .user2: SIGUSR2
        }
    }
}
