import Bytes
import Testing

@testable import FairleadCommand
@testable import Transfer

@Suite("The lines of a transfer on a terminal")
struct ProgressPictureTests {
    /// A transfer with the files `names` under way, each of 1000 bytes and half done.
    private func state(_ names: [RawPath], files: Int? = 100) -> ProgressState {
        var state = ProgressState(
            name: names.last ?? "", bytes: 52_428_800, totalBytes: files == nil ? nil : 104_857_600, filesDone: 3,
            totalFiles: files, rate: 1_048_576, timeLeft: .seconds(50))
        state.current = names.map { TransferProgress.CurrentFile(path: $0, size: 1000, bytesDone: 500) }
        return state
    }

    @Test("One line stands for each file, and a total below")
    func table() {
        var picture = ProgressPicture()
        let bar = String(repeating: "━", count: 15) + String(repeating: "─", count: 15)
        #expect(
            picture.lines(state(["a", "b/漢字.txt"]), columns: 79, rows: 23) == [
                "a              \(bar)  50%     500 B                   ",
                "b/漢字.txt     \(bar)  50%     500 B                   ",
                "3/100 files    \(bar)  50%  50.0 MiB  1.00 MiB/s   0:50",
            ])
    }

    @Test(
        "There are no more lines than files, rows and the limit allow",
        arguments: [(0, 24, 1), (3, 24, 4), (20, 24, 9), (20, 5, 5), (20, 2, 2), (20, 1, 1), (20, 0, 1)])
    func rows(files: Int, rows: Int, expected: Int) {
        var picture = ProgressPicture()
        let names = (0..<files).map { RawPath("file \($0)") }
        #expect(picture.lines(state(names), columns: 80, rows: rows).count == expected)
    }

    @Test("A file keeps its line as long as it runs; new ones come below it")
    func stability() {
        var picture = ProgressPicture()
        func shown(_ names: [RawPath]) -> [String] {
            picture.lines(state(names), columns: 60, rows: 4).dropLast().map { String($0.prefix { $0 != " " }) }
        }
        #expect(shown(["a", "b", "c", "d"]) == ["b", "c", "d"])
        #expect(shown(["a", "b", "c", "d", "e"]) == ["b", "c", "d"])
        #expect(shown(["a", "b", "d", "e"]) == ["b", "d", "e"])
        #expect(shown(["a"]) == ["a"])
        #expect(shown([]) == [])
    }

    @Test("The only file of a transfer is the only line")
    func single() {
        var picture = ProgressPicture()
        var state = state(["a"], files: 1)
        state.filesDone = 0
        #expect(picture.lines(state, columns: 80, rows: 24) == [ProgressBar().line(state, width: 80)])
        #expect(picture.lines(self.state(["a"], files: nil), columns: 80, rows: 24).count == 2)
    }

    @Test("Bars stand below each other")
    func bars() {
        var picture = ProgressPicture()
        let names: [RawPath] = [
            "a", "漢字漢字漢字漢字漢字", "a name of middle length", RawPath(String(repeating: "x", count: 90)),
        ]
        for width in [60, 80, 100, 160] {
            for isPaused in [false, true] {
                var state = state(names)
                state.isPaused = isPaused
                let lines = picture.lines(state, columns: width, rows: 24)
                let columns = lines.map { line in TextWidth.of(line.prefix { $0 != "━" }) }
                #expect(Set(columns).count == 1, "\(lines)")
            }
        }
    }

    @Test("Nothing is wider than the terminal, whatever names hold")
    func widths() {
        var picture = ProgressPicture()
        let names: [RawPath] = [
            "", "a", "new\nline\u{1B}[2J\r\u{7}", RawPath(bytes: [0xFF, 0xFE]),
            RawPath(String(repeating: "漢", count: 200)),
            RawPath(String(repeating: "\u{301}", count: 50)), "\u{202E}abc",
            RawPath(String(repeating: "é👨‍👩‍👧", count: 40)),
        ]
        for width in 0...120 {
            for line in picture.lines(state(names), columns: width, rows: 24) {
                #expect(TextWidth.of(line) <= width, "\(width): \(line)")
                #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F || $0.value == 0x202E })
            }
        }
    }
}
