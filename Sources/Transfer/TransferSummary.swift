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
    package var bytes: UInt64 = 0
    /// Bytes that an earlier transfer had left and that did not have to be transferred again.
    package var bytesKept: UInt64 = 0
    /// Left out on purpose, and why.
    package var skipped: [(path: RawPath, reason: String)] = []
    package var failures: [Failure] = []
    package var verified: [Verification] = []

    package init() {}

    mutating func merge(_ other: TransferSummary) {
        files += other.files
        folders += other.folders
        links += other.links
        bytes += other.bytes
        bytesKept += other.bytesKept
        skipped += other.skipped
        failures += other.failures
        verified += other.verified
    }
}

/// How the remote side's checksum was found.
package enum ChecksumMethod: String, Sendable {
    /// The server computed it (`check-file`, draft-ietf-secsh-filexfer-extensions-00 §3).
    case checkFile = "check-file"
    /// The command `sha256sum` computed it on the host.
    case command = "sha256sum"
    /// The file was read back.
    case readBack = "read back"
}
