package import Bytes

/// What a transfer did.
package struct TransferSummary: Sendable {
    package struct Failure: Sendable {
        package let path: RawPath
        package let error: TransferError
    }

    /// One file whose SHA-256 is the same on both sides.
    package struct Verification: Sendable {
        package let path: RawPath
        package let sha256: String
        package let method: ChecksumMethod
    }

    package var files = 0
    package var folders = 0
    package var links = 0
    /// Of all files that were transferred, whole.
    package var bytes: UInt64 = 0
    /// Bytes that an earlier transfer had left and that did not have to be transferred again.
    package var bytesKept: UInt64 = 0
    /// How often a lost connection was made again.
    package var retries = 0
    /// Files that were there as they should be.
    package var unchanged = 0
    /// Files, links and folders that were removed, and such that got another name instead of being sent again.
    package var removed = 0
    package var moved = 0
    /// Left out on purpose, and why.
    package var skipped: [(path: RawPath, reason: String)] = []
    package var failures: [Failure] = []
    package var verified: [Verification] = []

    package init() {}
}

/// How a checksum was found.
package enum ChecksumMethod: String, Sendable {
    /// The server computed it (`check-file`, draft-ietf-secsh-filexfer-extensions-00 §3).
    case checkFile = "check-file"
    /// The command `sha256sum` computed it on the host.
    case command = "sha256sum"
    /// An FTP server computed it (draft-bryan-ftp-hash).
    case hash = "HASH"
    /// An FTP server computed it by the older command.
    case xsha256 = "XSHA256"
    /// The file was read back.
    case readBack = "read back"
    /// It was computed here.
    case local = "local"
}
