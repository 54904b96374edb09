import Bytes
import Synchronization
import Testing

@testable import FairleadCommand

@Suite("Progress")
struct ProgressTests {
    private static let state = ProgressState(
        name: "archive.tar", bytes: 47_185_920, totalBytes: 104_857_600, totalFiles: 1, rate: 9_961_472,
        timeLeft: .seconds(6))

    @Test(
        "The line gives up parts as it becomes narrower",
        arguments: [
            (80, "archive.tar     ━━━━━━━━━━━━━━────────────────  45%  45.0 MiB  9.50 MiB/s   0:06"),
            (60, "archive.tar ━━━━━━────────  45%  45.0 MiB  9.50 MiB/s   0:06"),
            (44, "arch…e.tar  45%  45.0 MiB  9.50 MiB/s   0:06"), (36, "arch….tar  45%  45.0 MiB  9.50 MiB/s"),
            (28, "archive.tar    45%  45.0 MiB"), (14, "arch….tar  45%"), (3, "45%"), (0, ""),
        ])
    func widths(width: Int, expected: String) {
        #expect(ProgressBar().line(Self.state, width: width) == expected)
    }

    @Test(
        "No line is wider than the terminal, at any width, for any name",
        arguments: [
            "a", "archive.tar", String(repeating: "long-name-", count: 30), String(repeating: "漢", count: 60),
            "😀😀\u{1B}[2J", "",
        ])
    func narrow(name: String) {
        var states = [Self.state, Self.state, Self.state, Self.state]
        states[1].totalBytes = nil
        states[2].totalFiles = 123_456
        states[2].filesDone = 99_999
        states[3].rate = nil
        states[3].timeLeft = nil
        for width in 0...130 {
            for var state in states {
                state.name = RawPath(name)
                let line = ProgressBar().line(state, width: width)
                #expect(TextWidth.of(line) <= width, "\(width): \(line)")
                #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
            }
        }
    }

    @Test(
        "The bar is empty at the beginning and full at the end",
        arguments: [(0, 0), (52_428_800, 15), (104_857_600, 30)])
    func bars(bytes: UInt64, filled: Int) {
        var state = Self.state
        state.bytes = bytes
        let line = ProgressBar().line(state, width: 120)
        #expect(line.count { $0 == "━" } == filled)
        #expect(line.count { $0 == "─" } == 30 - filled)
    }

    @Test("Many files have their count before the name")
    func files() {
        var state = Self.state
        state.totalFiles = 12
        state.filesDone = 3
        #expect(ProgressBar().line(state, width: 100).hasPrefix("[3/12] archive.tar "))
        state.totalFiles = nil
        #expect(ProgressBar().line(state, width: 100).hasPrefix("[3] archive.tar "))
    }

    @Test("The rate follows a change within its time constant")
    func rate() throws {
        var meter = RateMeter(timeConstant: .seconds(3))
        #expect(meter.bytesPerSecond == nil && meter.time(for: 1) == nil && meter.time(for: 0) == .zero)
        var bytes: UInt64 = 0
        for tenth in 0...100 {
            meter.record(bytes, at: .milliseconds(tenth * 100))
            bytes += 100
        }
        let steady = try #require(meter.bytesPerSecond)
        #expect(abs(steady - 1000) < 1)
        bytes -= 100
        for tenth in 101...130 {
            bytes += 300
            meter.record(bytes, at: .milliseconds(tenth * 100))
        }
        let changed = try #require(meter.bytesPerSecond)
        // After one time constant 63 % of the way from 1000 to 3000.
        #expect(abs(changed - 2264) < 40)
        #expect(meter.time(for: UInt64(changed) * 10).map { $0 > .seconds(9) && $0 < .seconds(11) } == true)
    }

    @Test("Samples that go back, stand still or come too close do no harm")
    func oddSamples() {
        var meter = RateMeter()
        meter.record(1000, at: .seconds(1))
        meter.record(2000, at: .seconds(1))
        #expect(meter.bytesPerSecond == nil)
        meter.record(2000, at: .seconds(2))
        #expect(meter.bytesPerSecond == 1000)
        meter.record(0, at: .seconds(3))
        meter.record(0, at: .seconds(1))
        #expect(meter.bytesPerSecond == 1000)
        meter.record(.max, at: .seconds(1000))
        #expect(meter.time(for: .max) != nil)
        meter.record(.max, at: .seconds(2_000_000))
        #expect((meter.bytesPerSecond ?? -1) < 1e9)
    }

