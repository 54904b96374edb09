package import Bytes

/// The requests behind EXTENDED: OpenSSH's (PROTOCOL §4.3 to §4.13) and those of draft-ietf-secsh-filexfer-extensions-00.
package enum ExtendedRequest: Hashable, Sendable {
    /// POSIX's rename: an existing file at `to` is replaced. Answered by STATUS.
    case posixRename(from: RawPath, to: RawPath)
    /// Answered by `FileSystemStatistics`.
    case statvfs(RawPath)
    /// Answered by `FileSystemStatistics`.
    case fstatvfs(Handle)
    /// Answered by STATUS.
    case hardlink(existing: RawPath, link: RawPath)
    /// Answered by STATUS.
    case fsync(Handle)
    /// SETSTAT that does not follow a symbolic link. Answered by STATUS.
    case lsetstat(RawPath, Attributes)
    /// Answered by `ServerLimits`.
    case limits
    /// REALPATH that also expands `~` and `~user`. Answered by NAME.
    case expandPath(RawPath)
    /// Copies on the server. Answered by STATUS.
    case copyData(DataCopy)
    /// The home directory of a user, of the own one for an empty name. Answered by NAME.
    case homeDirectory(user: [UInt8])
    /// Answered by `AccountNames`.
    case usersGroupsByID(users: [UInt32], groups: [UInt32])
    /// Answered by `FileHashes`.
    case checkFileHandle(Handle, FileCheck)
    /// Answered by `FileHashes`.
    case checkFileName(RawPath, FileCheck)
    /// A request that this module does not know, with everything behind its name.
    case other(ExtensionName, [UInt8])

    package var name: ExtensionName {
        switch self {
        case .posixRename: .posixRename
        case .statvfs: .statvfs
        case .fstatvfs: .fstatvfs
        case .hardlink: .hardlink
        case .fsync: .fsync
        case .lsetstat: .lsetstat
        case .limits: .limits
        case .expandPath: .expandPath
        case .copyData: .copyData
        case .homeDirectory: .homeDirectory
        case .usersGroupsByID: .usersGroupsByID
        case .checkFileHandle: .checkFileHandle
        case .checkFileName: .checkFileName
        case .other(let name, _): name
        }
    }
}

/// What `copy-data` copies: from one open file to another, or within one where the ranges do not overlap
/// (draft-ietf-secsh-filexfer-extensions-00 §7).
///
/// | field | type |
/// |---|---|
/// | handle to read from, offset | string, uint64 |
/// | length, 0 for everything up to the end | uint64 |
/// | handle to write to, offset | string, uint64 |
package struct DataCopy: Hashable, Sendable {
    package var source: Handle
    package var sourceOffset: UInt64
    /// In bytes; 0 is up to the end of the source.
    package var length: UInt64
    package var destination: Handle
    package var destinationOffset: UInt64

    package init(
        from source: Handle, offset sourceOffset: UInt64 = 0, length: UInt64 = 0, to destination: Handle,
        offset destinationOffset: UInt64 = 0
    ) {
        self.source = source
        self.sourceOffset = sourceOffset
        self.length = length
        self.destination = destination
        self.destinationOffset = destinationOffset
    }
}
