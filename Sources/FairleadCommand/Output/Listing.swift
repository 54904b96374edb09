package import Bytes

/// Lays out entries as `ls` does: a pure function from entries to text.
package struct Listing {
    package var options: ListingOptions
    /// The terminal's columns; nil when the output is no terminal.
    package var width: Int?
    package var style: TextStyle
    /// Seconds since 1970-01-01 00:00 UTC.
    package var now: Int64
    package var zone: CalendarTime.Zone

    package init(
        _ options: ListingOptions, width: Int?, style: TextStyle = TextStyle(isColored: false),
        now: Int64 = CalendarTime.now,
        zone: CalendarTime.Zone = .local
    ) {
        self.options = options
        self.width = width
        self.style = style
        self.now = now
        self.zone = zone
    }

    /// The entries that are shown, in order.
    package func selected(_ entries: [ListingEntry]) -> [ListingEntry] {
        let shown = entries.filter { options.showsHidden || $0.name.bytes.first != UInt8(ascii: ".") }
        let sorted = shown.sorted { first, second in
            switch options.order {
            case .name: break
            case .time:
                let (a, b) = (first.modified ?? .min, second.modified ?? .min)
                if a != b { return a > b }
            case .size:
                let (a, b) = (first.size ?? 0, second.size ?? 0)
                if a != b { return a > b }
            }
            return first.name.bytes.lexicographicallyPrecedes(second.name.bytes)
        }
        return options.isReversed ? sorted.reversed() : sorted
    }

    /// The text for one directory, with a newline at the end of each line; all names are safe for a terminal.
    package func text(_ entries: [ListingEntry]) -> String {
        let shown = selected(entries)
        guard !shown.isEmpty else { return "" }
        switch options.form {
        case .long: return longText(shown)
        case .onePerLine: return shown.map { colored($0) + "\n" }.joined()
        case .columns:
            guard let width else { return shown.map { colored($0) + "\n" }.joined() }
            return columnText(shown, width: width)
        }
    }

    /// The heading of a directory in a recursive listing: `path:`, with an empty line before all but the first.
    package func heading(_ path: RawPath, isFirst: Bool) -> String {
        "\(isFirst ? "" : "\n")\(path):\n"
    }

    private func colored(_ entry: ListingEntry) -> String {
        let name = entry.name.description
        switch entry.kind {
        case .directory: return style(name, .bold, .blue)
        case .link: return style(name, .cyan)
        case .fifo, .blockDevice, .characterDevice: return style(name, .yellow)
        case .socket: return style(name, .magenta)
        case .file: return (entry.permissions ?? 0) & 0o111 != 0 ? style(name, .green) : name
        case .unknown: return name
        }
    }

    private func longText(_ entries: [ListingEntry]) -> String {
        let rows = entries.map { entry in
            [
                entry.permissions.map { FileMode.text(kind: entry.kind.letter, permissions: $0) }
                    ?? "\(entry.kind.letter)?????????",
                entry.linkCount.map(String.init) ?? "?",
                entry.owner?.visible() ?? "?",
                entry.group?.visible() ?? "?",
                entry.size.map { options.hasHumanSizes ? ByteCount.short($0) : String($0) } ?? "?",
                entry.modified.map { CalendarTime.listing($0, now: now, in: zone) } ?? "?",
            ]
        }
        let widths = rows[0].indices.map { column in rows.map { TextWidth.of($0[column]) }.max() ?? 0 }
        let alignsRight = [false, true, false, false, true, true]
        return zip(entries, rows).map { entry, row in
            let cells = row.indices.map { column in
                alignsRight[column]
                    ? TextWidth.aligned(row[column], to: widths[column])
                    : TextWidth.padded(row[column], to: widths[column])
            }
            let arrow = entry.linkTarget.map { " -> \($0)" } ?? ""
            return cells.joined(separator: " ") + " " + colored(entry) + arrow + "\n"
        }.joined()
    }

    /// The fewest rows that fit, filled column by column, two spaces between columns.
    private func columnText(_ entries: [ListingEntry], width: Int) -> String {
        let widths = entries.map { TextWidth.of($0.name.description) }
        // No layout has less: all names with their gaps over the width. Long listings try every few rows only.
        var rowCount = max(1, widths.reduce(0) { $0 + $1 + 2 } / (width + 2))
        let step = max(1, entries.count / 500)
        while rowCount < entries.count, Self.total(Self.columnWidths(widths, rows: rowCount)) > width {
            rowCount += step
        }
        rowCount = min(rowCount, entries.count)
        let columns = Self.columnWidths(widths, rows: rowCount)
        var text = ""
        for row in 0..<rowCount {
            for (column, columnWidth) in columns.enumerated() {
                let index = column * rowCount + row
                guard index < entries.count else { break }
                text += colored(entries[index])
                if index + rowCount < entries.count {
                    text += String(repeating: " ", count: columnWidth - widths[index] + 2)
                }
            }
            text += "\n"
        }
        return text
    }

    private static func columnWidths(_ widths: [Int], rows: Int) -> [Int] {
        stride(from: 0, to: widths.count, by: rows).map { start in
            widths[start..<min(start + rows, widths.count)].max() ?? 0
        }
    }

    private static func total(_ columns: [Int]) -> Int {
        columns.reduce(0, +) + 2 * (columns.count - 1)
    }
}
