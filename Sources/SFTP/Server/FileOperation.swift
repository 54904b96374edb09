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
