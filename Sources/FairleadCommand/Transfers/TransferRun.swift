import Bytes
import Errors
import Reactor
import SSH
import Sessions
import SFTP
import Transfer

/// What one command transfers: the engine at work, its progress shown, its outcome told.
///
/// Sources of several places are several runs of one engine, one after the other.
final class TransferRun {
    let console: Console
    let options: TransferOptions
    /// What is being done, such as `get`, for messages.
    let operation: String
    let engineOptions: Transfer.TransferOptions
    let progress = TransferProgress()

    private let engine: TransferEngine
    private let control = TransferControl()
    private let reporter: ProgressReporter
    private let signals: TransferSignals
    private var tally = TransferTally()
    /// The status of what failed last.
    private var failureStatus = ExitStatus.done
    private var start: ContinuousClock.Instant?
    /// Why what is told could not be written: `errno`.
    private var outputError: Int32?

    init(
        _ options: TransferOptions, _ console: Console, operation: String, engineOptions: Transfer.TransferOptions
    ) {
        self.options = options
        self.console = console
        self.operation = operation
        self.engineOptions = engineOptions
        engine = TransferEngine(
            on: CommandLoop.shared, options: engineOptions, progress: progress, control: control)
        reporter = ProgressReporter(console, transfer: options)
        signals = TransferSignals(control, console, drawsLines: reporter.form != .silent && reporter.form != .jsonLines)
    }

    /// Runs `transfer` with the engine and tells what failed.
    ///
    /// - Parameters:
    ///   - context: for messages about failures.
    ///   - isLast: whether no other run follows, so that totals are final.
    /// - Throws: `CancellationError` when the task was cancelled, which stops the transfer and removes temporary files.
    func callAsFunction(
        _ context: FailureContext, isLast: Bool = true,
        _ transfer: @escaping @Sendable (TransferEngine) async -> Transfer.TransferSummary
    ) async throws {
        if start == nil { start = .now }
        let (reporter, progress, control, engine) = (reporter, progress, control, engine)
        let showing = Task {
            if reporter.form != .silent { await show(progress, by: reporter, control, isLast: isLast) }
        }
        let work = Task(executorPreference: CommandLoop.shared) { await transfer(engine) }
        let summary = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
            // What is paused cannot end.
            control.resume()
        }
        showing.cancel()
        await showing.value
        reporter.end()
        tally.add(summary)
        if work.isCancelled {
            tellInterruption(summary)
            throw CancellationError()
        }
        try tell(summary, context)
    }

    private func tellInterruption(_ summary: Transfer.TransferSummary) {
        guard options.resumes else { return }
        console.note(
            "fairlead: stopped after \(summary.files) \(summary.files == 1 ? "file" : "files"); what is there of the others is "
                + "kept, and the same command goes on from it")
    }

    // MARK: Outcomes

    /// Tells what was verified, left out, and what failed.
    private func tell(_ summary: Transfer.TransferSummary, _ context: FailureContext) throws {
        for verification in summary.verified { try tell(verification) }
        for (path, reason) in summary.skipped {
            if console.output.isJSON {
                try event("skipped", path, [("reason", .string(reason))])
            } else {
                console.note("\(path): skipped: \(reason)")
            }
        }
        for failure in summary.failures {
            let report = FailureReport(FairleadError(failure.error, context))
            if console.output.isJSON { try event("failed", failure.path, report.members) }
            failureStatus = console.report(report)
        }
    }

    /// That one file is the same on both sides, and how that was found.
    private func tell(_ verification: Transfer.TransferSummary.Verification) throws {
        let method = verification.method.rawValue
        guard console.output.isJSON else {
            return console.note(
                "\(verification.path): verified, SHA-256 \(verification.sha256) on both sides (\(method))")
        }
        try event(
            "verified", verification.path, [("sha256", .string(verification.sha256)), ("method", .string(method))])
    }

    /// Writes a line of JSON; that somebody stopped reading is no reason to call the transfer failed.
    private func event(_ name: String, _ path: RawPath, _ members: [(String, JSON)]) throws {
        let json = JSON.object([("event", .string(name))] + JSON.members("file", of: path) + members)
        write(json)
    }

    private func write(_ json: JSON) {
        do throws(StandardStream.WriteError) {
            try StandardStream.output.write(Array((json.text + "\n").utf8).rawSpan)
        } catch {
            switch error {
            case .closed: break
            case .failed(let number): outputError = outputError ?? number
            }
        }
    }

    /// Tells the summary; returns the exit status: that of the only failure where nothing was done, else whether all was.
    ///
    /// `plannedSteps` is for a run that only planned, and changed nothing.
    func finish(plannedSteps: Int? = nil) -> ExitStatus {
        let done = progress.snapshot
        let other = done.bytesKept.addingReportingOverflow(done.bytesFailed)
        tally.bytesMoved = done.bytesDone - min(done.bytesDone, other.overflow ? .max : other.partialValue)
        tally.plannedSteps = plannedSteps
        tally.duration = start.map { ContinuousClock.now - $0 } ?? .zero
        if !console.output.isQuiet {
            if console.output.isJSON {
                write(tally.json)
            } else {
                console.note(tally.text)
            }
        }
        if let outputError, let report = FailureReport(StandardStream.WriteError.failed(outputError)) {
            return console.report(report)
        }
        if tally.failed == 0 { return .done }
        return tally.hasDoneSomething || tally.failed > 1 ? .partialFailure : failureStatus
    }
}

/// Hands on how far the engine is until the task is cancelled, and once more then.
private func show(
    _ progress: TransferProgress, by reporter: ProgressReporter, _ control: TransferControl, isLast: Bool
) async {
    while !Task.isCancelled {
        // The end of the sleep and the end of the transfer are the same to what follows.
        try? await Task.sleep(for: ProgressReporter.interval)
        reporter.show(progress.snapshot, isWhole: isLast, isPaused: control.isPaused, isLast: Task.isCancelled)
    }
}
