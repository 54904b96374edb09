import Bytes
import Reactor
import SSH

extension SCPTimes {
    var modified: FileTime {
        FileTime(seconds: Int64(clamping: modificationSeconds), nanoseconds: Int32(modificationMicroseconds) * 1000)
    }

    var accessed: FileTime {
        FileTime(seconds: Int64(clamping: accessSeconds), nanoseconds: Int32(accessMicroseconds) * 1000)
    }

    /// Those of a local file; times before 1970 cannot be said.
    init(_ status: FileStatus) {
        self.init(
            modificationSeconds: UInt64(clamping: status.modified.seconds),
            modificationMicroseconds: UInt32(clamping: status.modified.nanoseconds / 1000),
            accessSeconds: UInt64(clamping: status.accessed.seconds),
            accessMicroseconds: UInt32(clamping: status.accessed.nanoseconds / 1000))
    }
}

extension TransferOptions {
    /// What of the options SCP cannot do, for people.
    var unsupportedBySCP: String? {
        if resumes { return "continuing an earlier transfer" }
        if verifies { return "comparing checksums" }
        return nil
    }
}

extension SCPPipe {
    /// What is wrong with how the program there ended, for people; nil when nothing is.
    func problem(_ outcome: RemoteCommand.Outcome?) -> String? {
        let said = errorText
        switch outcome {
        case .exited(0), .unreported: return nil
        case .exited(let status): return said.isEmpty ? "scp on the host ended with status \(status)" : said
        case .killed(let signal): return "scp on the host was ended by the signal \(signal.signal.name.visible())"
        case nil: return "scp on the host does not end"
        }
    }
}