    /// A reporter with a clock that the test moves, and what it wrote.
    private final class Stage: Sendable {
        let time = Mutex(Duration.zero)
        let written = Mutex<[String]>([])

        func reporter(_ form: ProgressReporter.Form, summary: ProgressReporter.SummaryForm? = .text) -> ProgressReporter
        {
            ProgressReporter(
                form: form, summary: summary, totalFiles: 1, totalBytes: 1000, width: { 81 },
                now: { self.time.withLock { $0 } }, sink: { text in self.written.withLock { $0.append(text) } })
        }

        func move(by duration: Duration) { time.withLock { $0 += duration } }

        var texts: [String] { written.withLock { $0 } }
    }

    @Test("The bar is drawn at most ten times a second, and is gone at the end")
    func drawing() {
        let stage = Stage()
        let reporter = stage.reporter(.bar(style: TextStyle(isColored: false)))
        reporter.begin("f")
        for _ in 0..<100 {
            stage.move(by: .milliseconds(10))
            reporter.advance("f", by: 10)
        }
        reporter.end("f")
        let drawn = stage.texts
        #expect((10...11).contains(drawn.count))
        #expect(drawn.allSatisfy { $0.hasPrefix("\r\u{1B}[K") && TextWidth.of($0.dropFirst(4)) <= 80 })
        let summary = reporter.finish()
        #expect(stage.texts.suffix(2) == ["\r\u{1B}[K", "1 file, 0.98 KiB in 1.0 s (0.98 KiB/s)\n"])
        #expect(summary == TransferSummary(files: 1, bytes: 1000, duration: .seconds(1)))
    }

    @Test("JSON is one object a line")
    func jsonLines() {
        let stage = Stage()
        let reporter = stage.reporter(.jsonLines, summary: .json)
        reporter.begin("f", alreadyDone: 100)
        stage.move(by: .seconds(1))
        reporter.advance("f", by: 100)
        stage.move(by: .seconds(1))
        reporter.advance("f", by: 200)
        reporter.end("f", .failed)
        reporter.finish()
        #expect(
            stage.texts == [
                #"{"event":"progress","file":"f","bytes":100,"total":1000,"files_done":0,"files_total":1}"# + "\n",
                #"{"event":"progress","file":"f","bytes":200,"total":1000,"files_done":0,"files_total":1}"# + "\n",
                #"{"event":"progress","file":"f","bytes":400,"total":1000,"files_done":0,"files_total":1,"rate":200,"seconds_left":3}"#
                    + "\n",
                #"{"event":"summary","files":0,"failed":1,"skipped":0,"bytes":400,"seconds":2.0,"rate":200}"# + "\n",
            ])
    }

    @Test("A quiet reporter writes nothing")
    func quiet() {
        let stage = Stage()
        let reporter = stage.reporter(.silent, summary: nil)
        reporter.begin("f")
        stage.move(by: .seconds(1))
        reporter.advance("f", by: 1000)
        reporter.end("f")
        reporter.finish()
        #expect(stage.texts.isEmpty)
    }

    @Test("Other text stands on a line of its own")
    func interjection() {
        let stage = Stage()
        let reporter = stage.reporter(.bar(style: TextStyle(isColored: false)))
        reporter.begin("f")
        reporter.interject { stage.written.withLock { $0.append("problem\n") } }
        reporter.tick()
        #expect(stage.texts.count == 4)
        #expect(stage.texts[1...2] == ["\r\u{1B}[K", "problem\n"])
    }

    @Test(
        "Summaries tell what was left out",
        arguments: [
            (TransferSummary(files: 3, bytes: 0, duration: .zero), "3 files, 0 B in 0 ms"),
            (
                TransferSummary(files: 1, failedFiles: 2, skippedFiles: 4, bytes: 2_097_152, duration: .seconds(2)),
                "1 file, 2.00 MiB in 2.0 s (1.00 MiB/s), 4 skipped, 2 failed"
            ),
        ])
    func summaries(summary: TransferSummary, expected: String) {
        #expect(summary.text == expected)
    }
}
