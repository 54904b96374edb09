import Bytes
import Reactor

extension Attributes {
    /// What the file system says about a file.
    init(_ status: FileStatus) {
        self.init(
            size: status.size, owner: .init(userID: status.user, groupID: status.group), mode: FileMode(status),
            times: .init(
                access: UInt32(clamping: status.accessed.seconds),
                modification: UInt32(clamping: status.modified.seconds)))
    }
}

extension FileMode {
    init(_ status: FileStatus) {
        let kind: FileKind? =
            switch status.kind {
            case .regular: .regular
            case .directory: .directory
            case .symbolicLink: .symbolicLink
            case .fifo: .namedPipe
            case .socket: .socket
            case .characterDevice: .characterDevice
            case .blockDevice: .blockDevice
            case .unknown: nil
            }
        self.init(rawValue: (kind?.modeBits ?? 0) | status.permissions)
    }

    /// The permissions that a client may set: neither set-user-ID nor set-group-ID, with which a file would run as another.
    var settablePermissions: UInt32 { permissions & 0o1777 }
}

extension FileSystemStatistics {
    init(_ status: VolumeStatus) {
        self.init(
            blockSize: status.blockSize, fragmentSize: status.fragmentSize, blocks: status.blocks,
            freeBlocks: status.freeBlocks, availableBlocks: status.availableBlocks, files: status.files,
            freeFiles: status.freeFiles, availableFiles: status.availableFiles, identifier: status.identifier,
            // Of the flags, those that the protocol knows.
            flags: status.flags & (Self.readOnlyFlag | Self.noSetUserIDFlag),
            maximumNameLength: status.maximumNameLength)
    }
}

extension OpenFlags {
    /// The same for the file system, where `truncating` says whether it may cut the file off itself.
    func system(truncating: Bool) -> File.Flags {
        var flags: File.Flags = []
        if contains(.write) { flags.insert(.write) }
        if contains(.read) || !contains(.write) { flags.insert(.read) }
        if contains(.append) { flags.insert(.append) }
        if contains(.create) { flags.insert(.create) }
        if contains(.exclusive) { flags.insert(.exclusive) }
        if contains(.truncate), truncating { flags.insert(.truncate) }
        return flags
    }
}
