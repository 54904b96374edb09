import Bytes
package import Transfer

/// What a transfer did, told at its end.
package struct TransferTally: Sendable, Hashable {
    package var files = 0
    package var folders = 0
    package var links = 0
    package var failed = 0
    package var skipped = 0
    package var unchanged = 0
    package var removed = 0
    package var moved = 0
    package var verified = 0
    package var retries = 0
    /// Of the files that were transferred, whole.
    package var bytes: UInt64 = 0
    /// What an earlier transfer had left, of whole files and of parts.
    package var bytesKept: UInt64 = 0
    /// What was sent or fetched this time.
    package var bytesMoved: UInt64 = 0
    /// Steps of the plan, where that was all that was wanted.
    package var plannedSteps: Int?
    package var duration = Duration.zero

    package init() {}

    /// Adds what one run of the engine did.
    package mutating func add(_ summary: TransferSummary) {
        files += summary.files
        folders += summary.folders
        links += summary.links
        failed += summary.failures.count
        skipped += summary.skipped.count
        unchanged += summary.unchanged
        removed += summary.removed
        moved += summary.moved
        verified += summary.verified.count
        retries += summary.retries
        bytes &+= summary.bytes
        bytesKept &+= summary.bytesKept
    }

    /// Whether anything at all was done.
    package var hasDoneSomething: Bool {
        files + folders + links + unchanged + removed + moved > 0
    }

    /// Bytes a second of what was moved.
    private var rate: Double? {
        let seconds = duration / .seconds(1)
        return seconds > 0 ? Double(bytesMoved) / seconds : nil
    }

    /// `3 files, 1.20 GiB in 12.4 s (98.3 MiB/s), 2 unchanged, 1 failed`.
    package var text: String {
        var text: String
        if let plannedSteps {
            text = "dry run, nothing was changed: \(Self.count(plannedSteps, "step", "steps"))"
        } else {
            text = Self.count(files, "file", "files")
            if links > 0 { text += ", \(Self.count(links, "link", "links"))" }
            text += ", \(ByteCount.long(bytes)) in \(DurationText.elapsed(duration))"
            if let rate, bytesMoved > 0 { text += " (\(ByteCount.rate(rate)))" }
        }
        if unchanged > 0 { text += ", \(unchanged) unchanged" }
        if moved > 0 { text += ", \(moved) moved" }
        if removed > 0 { text += ", \(removed) removed" }
        if skipped > 0 { text += ", \(skipped) skipped" }
        if bytesKept > 0 { text += ", \(ByteCount.long(bytesKept)) there before" }
        if retries > 0 { text += ", \(Self.count(retries, "retry", "retries"))" }
        if failed > 0 { text += ", \(failed) failed" }
        return text
    }

    private static func count(_ count: Int, _ one: String, _ many: String) -> String {
        "\(count) \(count == 1 ? one : many)"
    }

    /// `{"event": "summary", files, folders, links, failed, skipped, unchanged, moved, removed, verified, bytes, bytes_kept,
    /// seconds, rate, retries}`; of a plan also `dry_run` and `steps`.
    package var json: JSON {
        let counts: [(String, Int)] = [
            ("files", files), ("folders", folders), ("links", links), ("failed", failed), ("skipped", skipped),
            ("unchanged", unchanged), ("moved", moved), ("removed", removed), ("verified", verified),
        ]
        return .object(
            [("event", .string("summary"))] + counts.map { ($0, .integer(Int64($1))) } + [
                ("bytes", .unsigned(bytes)), ("bytes_kept", .unsigned(bytesKept)),
                ("seconds", .number(((duration / .milliseconds(1)).rounded()) / 1000)),
                ("rate", rate.map { .unsigned(UInt64(min($0, 0x1p62))) } ?? .null),
                ("retries", .integer(Int64(retries))),
            ] + (plannedSteps.map { [("dry_run", .boolean(true)), ("steps", .integer(Int64($0)))] } ?? []))
    }
}
