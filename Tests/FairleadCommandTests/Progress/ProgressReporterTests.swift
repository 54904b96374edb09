import Bytes
import Foundation
import Synchronization
import Testing

@testable import FairleadCommand
@testable import Transfer

@Suite("Telling how far a transfer is")
struct ProgressReporterTests {
    /// A reporter with a clock that the test moves, and what it wrote.
    private final class Stage: Sendable {
        let time = Mutex(Duration.zero)
        let written = Mutex<[String]>([])

        func reporter(_ form: ProgressReporter.Form) -> ProgressReporter {
            ProgressReporter(
                form: form,
                lines: StatusLines(size: { (81, 25) }, sink: { text in self.written.withLock { $0.append(text) } }),
                now: { self.time.withLock { $0 } }, sink: { text in self.written.withLock { $0.append(text) } })
        }

        func move(by duration: Duration) { time.withLock { $0 += duration } }

        var texts: [String] { written.withLock { $0 } }
    }

    private func state(bytes: UInt64, of total: UInt64 = 1000, files: Int = 0) -> TransferProgress.State {
        var state = TransferProgress.State()
        (state.bytesDone, state.bytesTotal) = (bytes, total)
        (state.filesDone, state.filesTotal, state.isTotalKnown) = (files, 1, true)
        state.latest = "f"
        return state
    }

    @Test("It is drawn at most ten times a second, and is gone at the end")
    func drawing() {
        let stage = Stage()
        let reporter = stage.reporter(.lines(style: TextStyle(isColored: false)))
        for count in 1...100 {
            stage.move(by: .milliseconds(10))
            reporter.show(state(bytes: UInt64(count * 10)))
        }
        let drawn = stage.texts
        #expect((10...11).contains(drawn.count))
        #expect(drawn.allSatisfy { $0.hasPrefix("\rf ") && $0.hasSuffix("\u{1B}[K\u{1B}[J\r") })
        reporter.end()
        #expect(stage.texts.last == "\r\u{1B}[J")
    }

    @Test("JSON is one object a line")
    func jsonLines() {
        let stage = Stage()
        let reporter = stage.reporter(.jsonLines)
        reporter.show(state(bytes: 100))
        stage.move(by: .seconds(1))
        var second = state(bytes: 200, files: 1)
        second.retries = 1
        second.current = [
            TransferProgress.CurrentFile(path: RawPath(bytes: [0xFF]), size: nil, bytesDone: 7),
            TransferProgress.CurrentFile(path: "g", size: 9, bytesDone: 0),
        ]
        reporter.show(second, isPaused: true)
        stage.move(by: .seconds(1))
        reporter.show(state(bytes: 400), isWhole: false)
        reporter.end()
        #expect(
            stage.texts == [
                #"{"event":"progress","file":"f","bytes":100,"total":1000,"files_done":0,"files_total":1,"retries":0,"current":[]}"#
                    + "\n",
                #"{"event":"progress","file":"g","bytes":200,"total":1000,"files_done":1,"files_total":1,"rate":100,"#
                    + #""seconds_left":8,"retries":1,"paused":true,"current":[{"file":"�","file_base64":"/w==","bytes":7},"#
                    + #"{"file":"g","bytes":0,"total":9}]}"# + "\n",
                #"{"event":"progress","file":"f","bytes":400,"files_done":0,"rate":158,"retries":0,"current":[]}"#
                    + "\n",
            ])
    }

    @Test("What was there before says nothing about speed")
    func keptBytes() {
        let stage = Stage()
        let reporter = stage.reporter(.jsonLines)
        reporter.show(state(bytes: 0))
        stage.move(by: .seconds(1))
        var resumed = state(bytes: 900)
        resumed.bytesKept = 800
        reporter.show(resumed)
        #expect(stage.texts.last?.contains(#""rate":100,"seconds_left":1,"#) == true)
    }

    @Test("A quiet reporter writes nothing")
    func quiet() {
        let stage = Stage()
        let reporter = stage.reporter(.silent)
        reporter.show(state(bytes: 1))
        reporter.end()
        #expect(stage.texts.isEmpty)
    }

    @Test("No more files than the limit are told of")
    func manyFiles() {
        var progress = TransferProgress.State()
        progress.current = (0..<1000).map {
            TransferProgress.CurrentFile(path: RawPath("\($0)"), size: 1, bytesDone: 0)
        }
        let text = ProgressState(progress, isWhole: true).json.text
        #expect(text.components(separatedBy: #""file":"#).count == ProgressState.toldFiles + 2)
        #expect(text.contains(#""file":"999""#) && !text.contains(#""file":"900""#))
    }
}
