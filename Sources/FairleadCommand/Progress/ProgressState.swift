package import Bytes
package import Transfer

/// How far a transfer is, as it is shown.
package struct ProgressState: Sendable, Hashable {
    /// The file that was last heard of.
    package var name: RawPath
    package var bytes: UInt64
    /// nil while it is unknown.
    package var totalBytes: UInt64?
    package var filesDone: Int
    /// nil while it is unknown.
    package var totalFiles: Int?
    /// Bytes a second.
    package var rate: Double?
    package var timeLeft: Duration?
    /// How often a lost connection was made again.
    package var retries = 0
    package var isPaused = false
    /// The files under way, the one begun last at the end.
    package var current: [TransferProgress.CurrentFile] = []

    /// So many files under way are told of in JSON, at most: those begun last.
    package static let toldFiles = 64

    package init(
        name: RawPath, bytes: UInt64 = 0, totalBytes: UInt64? = nil, filesDone: Int = 0, totalFiles: Int? = nil,
        rate: Double? = nil, timeLeft: Duration? = nil
    ) {
        self.name = name
        self.bytes = bytes
        self.totalBytes = totalBytes
        self.filesDone = filesDone
        self.totalFiles = totalFiles
        self.rate = rate
        self.timeLeft = timeLeft
    }

    /// What an engine says; totals count when nothing can come to them any more.
    package init(_ progress: TransferProgress.State, isWhole: Bool) {
        self.init(
            name: progress.current.last?.path ?? progress.latest ?? RawPath(bytes: []), bytes: progress.bytesDone,
            totalBytes: isWhole && progress.isTotalKnown ? progress.bytesTotal : nil,
            filesDone: progress.filesDone + progress.filesFailed + progress.filesSkipped,
            totalFiles: isWhole && progress.isTotalKnown ? progress.filesTotal : nil)
        retries = progress.retries
        current = progress.current
    }

    /// 0 to 1; nil while the total is unknown.
    package var fraction: Double? {
        guard let totalBytes else { return nil }
        guard totalBytes > 0 else { return totalFiles == filesDone ? 1 : 0 }
        return min(1, Double(bytes) / Double(totalBytes))
    }

    /// `{"event": "progress", file, bytes, total, files_done, files_total, rate, seconds_left, retries, paused, current}`;
    /// what is unknown is left out.
    package var json: JSON {
        var members: [(String, JSON)] = [("event", .string("progress"))] + JSON.members("file", of: name)
        members.append(("bytes", .unsigned(bytes)))
        if let totalBytes { members.append(("total", .unsigned(totalBytes))) }
        members.append(("files_done", .integer(Int64(filesDone))))
        if let totalFiles { members.append(("files_total", .integer(Int64(totalFiles)))) }
        if let rate, rate < 0x1p63 { members.append(("rate", .unsigned(UInt64(max(0, rate))))) }
        if let timeLeft { members.append(("seconds_left", .integer(timeLeft.components.seconds))) }
        members.append(("retries", .integer(Int64(retries))))
        if isPaused { members.append(("paused", .boolean(true))) }
        let files = current.suffix(Self.toldFiles).map { file -> JSON in
            var members = JSON.members("file", of: file.path)
            members.append(("bytes", .unsigned(file.bytesDone)))
            if let size = file.size { members.append(("total", .unsigned(size))) }
            return .object(members)
        }
        members.append(("current", .array(files)))
        return .object(members)
    }
}
