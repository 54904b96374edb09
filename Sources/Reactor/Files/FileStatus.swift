package import Bytes
import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a name in a file system stands for (POSIX.1-2017 `<sys/stat.h>`).
package enum FileKind: Sendable, Hashable {
    case regular
    case directory
    case symbolicLink
    case fifo
    case socket
    case characterDevice
    case blockDevice
    /// The file system does not say; `FileSystem.lstat` does.
    case unknown

    /// The kind in `mode`'s upper bits.
    package init(mode: UInt32) {
        self =
            switch mode & 0o170000 {
            case 0o100000: .regular
            case 0o040000: .directory
            case 0o120000: .symbolicLink
            case 0o010000: .fifo
            case 0o140000: .socket
            case 0o020000: .characterDevice
            case 0o060000: .blockDevice
            default: .unknown
            }
    }

    init(_ kind: uv_dirent_type_t) {
        self =
            switch kind {
            case UV_DIRENT_FILE: .regular
            case UV_DIRENT_DIR: .directory
            case UV_DIRENT_LINK: .symbolicLink
            case UV_DIRENT_FIFO: .fifo
            case UV_DIRENT_SOCKET: .socket
            case UV_DIRENT_CHAR: .characterDevice
            case UV_DIRENT_BLOCK: .blockDevice
            default: .unknown
            }
    }
}

/// A point in time as files carry it: seconds since 1970 and 0 ..< 1,000,000,000 nanoseconds on top.
package struct FileTime: Sendable, Hashable, Comparable {
    package var seconds: Int64
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    init(_ time: uv_timespec_t) {
        self.init(seconds: Int64(time.tv_sec), nanoseconds: Int32(truncatingIfNeeded: time.tv_nsec))
    }

    package static func < (left: FileTime, right: FileTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    var timespec: timespec { .init(tv_sec: time_t(seconds), tv_nsec: Int(nanoseconds)) }
}

/// What the file system says about a file.
package struct FileStatus: Sendable, Hashable {
    package var kind: FileKind
    /// The permissions with set-user-id, set-group-id and sticky bit: the lower twelve bits of the mode.
    package var permissions: UInt32
    /// Bytes.
    package var size: UInt64
    package var modified: FileTime
    package var accessed: FileTime
    /// When the status itself changed last.
    package var changed: FileTime
    /// When the file was made; 1970 where the file system does not say.
    package var created: FileTime
    package var user: UInt32
    package var group: UInt32
    package var device: UInt64
    package var inode: UInt64
    package var linkCount: UInt64
    /// Blocks of 512 bytes that it takes; fewer than its size needs when it is sparse.
    package var blocks: UInt64

    init(_ status: uv_stat_t) {
        kind = FileKind(mode: UInt32(truncatingIfNeeded: status.st_mode))
        permissions = UInt32(truncatingIfNeeded: status.st_mode) & 0o7777
        size = status.st_size
        modified = FileTime(status.st_mtim)
        accessed = FileTime(status.st_atim)
        changed = FileTime(status.st_ctim)
        created = FileTime(status.st_birthtim)
        user = UInt32(truncatingIfNeeded: status.st_uid)
        group = UInt32(truncatingIfNeeded: status.st_gid)
        device = status.st_dev
        inode = status.st_ino
        linkCount = status.st_nlink
        blocks = status.st_blocks
    }
}

/// What a file system has in all and to give away, in bytes.
package struct FileSystemSpace: Sendable, Hashable {
    package var total: UInt64
    package var free: UInt64
    /// Free for users without privileges.
    package var available: UInt64
}

/// A name in a folder; `.` and `..` are left out.
package struct DirectoryEntry: Sendable, Hashable {
    package var name: RawPath
    package var kind: FileKind

    package init(name: RawPath, kind: FileKind) {
        self.name = name
        self.kind = kind
    }
}
