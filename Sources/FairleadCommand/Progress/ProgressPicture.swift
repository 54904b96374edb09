import Bytes
import Transfer

/// All lines of a transfer on a terminal: one for each file under way, as far as there is room, and a total.
///
/// A file keeps its line while it runs, so that nothing jumps. Of a transfer of one file that is the only line.
package struct ProgressPicture {
    /// So many files are shown, at most.
    package static let maximumFiles = 8

    private let bar: ProgressBar
    /// The files that have a line.
    private var shown: [RawPath] = []

    package init(style: TextStyle = TextStyle(isColored: false)) {
        bar = ProgressBar(style: style)
    }

    /// The lines for `state`, none wider than `columns` and no more than `rows`.
    package mutating func lines(_ state: ProgressState, columns: Int, rows: Int) -> [String] {
        if state.totalFiles == 1, state.current.count <= 1 { return [bar.line(state, width: columns)] }
        let room = max(0, min(Self.maximumFiles, rows - 1))
        let files = choose(from: state.current, room: room)
        var total = ProgressBar.Content(name: Self.count(state), fraction: state.fraction)
        total.details = ProgressBar.details(state)
        if state.isPaused { total.prefix = "paused " }
        // Blank fields, so that the bars stand below each other.
        let blanks = total.details.dropFirst().map { String(repeating: " ", count: TextWidth.of($0)) }
        let names = files.map(\.path.description)
        total.nameWidth = names.reduce(TextWidth.of(total.name)) { max($0, TextWidth.of($1)) }
        let lines = zip(files, names).map { file, name in
            var content = ProgressBar.Content(name: name, fraction: Self.fraction(file), nameWidth: total.nameWidth)
            content.prefix = String(repeating: " ", count: TextWidth.of(total.prefix))
            content.details = [TextWidth.aligned(ByteCount.long(file.bytesDone), to: 8)] + blanks
            return bar.line(content, width: columns)
        }
        return lines + [bar.line(total, width: columns)]
    }

    private static func count(_ state: ProgressState) -> String {
        state.totalFiles.map { "\(state.filesDone)/\($0) files" }
            ?? "\(state.filesDone) \(state.filesDone == 1 ? "file" : "files")"
    }

    private static func fraction(_ file: TransferProgress.CurrentFile) -> Double? {
        guard let size = file.size else { return nil }
        return size == 0 ? 1 : min(1, Double(file.bytesDone) / Double(size))
    }

    /// Those that had a line and still run, then the ones begun last.
    private mutating func choose(
        from current: [TransferProgress.CurrentFile], room: Int
    ) -> [TransferProgress.CurrentFile] {
        var running: [RawPath: TransferProgress.CurrentFile] = [:]
        for file in current { running[file.path] = file }
        var names = shown.filter { running[$0] != nil }.suffix(room)
        var known = Set(names)
        var fresh: [RawPath] = []
        for file in current.reversed() where names.count + fresh.count < room {
            if known.insert(file.path).inserted { fresh.append(file.path) }
        }
        names += fresh.reversed()
        shown = Array(names)
        return names.compactMap { running[$0] }
    }
}
