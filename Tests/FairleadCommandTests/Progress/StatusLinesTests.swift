import Synchronization
import Testing

@testable import FairleadCommand

@Suite("Lines at the bottom of a terminal")
struct StatusLinesTests {
    /// A terminal of which the test sees what is written, and what it would show.
    private final class Screen: Sendable {
        let size = Mutex((columns: 20, rows: 10))
        let mayDraw = Mutex(true)
        let written = Mutex("")

        var lines: StatusLines {
            StatusLines(
                size: { self.size.withLock { ($0.columns, $0.rows) } }, mayDraw: { self.mayDraw.withLock { $0 } },
                sink: { text in self.written.withLock { $0 += text } })
        }

        func write(_ text: String) { written.withLock { $0 += text } }

        /// What was written since the last call.
        var taken: String {
            written.withLock { text in
                defer { text = "" }
                return text
            }
        }

        /// What a terminal that never wraps shows of `text` (ECMA-48: CUU, ED, EL).
        static func shown(_ text: String) -> [String] {
            var rows: [[Character]] = [[]]
            var (row, column) = (0, 0)
            var rest = text[...]
            while let character = rest.popFirst() {
                switch character {
                case "\r": column = 0
                case "\n", "\r\n":
                    row += 1
                    column = 0
                    if row == rows.count { rows.append([]) }
                case "\u{1B}":
                    let sequence = rest.prefix { !$0.isLetter }
                    rest = rest.dropFirst(sequence.count)
                    let count = Int(sequence.dropFirst()) ?? 1
                    switch rest.popFirst() {
                    case "A": row = max(0, row - count)
                    case "K": rows[row] = Array(rows[row].prefix(column))
                    case "J":
                        rows[row] = Array(rows[row].prefix(column))
                        rows = Array(rows.prefix(row + 1))
                    default: break
                    }
                default:
                    while rows[row].count <= column { rows[row].append(" ") }
                    rows[row][column] = character
                    column += 1
                }
            }
            return rows.map { String($0) }
        }
    }

    @Test("Lines are drawn over those before, however many they were, and go at the end")
    func drawing() {
        let screen = Screen()
        let lines = screen.lines
        screen.write("$ get\n")
        var all = screen.taken
        for (drawn, expected) in [
            (["one", "two", "three"], ["$ get", "one", "two", "three"]), (["1", "2"], ["$ get", "1", "2"]),
            (["a", "b", "c", "d"], ["$ get", "a", "b", "c", "d"]), (["z"], ["$ get", "z"]),
        ] {
            lines.draw(drawn)
            all += screen.taken
            #expect(Screen.shown(all) == expected)
        }
        lines.clear()
        all += screen.taken
        #expect(Screen.shown(all) == ["$ get", ""])
        lines.clear()
        #expect(screen.taken == "")
    }

    @Test("Other text comes above them and tears nothing")
    func interjection() {
        let screen = Screen()
        let lines = screen.lines
        lines.draw(["one", "total"])
        lines.interject { screen.write("a note\nof two lines\n") }
        lines.draw(["two", "total"])
        #expect(Screen.shown(screen.taken) == ["a note", "of two lines", "two", "total"])
    }

    @Test("A terminal that became narrower shows each line in several rows: all of them go")
    func resizing() {
        let screen = Screen()
        let lines = screen.lines
        lines.draw([String(repeating: "x", count: 19), "\u{1B}[32m漢字漢字漢字\u{1B}[0m", "total"])
        _ = screen.taken
        screen.size.withLock { $0.columns = 8 }
        lines.draw(["x", "total"])
        // 19 columns are three rows of 8, 12 are two.
        #expect(screen.taken.hasPrefix("\r\u{1B}[5A"))
        screen.size.withLock { $0.columns = 100 }
        lines.draw(["x", "total"])
        #expect(screen.taken.hasPrefix("\r\u{1B}[1A"))
    }

    @Test("Nobody moves above the top of the terminal")
    func lowTerminal() {
        let screen = Screen()
        let lines = screen.lines
        lines.draw((0..<8).map { "line \($0)" })
        _ = screen.taken
        screen.size.withLock { $0.rows = 4 }
        #expect(lines.room.rows == 3)
        lines.draw(["x"])
        #expect(screen.taken.hasPrefix("\r\u{1B}[3A"))
    }

    @Test("In the background, and while somebody is asked, nothing is drawn")
    func hidden() {
        let screen = Screen()
        let lines = screen.lines
        screen.mayDraw.withLock { $0 = false }
        lines.draw(["x"])
        #expect(screen.taken == "")
        screen.mayDraw.withLock { $0 = true }
        lines.draw(["x"])
        _ = screen.taken
        lines.hide()
        #expect(screen.taken == "\r\u{1B}[J")
        lines.draw(["y"])
        #expect(screen.taken == "")
        lines.show()
        lines.draw(["y"])
        #expect(screen.taken == "\ry\u{1B}[K\u{1B}[J\r")
    }

    @Test("What a shell has scrolled away is left alone")
    func forgetting() {
        let screen = Screen()
        let lines = screen.lines
        lines.draw(["a", "b"])
        lines.forget()
        _ = screen.taken
        lines.draw(["a", "b"])
        #expect(!screen.taken.contains("A"))
    }
}
