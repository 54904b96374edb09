package import Bytes

/// What `statvfs@openssh.com` and `fstatvfs@openssh.com` answer: POSIX's `struct statvfs` (OpenSSH PROTOCOL §4.4).
///
/// Eleven uint64 in the order of the properties, 88 bytes.
package struct FileSystemStatistics: Hashable, Sendable {
    /// In bytes (`f_bsize`).
    package var blockSize: UInt64
    /// In bytes; the unit of the three block counts (`f_frsize`).
    package var fragmentSize: UInt64
    package var blocks: UInt64
    package var freeBlocks: UInt64
    /// Free blocks for users other than root (`f_bavail`).
    package var availableBlocks: UInt64
    package var files: UInt64
    package var freeFiles: UInt64
    /// Free file numbers for users other than root (`f_favail`).
    package var availableFiles: UInt64
    package var identifier: UInt64
    package var flags: UInt64
    /// In bytes (`f_namemax`).
    package var maximumNameLength: UInt64

    package static let readOnlyFlag: UInt64 = 1
    package static let noSetUserIDFlag: UInt64 = 2

    /// Bytes that users other than root may still write; `UInt64.max` when the product does not fit.
    package var availableBytes: UInt64 { Self.product(availableBlocks, fragmentSize) }

    /// The size of the file system in bytes; `UInt64.max` when the product does not fit.
    package var totalBytes: UInt64 { Self.product(blocks, fragmentSize) }

    private static func product(_ blocks: UInt64, _ size: UInt64) -> UInt64 {
        let (product, overflow) = blocks.multipliedReportingOverflow(by: size)
        return overflow ? .max : product
    }
}

extension ByteBuffer {
    package mutating func append(_ statistics: FileSystemStatistics) {
        append(statistics.blockSize)
        append(statistics.fragmentSize)
        append(statistics.blocks)
        append(statistics.freeBlocks)
        append(statistics.availableBlocks)
        append(statistics.files)
        append(statistics.freeFiles)
        append(statistics.availableFiles)
        append(statistics.identifier)
        append(statistics.flags)
        append(statistics.maximumNameLength)
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    package mutating func fileSystemStatistics() throws(WireError) -> FileSystemStatistics {
        FileSystemStatistics(
            blockSize: try integer(), fragmentSize: try integer(), blocks: try integer(), freeBlocks: try integer(),
            availableBlocks: try integer(), files: try integer(), freeFiles: try integer(),
            availableFiles: try integer(), identifier: try integer(), flags: try integer(),
            maximumNameLength: try integer())
    }
}
