import Bytes
import Testing

@testable import FairleadCommand
@testable import Transfer

@Suite("The summary of a transfer")
struct TransferTallyTests {
    private static func tally(_ change: (inout TransferTally) -> Void) -> TransferTally {
        var tally = TransferTally()
        change(&tally)
        return tally
    }

    @Test(
        "People are told what is not zero",
        arguments: [
            (tally { $0.files = 3 }, "3 files, 0 B in 0 ms"),
            (
                tally {
                    ($0.files, $0.failed, $0.skipped, $0.bytes, $0.duration) = (1, 2, 4, 2_097_152, .seconds(2))
                    $0.bytesMoved = 2_097_152
                },
                "1 file, 2.00 MiB in 2.0 s (1.00 MiB/s), 4 skipped, 2 failed"
            ),
            (
                tally {
                    ($0.files, $0.links, $0.unchanged, $0.moved, $0.removed, $0.retries) = (0, 1, 5, 6, 7, 1)
                    ($0.bytes, $0.bytesKept, $0.duration) = (3_145_728, 1_048_576, .seconds(1))
                    $0.bytesMoved = 2_097_152
                },
                "0 files, 1 link, 3.00 MiB in 1.0 s (2.00 MiB/s), 5 unchanged, 6 moved, 7 removed, 1.00 MiB there before, 1 retry"
            ),
            (tally { ($0.plannedSteps, $0.unchanged) = (1, 2) }, "dry run, nothing was changed: 1 step, 2 unchanged"),
        ])
    func text(tally: TransferTally, expected: String) {
        #expect(tally.text == expected)
    }

    @Test("Programs are told everything")
    func json() {
        let tally = Self.tally {
            ($0.files, $0.folders, $0.links, $0.failed, $0.skipped, $0.unchanged) = (1, 2, 3, 4, 5, 6)
            ($0.moved, $0.removed, $0.verified, $0.retries) = (7, 8, 9, 10)
            ($0.bytes, $0.bytesKept, $0.duration) = (300, 100, .milliseconds(2000))
            $0.bytesMoved = 200
        }
        #expect(
            tally.json.text
                == #"{"event":"summary","files":1,"folders":2,"links":3,"failed":4,"skipped":5,"unchanged":6,"moved":7,"#
                + #""removed":8,"verified":9,"bytes":300,"bytes_kept":100,"seconds":2.0,"rate":100,"retries":10}"#)
        #expect(Self.tally { $0.plannedSteps = 3 }.json.text.hasSuffix(#""retries":0,"dry_run":true,"steps":3}"#))
    }

    @Test("Several runs are one transfer")
    func adding() {
        var summary = TransferSummary()
        (summary.files, summary.bytes, summary.retries, summary.removed) = (2, 10, 1, 3)
        summary.skipped = [("a", "no file")]
        summary.failures = [TransferSummary.Failure(path: "b", error: .cancelled)]
        var tally = TransferTally()
        #expect(!tally.hasDoneSomething)
        tally.add(summary)
        tally.add(summary)
        #expect(tally.files == 4 && tally.bytes == 20 && tally.retries == 2 && tally.removed == 6)
        #expect(tally.skipped == 2 && tally.failed == 2 && tally.hasDoneSomething)
    }
}
