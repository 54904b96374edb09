/// What a peer may make this side hold or do in the SCP protocol.
package enum SCPLimits {
    /// Bytes of one line, without its newline: OpenSSH's own buffer holds 2,048 or 16,384, by its release.
    package static let lineLength = 4096
    /// Messages about single files that are listened to in one run.
    package static let complaints = 1000
    /// Bytes that are kept of what the program there writes to standard error.
    package static let standardErrorLength = 4096
    /// Characters of a peer's message that are shown.
    package static let shownLength = 500
    /// Bytes of a file that failed on this side that are still carried, so that the files behind it can be; where more
    /// are left, the run ends.
    package static let carriedLength: UInt64 = 64 << 20
    /// Bytes that are read from the disk at a time.
    package static let pieceLength = 256 << 10
}
