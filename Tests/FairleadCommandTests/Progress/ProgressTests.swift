import Bytes
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
        // After one time constant 63 % of the weight is on 3000, and 36 of 99 % on 1000: there was nothing before it.
        #expect(abs(changed - 2281) < 40)
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

    @Test("Who has paused, and lost connections, are told")
    func pausedAndRetries() {
        var state = Self.state
        state.isPaused = true
        let line = ProgressBar().line(state, width: 80)
        #expect(line.hasPrefix("paused archive.tar") && !line.contains("MiB/s"))
        #expect(ProgressBar().line(state, width: 20).hasPrefix("paused "))
        state.isPaused = false
        state.retries = 2
        #expect(ProgressBar().line(state, width: 100).hasSuffix("  2 retries"))
        state.retries = 1
        #expect(ProgressBar().line(state, width: 100).hasSuffix("  1 retry"))
    }
}
