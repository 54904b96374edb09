package import Bytes

/// How far a transfer is.
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

    /// 0 to 1; nil while the total is unknown.
    package var fraction: Double? {
        guard let totalBytes else { return nil }
        guard totalBytes > 0 else { return totalFiles == filesDone ? 1 : 0 }
        return min(1, Double(bytes) / Double(totalBytes))
    }

    /// `{"event": "progress", file, bytes, total, files_done, files_total, rate, seconds_left}`; what is unknown is left out.
    package var json: JSON {
        var members: [(String, JSON)] = [("event", .string("progress"))] + JSON.members("file", of: name)
        members.append(("bytes", .unsigned(bytes)))
        if let totalBytes { members.append(("total", .unsigned(totalBytes))) }
        members.append(("files_done", .integer(Int64(filesDone))))
        if let totalFiles { members.append(("files_total", .integer(Int64(totalFiles)))) }
        if let rate, rate < 0x1p63 { members.append(("rate", .unsigned(UInt64(max(0, rate))))) }
        if let timeLeft { members.append(("seconds_left", .integer(timeLeft.components.seconds))) }
        return .object(members)
    }
}
