import Bytes
import Reactor

/// What a thread of the pool does for a client: one request, or several reads or writes of one file.
enum FileOperation: Sendable {
    struct Range: Sendable {
        var id: RequestID
        var offset: UInt64
        var length: Int
    }

    struct Piece: Sendable {
        var id: RequestID
        var offset: UInt64
        var data: ByteBuffer
    }

    /// What is asked about an open handle.
    enum HandleAction: Sendable {
        case status
        case set(Attributes)
        case synchronize
        case volume
    }

    case open(RequestID, RawPath, OpenFlags, Attributes)
    case openDirectory(RequestID, RawPath)
    case close(RequestID, OpenNode)
    case read(File, [Range])
    case write(File, [Piece])
    case readDirectory(RequestID, DirectoryStream)
    case onHandle(RequestID, OpenNode, HandleAction)
    /// A request that is about paths alone.
    case onPath(RequestID, Request)
    case accounts(RequestID, users: [UInt32], groups: [UInt32])
    case hash(HashOperation)
    case copy(CopyOperation)

    /// Whether it may take long, so that it gets a thread for itself and only some of them.
    var isLong: Bool {
        switch self {
        case .hash, .copy, .accounts, .onHandle(_, _, .synchronize): true
        case .open, .openDirectory, .close, .read, .write, .readDirectory, .onHandle, .onPath: false
        }
    }

    /// How it may be done on the loop itself, where disks are quick (`DiskPace`).
    enum Directness {
        /// At any time.
        case always
        /// When nothing else is under way, as one by one they come from a client that waits for each.
        case alone
        /// Its time grows with something that a client may make large.
        case never
    }

    var directness: Directness {
        switch self {
        case .open, .openDirectory, .close, .onHandle(_, _, .status), .onHandle(_, _, .volume): .always
        case .onHandle(_, _, .set(let attributes)): attributes.size == nil ? .always : .never
        case .onPath(_, let request): request.isShort ? .always : .never
        case .read(_, let ranges):
            ranges.count <= Limits.directCount && readLength <= Limits.directLength ? .alone : .never
        case .write(_, let pieces):
            pieces.count <= Limits.directCount && writeLength <= Limits.directLength ? .alone : .never
        // Removing and replacing are among `onPath`: both may free a large file.
        case .readDirectory, .accounts, .hash, .copy, .onHandle(_, _, .synchronize): .never
        }
    }

    /// How many requests it answers.
    var requestCount: Int {
        switch self {
        case .read(_, let ranges): ranges.count
        case .write(_, let pieces): pieces.count
        case .open, .openDirectory, .close, .readDirectory, .onHandle, .onPath, .accounts, .hash, .copy: 1
        }
    }

    /// How many bytes it reads for replies, at most.
    var readLength: Int {
        switch self {
        case .read(_, let ranges): ranges.reduce(0) { $0 + $1.length }
        case .write, .open, .openDirectory, .close, .readDirectory, .onHandle, .onPath, .accounts, .hash, .copy: 0
        }
    }

    /// How many bytes its replies have, at most.
    var replyLength: Int {
        switch self {
        case .read(_, let ranges): ranges.reduce(0) { $0 + $1.length + ByteBuffer.dataHeaderLength }
        case .readDirectory: Limits.directoryBatchCount * Limits.directoryEntryLength
        case .hash, .accounts: Limits.announcedMessageLength
        case .write, .open, .openDirectory, .close, .onHandle, .onPath, .copy: requestCount * Limits.shortReplyLength
        }
    }

    /// How much work it is, in bytes that go to or come from the disk or the client.
    var jobLength: Int { replyLength + writeLength }

    /// How many bytes of payload it holds.
    var writeLength: Int {
        switch self {
        case .write(_, let pieces): pieces.reduce(0) { $0 + $1.data.count }
        case .read, .open, .openDirectory, .close, .readDirectory, .onHandle, .onPath, .accounts, .hash, .copy: 0
        }
    }
}

extension Request {
    /// Whether it takes about as long whatever the client has stored.
    fileprivate var isShort: Bool {
        switch self {
        case .stat, .lstat, .mkdir, .realpath, .readlink, .symlink: true
        case .setstat(_, let attributes): attributes.size == nil
        case .extended(let extended):
            switch extended {
            case .hardlink, .lsetstat, .expandPath: true
            case .posixRename, .statvfs, .fstatvfs, .fsync, .limits, .copyData, .homeDirectory, .usersGroupsByID,
                .checkFileHandle, .checkFileName, .other:
                false
            }
        case .open, .close, .read, .write, .fstat, .fsetstat, .opendir, .readdir, .remove, .rmdir, .rename: false
        }
    }
}
