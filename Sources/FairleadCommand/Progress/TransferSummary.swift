/// What a transfer did, told at its end.
package struct TransferSummary: Sendable, Hashable {
    package var files: Int
    package var failedFiles: Int
    package var skippedFiles: Int
    package var bytes: UInt64
    package var duration: Duration

    package init(files: Int, failedFiles: Int = 0, skippedFiles: Int = 0, bytes: UInt64, duration: Duration) {
        self.files = files
        self.failedFiles = failedFiles
        self.skippedFiles = skippedFiles
        self.bytes = bytes
        self.duration = duration
    }

    private var rate: Double? {
        let seconds = duration / .seconds(1)
        return seconds > 0 ? Double(bytes) / seconds : nil
    }

    /// `3 files, 1.20 GiB in 12.4 s (98.3 MiB/s), 1 failed`.
    package var text: String {
        var text =
            "\(files) \(files == 1 ? "file" : "files"), \(ByteCount.long(bytes)) in \(DurationText.elapsed(duration))"
        if let rate { text += " (\(ByteCount.rate(rate)))" }
        if skippedFiles > 0 { text += ", \(skippedFiles) skipped" }
        if failedFiles > 0 { text += ", \(failedFiles) failed" }
        return text
    }

    /// `{"event": "summary", files, failed, skipped, bytes, seconds, rate}`.
    package var json: JSON {
        .object([
            ("event", .string("summary")), ("files", .integer(Int64(files))), ("failed", .integer(Int64(failedFiles))),
            ("skipped", .integer(Int64(skippedFiles))), ("bytes", .unsigned(bytes)),
            ("seconds", .number(((duration / .milliseconds(1)).rounded()) / 1000)),
            ("rate", rate.map { .unsigned(UInt64(min($0, 0x1p62))) } ?? .null),
        ])
    }
}
