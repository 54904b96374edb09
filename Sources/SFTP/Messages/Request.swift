package import Bytes

/// What a client asks for (draft-ietf-secsh-filexfer-02 §6 and §8). INIT has no id and is `ClientMessage.initialize`.
package enum Request: Equatable, Sendable {
    /// Answered by HANDLE. The attributes are those of a file that is created.
    case open(RawPath, OpenFlags, Attributes)
    case close(Handle)
    /// Answered by DATA of at most `length` bytes, or by STATUS `endOfFile`.
    case read(Handle, offset: UInt64, length: UInt32)
    case write(Handle, offset: UInt64, data: ByteBuffer)
    /// STAT that does not follow a symbolic link. Answered by ATTRS.
    case lstat(RawPath)
    case fstat(Handle)
    case setstat(RawPath, Attributes)
    case fsetstat(Handle, Attributes)
    /// Answered by HANDLE.
    case opendir(RawPath)
    /// Answered by NAME with some of the entries, or by STATUS `endOfFile`.
    case readdir(Handle)
    case remove(RawPath)
    case mkdir(RawPath, Attributes)
    case rmdir(RawPath)
    /// Answered by NAME with one entry.
    case realpath(RawPath)
    case stat(RawPath)
    /// Fails when `to` exists.
    case rename(from: RawPath, to: RawPath)
    /// Answered by NAME with one entry.
    case readlink(RawPath)
    /// On the wire the target comes first, against the draft, as every server does since OpenSSH did
    /// (OpenSSH PROTOCOL §4.1).
    case symlink(target: RawPath, link: RawPath)
    case extended(ExtendedRequest)

    package var type: MessageType {
        switch self {
        case .open: .open
        case .close: .close
        case .read: .read
        case .write: .write
        case .lstat: .lstat
        case .fstat: .fstat
        case .setstat: .setstat
        case .fsetstat: .fsetstat
        case .opendir: .opendir
        case .readdir: .readdir
        case .remove: .remove
        case .mkdir: .mkdir
        case .rmdir: .rmdir
        case .realpath: .realpath
        case .stat: .stat
        case .rename: .rename
        case .readlink: .readlink
        case .symlink: .symlink
        case .extended: .extended
        }
    }

    /// The path that the request is about, the first one where it names two; nil for handles.
    package var path: RawPath? {
        switch self {
        case .open(let path, _, _), .lstat(let path), .setstat(let path, _), .opendir(let path), .remove(let path),
            .mkdir(let path, _), .rmdir(let path), .realpath(let path), .stat(let path), .rename(let path, _),
            .readlink(let path), .symlink(_, let path):
            path
        case .close, .read, .write, .fstat, .fsetstat, .readdir: nil
        case .extended(let request): request.path
        }
    }

    /// Every path in the request.
    package var paths: [RawPath] {
        switch self {
        case .rename(let from, let to): [from, to]
        case .symlink(let target, let link): [target, link]
        case .extended(.posixRename(let from, let to)): [from, to]
        case .extended(.hardlink(let existing, let link)): [existing, link]
        case .open, .lstat, .setstat, .opendir, .remove, .mkdir, .rmdir, .realpath, .stat, .readlink, .close, .read,
            .write, .fstat, .fsetstat, .readdir, .extended:
            path.map { [$0] } ?? []
        }
    }
}

extension ExtendedRequest {
    /// The path that the request is about, the first one where it names two; nil for handles.
    package var path: RawPath? {
        switch self {
        case .posixRename(let path, _), .statvfs(let path), .hardlink(_, let path), .lsetstat(let path, _),
            .expandPath(let path), .checkFileName(let path, _):
            path
        case .fstatvfs, .fsync, .limits, .copyData, .homeDirectory, .usersGroupsByID, .checkFileHandle, .other: nil
        }
    }
}
