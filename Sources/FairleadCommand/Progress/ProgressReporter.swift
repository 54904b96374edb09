import Bytes
import Synchronization
package import Transfer

/// Shows how far a transfer is, at most ten times a second, from any thread.
///
/// On a terminal these are lines at the bottom that are drawn over and over and are gone at the end; with `--json` it is one
/// object a line on standard output; with `-q` or without a terminal it is nothing.
package final class ProgressReporter: Sendable {
    package enum Form: Sendable, Hashable {
        case lines(style: TextStyle)
        case jsonLines
        case silent
    }

    private struct State {
        var picture: ProgressPicture
        var meter = RateMeter()
        var lastShown: Duration?
    }

    /// The shortest time between two drawings.
    package static let interval = Duration.milliseconds(100)

    package let form: Form
    private let lines: StatusLines
    private let now: @Sendable () -> Duration
    private let sink: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// `now` is a clock that never goes back; `sink` takes the lines of JSON.
    package init(
        form: Form, lines: StatusLines, now: @escaping @Sendable () -> Duration,
        sink: @escaping @Sendable (String) -> Void
    ) {
        self.form = form
        self.lines = lines
        self.now = now
        self.sink = sink
        let style: TextStyle
        switch form {
        case .lines(let wanted): style = wanted
        case .jsonLines, .silent: style = TextStyle(isColored: false)
        }
        state = Mutex(State(picture: ProgressPicture(style: style)))
    }

    /// The reporter that the options and the terminal call for.
    package convenience init(_ console: Console, transfer: TransferOptions) {
        let form: Form
        if console.output.isQuiet || !transfer.showsProgress {
            form = .silent
        } else if console.output.isJSON {
            form = .jsonLines
        } else if console.errorWidth != nil, ProcessContext.environment("TERM") != "dumb" {
            form = .lines(style: console.errorStyle)
        } else {
            form = .silent
        }
        let begin = ContinuousClock.now
        self.init(
            form: form, lines: .shared, now: { ContinuousClock.now - begin },
            // Progress that nobody reads is no reason to stop a transfer.
            sink: { text in try? StandardStream.output.write(Array(text.utf8).rawSpan) })
    }

    /// Shows `progress`, unless something was shown just now and this is not the last time; `isWhole` when nothing will come
    /// to the totals that are known.
    package func show(
        _ progress: TransferProgress.State, isWhole: Bool = true, isPaused: Bool = false, isLast: Bool = false
    ) {
        if form == .silent { return }
        let time = now()
        state.withLock { state in
            // What need not be transferred says nothing about speed.
            state.meter.record(progress.bytesDone - min(progress.bytesDone, progress.bytesKept), at: time)
            if let last = state.lastShown, time - last < Self.interval, !isLast { return }
            state.lastShown = time
            var shown = ProgressState(progress, isWhole: isWhole)
            shown.rate = state.meter.bytesPerSecond
            shown.isPaused = isPaused
            shown.timeLeft = shown.totalBytes.flatMap { total in
                state.meter.time(for: total - min(total, shown.bytes))
            }
            switch form {
            case .silent: break
            case .jsonLines: sink(shown.json.text + "\n")
            case .lines:
                let room = lines.room
                lines.draw(state.picture.lines(shown, columns: room.columns, rows: room.rows))
            }
        }
    }

    /// Takes the lines away.
    package func end() {
        switch form {
        case .silent, .jsonLines: break
        case .lines: lines.clear()
        }
    }
}
