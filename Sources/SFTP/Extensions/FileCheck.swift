package import Bytes

/// Which hashes of a file a client asks for (draft-ietf-secsh-filexfer-extensions-00 §3).
///
/// | field | type |
/// |---|---|
/// | hash algorithms, wanted first | name-list in a string |
/// | start offset | uint64 |
/// | length, 0 for the rest of the file | uint64 |
/// | block size, 0 for one hash | uint32 |
package struct FileCheck: Hashable, Sendable {
    /// Names such as `sha256`, the one wanted most first.
    package var algorithms: [String]
    /// In bytes from the start of the file.
    package var offset: UInt64
    /// In bytes; 0 is up to the end.
    package var length: UInt64
    /// In bytes, 0 or at least 256: one hash for each block of this size.
    package var blockSize: UInt32

    package init(algorithms: [String], offset: UInt64 = 0, length: UInt64 = 0, blockSize: UInt32 = 0) {
        self.algorithms = algorithms
        self.offset = offset
        self.length = length
        self.blockSize = blockSize
    }
}

/// The hashes that a server computed.
///
/// | field | type |
/// |---|---|
/// | `check-file`; ProFTPD leaves it out | string |
/// | the algorithm | string |
/// | hashes, to the end | bytes |
package struct FileHashes: Hashable, Sendable {
    package var algorithm: String
    /// All hashes, one behind the other.
    package var bytes: [UInt8]

    package init(algorithm: String, bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }
}

extension ByteBuffer {
    package mutating func append(_ check: FileCheck) {
        append(nameList: check.algorithms)
        append(check.offset)
        append(check.length)
        append(check.blockSize)
    }

    package mutating func append(_ hashes: FileHashes) {
        append(string: ExtensionName.checkFile.rawValue)
        append(string: hashes.algorithm)
        append(hashes.bytes)
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    package mutating func fileCheck() throws(WireError) -> FileCheck {
        FileCheck(
            algorithms: try nameList(limit: Limits.maximumHashAlgorithmCount), offset: try integer(),
            length: try integer(), blockSize: try integer())
    }

    /// The rest of the message as hashes. Servers disagree on whether `check-file` comes first; no algorithm is called so.
    @_lifetime(self: copy self)
    package mutating func fileHashes() throws(WireError) -> FileHashes {
        var algorithm = try text(limit: Limits.maximumExtensionNameLength)
        if algorithm == ExtensionName.checkFile.rawValue {
            algorithm = try text(limit: Limits.maximumExtensionNameLength)
        }
        return FileHashes(algorithm: algorithm, bytes: [UInt8](rest()))
    }
}
