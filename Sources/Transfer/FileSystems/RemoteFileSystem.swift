package import Bytes
package import Reactor

/// What every place that files are copied from or to can do: SFTP servers and the local disk have it in common.
///
/// Bound to one event loop: `OpenFile`s are used there, the `async` members from anywhere. A place that reconnects keeps its
/// identity; files that were open then are lost.
package protocol RemoteFileSystem: Sendable {
    var loop: EventLoop { get }
    /// Whether this is the disk of this machine.
    var isLocal: Bool { get }
    /// Account and host, as in `ada@host:22`; empty for this machine.
    var place: String { get }
    /// What it can do; waits until the other side has said so.
    func capabilities() async throws(TransferError) -> FileSystemCapabilities

    // MARK: Looking

    /// What is at `path`; nil when nothing is there.
    func facts(of path: RawPath, followingLinks: Bool) async throws(TransferError) -> FileFacts?
    /// The names in a folder; fails when there are more than `limit`.
    func list(_ folder: RawPath, limit: Int) async throws(TransferError) -> FolderListing
    /// The absolute path without links, `.` and `..`.
    func realPath(_ path: RawPath) async throws(TransferError) -> RawPath
    /// What a symbolic link says.
    func readLink(_ path: RawPath) async throws(TransferError) -> RawPath

    // MARK: Changing

    /// Makes a folder; false when something is there already.
    func makeFolder(_ path: RawPath, permissions: UInt32) async throws(TransferError) -> Bool
    /// Makes a symbolic link at `path` that says `text`; `replaces` what is there, a folder excepted.
    func makeLink(_ path: RawPath, saying text: RawPath, replaces: Bool) async throws(TransferError)
    /// Removes a file or a link.
    func remove(_ path: RawPath) async throws(TransferError)
    /// Removes an empty folder.
    func removeFolder(_ path: RawPath) async throws(TransferError)
    /// Gives `path` the name `target`, replacing what has it. Whatever fails, one of the two files has the name.
    func replace(_ target: RawPath, with path: RawPath) async throws(TransferError)
    /// Sets attributes of what `path` leads to.
    func change(_ path: RawPath, _ changes: FileChanges) async throws(TransferError)

    // MARK: Whole files

    /// Is told that a file of `size` bytes is about to be written, so that a long path can be made ready for it.
    func prepare(toWrite size: UInt64) async
    func open(_ path: RawPath, _ mode: OpenMode) async throws(TransferError) -> any OpenFile
    /// The whole of a regular file of at most `limit` bytes; nil when it is larger, empty, or no regular file.
    func readSmall(
        _ path: RawPath, limit: Int, expecting size: UInt64, followingLinks: Bool
    ) async throws(TransferError) -> ByteBuffer?
    /// Writes a small file under the new name `temporary` and gives it the name `path`; nothing is left when that fails.
    func writeSmall(
        _ content: ByteBuffer, to path: RawPath, through temporary: RawPath, permissions: UInt32,
        _ changes: FileChanges, synchronizes: Bool
    ) async throws(TransferError)
    /// Copies within this place, whole, from `source` to the new file `path`; false where that is not possible.
    func copyWithin(_ source: RawPath, to path: RawPath, permissions: UInt32) async throws(TransferError) -> Bool

    // MARK: Checksums and durability

    /// The SHA-256 of a file, and how it was found. A file longer than `size` is read no further.
    func sha256(of path: RawPath, size: UInt64) async throws(TransferError) -> (sha256: String, method: ChecksumMethod)
    /// The SHA-256 of ranges of a file, without its content being sent to us; nil where that is not possible.
    func sha256(of path: RawPath, ranges: [Range<UInt64>]) async throws(TransferError) -> [String]?
    /// The SHA-256 of whole files, without their content being sent to us, nil for one that cannot be read; nil where that
    /// is not possible.
    func sha256(ofEach paths: [RawPath]) async throws(TransferError) -> [String?]?
    /// Brings everything near `path` to the disk, where that can be done for all files at once.
    func synchronizeAll(at path: RawPath) async throws(TransferError)

    /// The same error with a reason that was found out afterwards, if there is one; `bytes` were to be written.
    func explaining(_ error: TransferError, writing bytes: UInt64) async -> TransferError
    /// Gets back what was lost when a connection broke, after `error`; false when that cannot be done.
    func recover(from error: TransferError) async -> Bool
    /// How often that was done.
    var recoveries: Int { get async }
}

/// What a file is opened for.
package enum OpenMode: Sendable, Hashable {
    /// To be read; a link as last component is followed, or refused.
    case read(followingLinks: Bool)
    /// A new file; fails when there is one.
    case create(permissions: UInt32)
    /// A file that may be there, to be gone on with: read and written, no link followed where that can be told.
    case update(permissions: UInt32)
    /// Something that exists and has no name to be replaced, such as a device.
    case overwrite
}

/// An open file of some place. Everything happens on the place's loop.
package protocol OpenFile: Sendable {
    var path: RawPath { get }
    /// Bytes that should be under way to fill the path when this is written to; may grow.
    var bytesWanted: Int { get }
    /// How many bytes one read gives at most.
    var readLength: Int { get }
    /// How many bytes one write takes at most.
    var writeLength: Int { get }
    /// How long a request takes at least, in nanoseconds; nil where that is no path at all.
    var roundTrip: UInt64? { get }
    /// Whether writes are better gathered, one at a time: several at once only wait for each other.
    var gathersWrites: Bool { get }

    /// Reads up to `length` bytes at `offset`, none at the end of the file; `completion` is called on the loop.
    func read(
        at offset: UInt64, length: Int, _ completion: @escaping @Sendable (Result<ByteBuffer, TransferError>) -> Void)
    /// Reads several ranges, each as `read` does; `completion` is called once, with a result for each. For disks.
    func read(
        _ ranges: [Range<UInt64>],
        _ completion: @escaping @Sendable ([Result<ByteBuffer, TransferError>]) -> Void)
    /// Writes `pieces` one behind the other, the first at `offset`; `completion` is called on the loop.
    func write(
        _ pieces: [ByteBuffer], at offset: UInt64,
        _ completion: @escaping @Sendable (Result<Void, TransferError>) -> Void)

    func facts() async throws(TransferError) -> FileFacts
    func change(_ changes: FileChanges) async throws(TransferError)
    /// Where data is from `offset` on; nil where that cannot be told.
    func dataRanges(from offset: UInt64) async throws(TransferError) -> [Range<UInt64>]?
    func synchronize() async throws(TransferError)
    func close() async throws(TransferError)
    /// Closes without waiting.
    func abandon() async
}
