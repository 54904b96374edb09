package import Bytes
package import Reactor
package import SFTP

/// What a file system says about a file, as far as a transfer asks; nil where it does not say.
package struct FileFacts: Sendable, Hashable {
    /// Numbers of the owner and the group.
    package struct Owner: Sendable, Hashable {
        package var user: UInt32
        package var group: UInt32
    }

    package var kind: SFTP.FileKind?
    /// Bytes.
    package var size: UInt64?
    /// The lower twelve bits of the mode.
    package var permissions: UInt32?
    package var owner: Owner?
    package var accessed: FileTime?
    package var modified: FileTime?
    /// Whether the file takes less of the disk than its size needs: it has holes.
    package var isSparse = false
    package var linkCount: UInt64?

    package init(
        kind: SFTP.FileKind?, size: UInt64? = nil, permissions: UInt32? = nil, owner: Owner? = nil,
        accessed: FileTime? = nil, modified: FileTime? = nil
    ) {
        self.kind = kind
        self.size = size
        self.permissions = permissions
        self.owner = owner
        self.accessed = accessed
        self.modified = modified
    }

    /// Permissions without set-user-ID, set-group-ID and sticky: what a copy may take over.
    package var plainPermissions: UInt32? { permissions.map { $0 & 0o777 } }
}

extension FileFacts {
    package init(_ status: FileStatus) {
        let kind: SFTP.FileKind? =
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
        self.init(
            kind: kind, size: status.size, permissions: status.permissions,
            owner: Owner(user: status.user, group: status.group), accessed: status.accessed, modified: status.modified)
        isSparse = status.kind == .regular && status.blocks * 512 < status.size
        linkCount = status.linkCount
    }

    package init(_ attributes: Attributes, kind: SFTP.FileKind?) {
        self.init(
            kind: kind, size: attributes.size, permissions: attributes.mode?.permissions,
            owner: attributes.owner.map { Owner(user: $0.userID, group: $0.groupID) },
            accessed: attributes.times.map { FileTime(seconds: Int64($0.access)) },
            modified: attributes.times.map { FileTime(seconds: Int64($0.modification)) })
    }
}

/// What is to be set of a file.
package struct FileChanges: Sendable, Hashable {
    package var size: UInt64?
    package var permissions: UInt32?
    package var owner: FileFacts.Owner?
    /// Both times; version 3 of SFTP sets both or none.
    package var times: Times?

    package struct Times: Sendable, Hashable {
        package var accessed: FileTime
        package var modified: FileTime
    }

    package init() {}

    package var isEmpty: Bool { self == FileChanges() }

    /// For the wire; times there have whole seconds.
    var attributes: Attributes {
        Attributes(
            size: size, owner: owner.map { Attributes.Owner(userID: $0.user, groupID: $0.group) },
            mode: permissions.map { FileMode(rawValue: $0) },
            times: times.map {
                Attributes.Times(
                    access: UInt32(clamping: $0.accessed.seconds),
                    modification: UInt32(clamping: $0.modified.seconds))
            })
    }
}

/// The names in a folder, `.` and `..` left out.
package struct FolderListing: Sendable {
    package struct Entry: Sendable {
        package let name: RawPath
        package let facts: FileFacts
    }

    /// Those whose names are safe to create elsewhere, in the order of the file system.
    package var entries: [Entry] = []
    /// Why other names were left out: a server that sends such is broken or hostile.
    package var refusals: [NameRefusal] = []
}
