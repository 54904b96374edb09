import Bytes
import Errors
import SSH
import Sessions
import SFTP
import Transfer

/// One run of a transfer: the engine at work, its progress shown, its outcome told.
struct TransferRun {
    let options: TransferOptions
    let console: Console
    /// What is being done, such as `get`, and to which host, for messages.
    let context: FailureContext
    let reporter: ProgressReporter

    /// Runs `transfer` with an engine and returns what it did. Cancelling the task stops it and removes temporary files.
    func callAsFunction(
        _ transfer: @escaping @Sendable (TransferEngine) async -> Transfer.TransferSummary
    ) async throws -> Transfer.TransferSummary {
        let progress = TransferProgress()
        let engine = TransferEngine(on: CommandLoop.shared, options: engineOptions, progress: progress)
        let showing = Task { await show(progress) }
        let work = Task(executorPreference: CommandLoop.shared) { await transfer(engine) }
        let summary = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        showing.cancel()
        await showing.value
        // The shell's prompt after Ctrl-C begins on a line of its own.
        reporter.interject {}
        if work.isCancelled { throw CancellationError() }
        return summary
    }

    private var engineOptions: Transfer.TransferOptions {
        var options = Transfer.TransferOptions()
        options.resumes = self.options.resumes
        options.verifies = self.options.verifies
        options.preserves = self.options.preserves
        if let parallel = self.options.parallel { options.parallelFiles = parallel }
        options.rateLimit = self.options.rateLimit
        options.onConflict =
            switch self.options.onConflict {
            case .overwrite: .overwrite
            case .skip: .skip
            case .rename: .rename
            case .fail: .fail
            }
        return options
    }

    /// Hands on how far the engine is until the task is cancelled, and once more then.
    private func show(_ progress: TransferProgress) async {
        var told = TransferProgress.State()
        var isLast = false
        while !isLast {
            // The end of the sleep and the end of the transfer are the same to what follows.
            do { try await Task.sleep(for: .milliseconds(100)) } catch { isLast = true }
            let now = progress.snapshot
            reporter.setTotals(
                files: now.isTotalKnown ? now.filesTotal : nil, bytes: now.isTotalKnown ? now.bytesTotal : nil)
            let name = now.current.first?.path ?? now.latest ?? RawPath(bytes: [])
            if name != told.current.first?.path { reporter.begin(name) }
            reporter.advance(name, by: now.bytesDone - told.bytesDone)
            for _ in told.filesDone..<max(told.filesDone, now.filesDone) { reporter.end(name) }
            told = now
        }
    }

    /// Tells what was left out, what failed and what was verified; returns the exit status.
    func tell(_ summary: Transfer.TransferSummary) -> ExitStatus {
        for _ in summary.failures { reporter.end(RawPath(bytes: []), .failed) }
        for _ in summary.skipped { reporter.end(RawPath(bytes: []), .skipped) }
        // Notes begin on a line of their own.
        reporter.interject {}
        var status = ExitStatus.done
        for (path, reason) in summary.skipped { console.note("\(path): skipped: \(reason)") }
        for failure in summary.failures {
            status = console.report(FailureReport(FairleadError(failure.error, context)))
        }
        for verification in summary.verified { tell(verification) }
        let isPartial = summary.files + summary.links > 0 || summary.failures.count > 1
        return summary.failures.isEmpty ? .done : isPartial ? .partialFailure : status
    }

    /// That one file is the same on both sides, and how that was found.
    private func tell(_ verification: Transfer.TransferSummary.Verification) {
        guard console.output.isJSON else {
            let method = verification.method.rawValue
            return console.note(
                "\(verification.path): verified, SHA-256 \(verification.sha256) on both sides (\(method))")
        }
        // Whoever stopped reading is no reason to call the transfer failed.
        try? console.out(
            JSON.object(
                [("event", .string("verified"))] + JSON.members("file", of: verification.path) + [
                    ("sha256", .string(verification.sha256)), ("method", .string(verification.method.rawValue)),
                ]))
    }
}
