import Bytes
import Reactor
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Lines at the bottom of the terminal that are drawn over and over, and that other text never tears. From any thread.
///
/// The cursor stays at the start of the last of them, so that a key that is echoed there moves it to no other row. Whoever writes to the terminal meanwhile does it by `interject`.
package final class StatusLines: Sendable {
    private struct State {
        /// What is drawn, with escape sequences, and how many columns each line takes.
        var drawn: [(text: String, columns: Int)] = []
        /// How many have asked that nothing be drawn.
        var hidden = 0
    }

    /// Those of standard error.
    package static let shared = StatusLines(
        size: { Terminal.size(2).map { (Int($0.columns), Int($0.rows)) } }, mayDraw: { isInForeground },
        sink: { text in try? StandardStream.error.write(Array(text.utf8).rawSpan) })

    private let size: @Sendable () -> (columns: Int, rows: Int)?
    private let mayDraw: @Sendable () -> Bool
    private let sink: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - size: the terminal's; nil when it is unknown.
    ///   - mayDraw: whether the terminal is this program's now.
    ///   - sink: takes what is written; one call for each drawing.
    package init(
        size: @escaping @Sendable () -> (columns: Int, rows: Int)?, mayDraw: @escaping @Sendable () -> Bool = { true },
        sink: @escaping @Sendable (String) -> Void
    ) {
        self.size = size
        self.mayDraw = mayDraw
        self.sink = sink
    }

    /// Columns and rows that may be used: one column stays free, as some terminals wrap when the last one is written.
    package var room: (columns: Int, rows: Int) {
        let size = size() ?? (80, 24)
        return (max(0, size.columns - 1), max(1, size.rows - 1))
    }

    /// Draws `lines`, none wider than `room`, in place of those before.
    package func draw(_ lines: [String]) {
        guard mayDraw() else { return }
        state.withLock { state in
            guard state.hidden == 0 else { return }
            let rewound = rewind(state)
            let text = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n")
            sink(rewound + text + "\u{1B}[J\r")
            state.drawn = lines.map { ($0, Self.columns(of: $0)) }
        }
    }

    /// Takes the lines away.
    package func clear() {
        state.withLock { state in erase(&state) }
    }

    /// Has `write` write other text, lines with newlines behind them, where the status lines are; these come again below
    /// with the next drawing.
    package func interject(_ write: () -> Void) {
        state.withLock { state in
            erase(&state)
            write()
        }
    }

    /// Takes the lines away until `show()`: somebody is asked something.
    package func hide() {
        state.withLock { state in
            erase(&state)
            state.hidden += 1
        }
    }

    package func show() {
        state.withLock { $0.hidden = max(0, $0.hidden - 1) }
    }

    /// What was drawn is no longer where the cursor is: a shell had the terminal meanwhile.
    package func forget() {
        state.withLock { $0.drawn = [] }
    }

    private func erase(_ state: inout State) {
        guard !state.drawn.isEmpty else { return }
        sink(rewind(state) + "\u{1B}[J")
        state.drawn = []
    }

    /// Moves the cursor to where the first line begins. When the terminal has become narrower, lines take several rows.
    private func rewind(_ state: State) -> String {
        guard !state.drawn.isEmpty else { return "\r" }
        let size = size() ?? (80, 24)
        let width = max(1, size.columns)
        let rows = state.drawn.dropLast().reduce(0) { $0 + max(1, ($1.columns + width - 1) / width) }
        let up = min(rows, max(0, size.rows - 1))
        return up > 0 ? "\r\u{1B}[\(up)A" : "\r"
    }

    /// The columns of a text that has colours in it (`ESC [ … m`).
    private static func columns(of text: String) -> Int {
        var plain = ""
        var isInSequence = false
        for character in text {
            if character == "\u{1B}" {
                isInSequence = true
            } else if isInSequence {
                isInSequence = character != "m"
            } else {
                plain.append(character)
            }
        }
        return TextWidth.of(plain)
    }

    /// Whether this process may write to its terminal: it was not put into the background.
    private static var isInForeground: Bool {
        let group = tcgetpgrp(2)
        return group < 0 || group == getpgrp()
    }
}
