import Bytes

/// Draws a progress line: a pure function from a state and a width to text.
///
/// `[3/12] name ━━━━━━────  45%  1.20 GiB  98.3 MiB/s  0:12`: where there is little room, first the bar goes, then the
/// time left, the rate and the bytes; the name is cut in its middle.
package struct ProgressBar {
    /// What stands in a line.
    package struct Content {
        /// Stays as it is as long as there is room at all.
        package var prefix = ""
        package var name: String
        /// 0 to 1; nil while it is unknown.
        package var fraction: Double?
        /// How wide the name is, at least, as if it were so long; so that lines below each other are alike.
        package var nameWidth = 0
        /// Behind the percentage, the first the most important.
        package var details: [String] = []
    }

    private static let widestBar = 30
    private static let narrowestBar = 8
    private static let narrowestName = 8
    /// The column of names that are all shorter, so that bars of several files stand below each other.
    private static let widestName = 40

    private let style: TextStyle

    package init(style: TextStyle = TextStyle(isColored: false)) {
        self.style = style
    }

    /// One line of at most `width` columns for a transfer of which `state.name` is all that is shown.
    package func line(_ state: ProgressState, width: Int) -> String {
        var prefix = state.isPaused ? "paused " : ""
        if state.totalFiles != 1 {
            prefix += state.totalFiles.map { "[\(state.filesDone)/\($0)] " } ?? "[\(state.filesDone)] "
        }
        let content = Content(
            prefix: prefix, name: state.name.description, fraction: state.fraction, details: Self.details(state))
        return line(content, width: width)
    }

    /// Bytes, rate, time left, and how often the connection was lost.
    package static func details(_ state: ProgressState) -> [String] {
        let rate = state.isPaused ? "" : state.rate.map(ByteCount.rate) ?? ""
        let timeLeft = state.isPaused ? nil : state.timeLeft
        var details = [
            TextWidth.aligned(ByteCount.long(state.bytes), to: 8), TextWidth.aligned(rate, to: 10),
            state.totalBytes == nil ? "" : TextWidth.aligned(timeLeft.map(DurationText.clock) ?? "-:--", to: 5),
        ]
        if state.retries > 0 { details.append("\(state.retries) \(state.retries == 1 ? "retry" : "retries")") }
        return details
    }

    /// One line of at most `width` columns.
    package func line(_ content: Content, width: Int) -> String {
        guard width > 0 else { return "" }
        let percent = content.fraction.map { TextWidth.aligned("\(Int($0 * 100))%", to: 4) }
        var details = content.details
        while true {
            let tail = ([percent] + details.map { Optional($0) }).compactMap { $0 }.filter { !$0.isEmpty }
                .joined(separator: "  ")
            let room = width - TextWidth.of(tail) - 1 - TextWidth.of(content.prefix)
            if room >= Self.narrowestName || details.isEmpty {
                return line(content, tail: tail, room: room, width: width)
            }
            details.removeLast()
        }
    }

    private func line(_ content: Content, tail: String, room: Int, width: Int) -> String {
        guard room > 0 else { return TextWidth.truncated(String(tail.drop { $0 == " " }), to: width) }
        let (prefix, name) = (content.prefix, content.name)
        let barRoom = content.fraction == nil ? 0 : min(Self.widestBar, room - Self.narrowestName - 1)
        guard barRoom >= Self.narrowestBar, let fraction = content.fraction else {
            return "\(prefix)\(TextWidth.padded(TextWidth.truncated(name, to: room), to: room)) \(tail)"
        }
        // A long name may take columns from the bar, down to the narrowest.
        let wanted = max(TextWidth.of(name), content.nameWidth, Self.narrowestName)
        let nameWidth = min(wanted, Self.widestName, room - Self.narrowestBar - 1)
        let barWidth = min(Self.widestBar, room - nameWidth - 1)
        let filled = min(barWidth, Int((Double(barWidth) * fraction).rounded()))
        let bar =
            style(String(repeating: "━", count: filled), .green)
            + style(String(repeating: "─", count: barWidth - filled), .faint)
        let label = TextWidth.padded(TextWidth.truncated(name, to: nameWidth), to: room - barWidth - 1)
        return "\(prefix)\(label) \(bar) \(tail)"
    }
}
