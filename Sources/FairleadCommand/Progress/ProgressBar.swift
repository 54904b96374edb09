import Bytes

/// Draws a progress line: a pure function from a state and a width to text.
///
/// `[3/12] name ━━━━━━────  45%  1.20 GiB  98.3 MiB/s  0:12`: where there is little room, first the bar goes, then the
/// time left, the rate and the bytes; the name is cut in its middle.
package struct ProgressBar {
    private static let widestBar = 30
    private static let narrowestBar = 8
    private static let narrowestName = 8
    /// The column of names that are all shorter, so that bars of several files stand below each other.
    private static let widestName = 40

    private let style: TextStyle

    package init(style: TextStyle = TextStyle(isColored: false)) {
        self.style = style
    }

    /// One line of at most `width` columns.
    package func line(_ state: ProgressState, width: Int) -> String {
        guard width > 0 else { return "" }
        let percent = state.fraction.map { TextWidth.aligned("\(Int($0 * 100))%", to: 4) }
        var details = [
            TextWidth.aligned(ByteCount.long(state.bytes), to: 8),
            TextWidth.aligned(state.rate.map(ByteCount.rate) ?? "", to: 10),
            state.totalBytes == nil ? "" : TextWidth.aligned(state.timeLeft.map(DurationText.clock) ?? "-:--", to: 5),
        ]
        var count = ""
        if state.totalFiles != 1 {
            count = state.totalFiles.map { "[\(state.filesDone)/\($0)] " } ?? "[\(state.filesDone)] "
        }
        while true {
            let tail = ([percent] + details.map { Optional($0) }).compactMap { $0 }.filter { !$0.isEmpty }
                .joined(separator: "  ")
            let room = width - TextWidth.of(tail) - 1 - TextWidth.of(count)
            if room >= Self.narrowestName || details.isEmpty {
                return line(count, state, tail: tail, room: room, width: width)
            }
            details.removeLast()
        }
    }

    private func line(_ count: String, _ state: ProgressState, tail: String, room: Int, width: Int) -> String {
        guard room > 0 else { return TextWidth.truncated(String(tail.drop { $0 == " " }), to: width) }
        let name = state.name.description
        let barRoom = state.fraction == nil ? 0 : min(Self.widestBar, room - Self.narrowestName - 1)
        guard barRoom >= Self.narrowestBar, let fraction = state.fraction else {
            return "\(count)\(TextWidth.padded(TextWidth.truncated(name, to: room), to: room)) \(tail)"
        }
        // A long name may take columns from the bar, down to the narrowest.
        let nameWidth = min(max(TextWidth.of(name), Self.narrowestName), Self.widestName, room - Self.narrowestBar - 1)
        let barWidth = min(Self.widestBar, room - nameWidth - 1)
        let filled = min(barWidth, Int((Double(barWidth) * fraction).rounded()))
        let bar =
            style(String(repeating: "━", count: filled), .green)
            + style(String(repeating: "─", count: barWidth - filled), .faint)
        let label = TextWidth.padded(TextWidth.truncated(name, to: nameWidth), to: room - barWidth - 1)
        return "\(count)\(label) \(bar) \(tail)"
    }
}
