package import Bytes
import Synchronization

/// Tells how far a transfer is, at most ten times a second, from any thread.
///
/// On a terminal a line is drawn over and over on standard error and is gone at the end; with `--json` it is one object a
/// line on standard output; with `-q` or without a terminal it is nothing. `tick` redraws while nothing arrives.
package final class ProgressReporter: Sendable {
    package enum Form: Sendable, Hashable {
        case bar(style: TextStyle)
        case jsonLines
        case silent
    }

    package enum SummaryForm: Sendable, Hashable {
        case text, json
    }

    /// Where text goes; one call writes all of a line.
    package typealias Sink = @Sendable (String) -> Void

    private struct State {
        var progress: ProgressState
        var meter = RateMeter()
        var failed = 0
        var skipped = 0
        var lastDrawn: Duration?
        var hasLine = false
    }

    /// The shortest time between two drawings.
    private static let interval = Duration.milliseconds(100)
    private static let eraseLine = "\r\u{1B}[K"

    private let form: Form
    /// How the summary is told; nil with `-q`.
    private let summaryForm: SummaryForm?
    private let width: @Sendable () -> Int
    private let now: @Sendable () -> Duration
    private let sink: Sink
    private let start: Duration
    private let state: Mutex<State>

    /// `now` is a clock that never goes back; `width` the terminal's columns, asked for at each drawing.
    package init(
        form: Form, summary: SummaryForm?, totalFiles: Int? = nil, totalBytes: UInt64? = nil,
        width: @escaping @Sendable () -> Int, now: @escaping @Sendable () -> Duration, sink: @escaping Sink
    ) {
        self.form = form
        summaryForm = summary
        self.width = width
        self.now = now
        self.sink = sink
        start = now()
        state = Mutex(
            State(progress: ProgressState(name: RawPath(bytes: []), totalBytes: totalBytes, totalFiles: totalFiles)))
    }

    /// The reporter that the options and the terminal call for.
    package convenience init(_ console: Console, transfer: TransferOptions) {
        let form: Form
        if console.output.isQuiet || !transfer.showsProgress {
            form = .silent
        } else if console.output.isJSON {
            form = .jsonLines
        } else if console.errorWidth != nil {
            form = .bar(style: console.errorStyle)
        } else {
            form = .silent
        }
        let begin = ContinuousClock.now
        let isJSON = console.output.isJSON
        self.init(
            form: form, summary: console.output.isQuiet ? nil : isJSON ? .json : .text,
            width: { StandardStream.error.width ?? 80 },
            now: { ContinuousClock.now - begin },
            sink: { text in
                // Progress that nobody reads is no reason to stop a transfer.
                if isJSON { try? StandardStream.output.write(Array(text.utf8).rawSpan) } else { Console.complain(text) }
            })
    }

    /// What is known of the whole: files and bytes may become known, or grow, while the planner still walks.
    package func setTotals(files: Int?, bytes: UInt64?) {
        state.withLock { state in
            state.progress.totalFiles = files
            state.progress.totalBytes = bytes
        }
        draw()
    }

    /// A file begins; `alreadyDone` are bytes that a resumed transfer need not send again: they count, but not for the rate.
    package func begin(_ name: RawPath, alreadyDone: UInt64 = 0) {
        state.withLock { state in
            state.progress.name = name
            state.progress.bytes += alreadyDone
            if alreadyDone > 0 { state.meter = RateMeter() }
        }
        draw()
    }

    /// `count` more bytes of `name` are done.
    package func advance(_ name: RawPath, by count: UInt64) {
        let time = now()
        state.withLock { state in
            state.progress.name = name
            state.progress.bytes += count
            state.meter.record(state.progress.bytes, at: time)
        }
        draw()
    }

    /// How a file ended.
    package enum Ending: Sendable, Hashable {
        case done, failed, skipped
    }

    package func end(_ name: RawPath, _ ending: Ending = .done) {
        state.withLock { state in
            state.progress.name = name
            switch ending {
            case .done: state.progress.filesDone += 1
            case .failed: state.failed += 1
            case .skipped: state.skipped += 1
            }
        }
        draw()
    }

    /// Draws again when it is time, so that the rate falls while nothing arrives.
    package func tick() {
        let time = now()
        state.withLock { state in state.meter.record(state.progress.bytes, at: time) }
        draw()
    }

    /// Writes other text (an error line with its newline) without tearing the bar.
    package func interject(_ write: () -> Void) {
        state.withLock { state in
            if state.hasLine { sink(Self.eraseLine) }
            state.hasLine = false
            state.lastDrawn = nil
            write()
        }
    }

    /// Takes the bar away and tells the summary, unless `-q` was given.
    @discardableResult
    package func finish() -> TransferSummary {
        let duration = now() - start
        return state.withLock { state in
            let summary = TransferSummary(
                files: state.progress.filesDone, failedFiles: state.failed, skippedFiles: state.skipped,
                bytes: state.progress.bytes, duration: duration)
            if state.hasLine { sink(Self.eraseLine) }
            state.hasLine = false
            switch summaryForm {
            case nil: break
            case .text: sink(summary.text + "\n")
            case .json: sink(summary.json.text + "\n")
            }
            return summary
        }
    }

    private func draw() {
        if form == .silent { return }
        let time = now()
        state.withLock { state in
            if let last = state.lastDrawn, time - last < Self.interval { return }
            state.lastDrawn = time
            var progress = state.progress
            progress.rate = state.meter.bytesPerSecond
            progress.timeLeft = progress.totalBytes.flatMap { total in
                state.meter.time(for: total - min(total, progress.bytes))
            }
            switch form {
            case .silent: break
            case .jsonLines: sink(progress.json.text + "\n")
            case .bar(let style):
                // One column stays free: some terminals wrap when the last one is written.
                sink(Self.eraseLine + ProgressBar(style: style).line(progress, width: width() - 1))
                state.hasLine = true
            }
        }
    }
}
