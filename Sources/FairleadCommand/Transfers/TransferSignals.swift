import Reactor
import Synchronization
import Transfer

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What signals do to a running transfer: USR1 pauses it, USR2 lets it go on, and Ctrl-Z takes the progress lines away
/// before it stops the process. That stays so until the process ends: its exit must not meet a signal that is being given
/// back.
final class TransferSignals: Sendable {
    private let control: TransferControl
    private let console: Console
    private let sources = Mutex<[SignalSource]>([])
    /// Ctrl-Z, which is watched anew each time.
    private let stop = Mutex<SignalSource?>(nil)
    /// Whether SIGCONT is due after a stop that was noticed.
    private let awaitsContinuation = Mutex(false)

    init(_ control: TransferControl, _ console: Console, drawsLines: Bool) {
        self.control = control
        self.console = console
        CommandLoop.shared.execute {
            self.watch(SIGUSR1) { transfer in
                transfer.control.pause()
                if !drawsLines { transfer.console.note("fairlead: paused; the signal USR2 lets it go on") }
            }
            self.watch(SIGUSR2) { transfer in
                transfer.control.resume()
                if !drawsLines { transfer.console.note("fairlead: going on") }
            }
            guard drawsLines else { return }
            self.watch(SIGCONT) { transfer in
                let isKnown = transfer.awaitsContinuation.withLock { awaits in
                    defer { awaits = false }
                    return awaits
                }
                // After a SIGSTOP: somebody else had the terminal.
                if !isKnown { StatusLines.shared.forget() }
            }
            self.watchStop()
        }
    }

    private func watch(_ signal: Int32, _ body: @escaping @Sendable (TransferSignals) -> Void) {
        // A signal that cannot be watched does what it does by default.
        let source = try? SignalSource(signal: signal, on: CommandLoop.shared) { [weak self] in
            if let self { body(self) }
        }
        if let source { sources.withLock { $0.append(source) } }
    }

    private func watchStop() {
        guard !Interruption.isIgnored(SIGTSTP) else { return }
        let source = try? SignalSource(signal: SIGTSTP, on: CommandLoop.shared) { [weak self] in
            guard let self else { return }
            stop.withLock { $0.take()?.cancel() }
            // Now it does what it does by default; this returns when the process goes on.
            awaitsContinuation.withLock { $0 = true }
            StatusLines.shared.hide()
            kill(getpid(), SIGTSTP)
            StatusLines.shared.show()
            watchStop()
        }
        stop.withLock { $0 = source }
    }
}
