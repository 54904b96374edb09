package import Bytes
import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
#if os(Linux)
    import CLinux
    private let emptyPath: CInt = 0x1000
#endif

/// What is known and set about a name. Everything happens to the one file that the name was found to mean.
extension RootedFileSystem {
    private func find(_ path: RawPath, followingLinks: Bool, _ operation: String) throws(ReactorError) -> Descriptor {
        try open(path, followingLinks ? pathOnly : pathOnly | O_NOFOLLOW, operation)
    }

    /// The status of what `path` leads to, or of the link that it is.
    package func status(_ path: RawPath, followingLinks: Bool) throws(ReactorError) -> FileStatus {
        let file = try find(path, followingLinks: followingLinks, "stat")
        guard let status = FileStatus(of: file.number) else {
            throw ReactorError(errno: errno, operation: "stat", path: path)
        }
        return status
    }

    package func changePermissions(
        _ path: RawPath, to permissions: UInt32, followingLinks: Bool
    ) throws(ReactorError) {
        let file = try find(path, followingLinks: followingLinks, "chmod")
        try perform("chmod", path) {
            #if os(Linux)
                // The descriptor is good for the path alone, which fchmod(2) does not take.
                let result = unsafe linux_fchmodat2(file.number, "", permissions, UInt32(emptyPath))
                guard result < 0, errno == ENOSYS || errno == EPERM else { return result }
                return unsafe chmod("/proc/self/fd/\(file.number)", mode_t(permissions))
            #else
                return fchmod(file.number, mode_t(permissions))
            #endif
        }
    }

    package func changeOwner(
        _ path: RawPath, user: UInt32, group: UInt32, followingLinks: Bool
    ) throws(ReactorError) {
        let file = try find(path, followingLinks: followingLinks, "chown")
        try perform("chown", path) {
            #if os(Linux)
                return unsafe fchownat(file.number, "", user, group, emptyPath)
            #else
                return fchown(file.number, user, group)
            #endif
        }
    }

    package func changeTimes(
        _ path: RawPath, accessed: FileTime, modified: FileTime, followingLinks: Bool
    ) throws(ReactorError) {
        let file = try find(path, followingLinks: followingLinks, "utimes")
        let times = [accessed.timespec, modified.timespec]
        try perform("utimes", path) {
            #if os(Linux)
                let result = unsafe utimensat(file.number, "", times, emptyPath)
                // Kernels before 5.8 do not take the flag.
                guard result < 0, errno == EINVAL else { return result }
                return unsafe utimensat(AT_FDCWD, "/proc/self/fd/\(file.number)", times, 0)
            #else
                return unsafe futimens(file.number, times)
            #endif
        }
    }

    /// The file system that holds what `path` leads to.
    package func volume(_ path: RawPath) throws(ReactorError) -> VolumeStatus {
        let file = try find(path, followingLinks: true, "statvfs")
        guard let status = VolumeStatus(of: file.number) else {
            throw ReactorError(errno: errno, operation: "statvfs", path: path)
        }
        return status
    }

    private func perform(_ operation: String, _ path: RawPath, _ call: () -> CInt) throws(ReactorError) {
        guard call() == 0 else { throw ReactorError(errno: errno, operation: operation, path: path) }
    }
}

/// What `statvfs(3)` says about the file system of a file (POSIX.1-2017 `<sys/statvfs.h>`); in its order.
package struct VolumeStatus: Sendable, Hashable {
    package var blockSize: UInt64
    package var fragmentSize: UInt64
    package var blocks: UInt64
    package var freeBlocks: UInt64
    package var availableBlocks: UInt64
    package var files: UInt64
    package var freeFiles: UInt64
    package var availableFiles: UInt64
    package var identifier: UInt64
    package var flags: UInt64
    package var maximumNameLength: UInt64

    /// What holds the file behind `descriptor`; nil, with `errno`, when the system does not say.
    init?(of descriptor: CInt) {
        var status = statvfs()
        guard unsafe fstatvfs(descriptor, &status) == 0 else { return nil }
        blockSize = UInt64(status.f_bsize)
        fragmentSize = UInt64(status.f_frsize)
        blocks = UInt64(status.f_blocks)
        freeBlocks = UInt64(status.f_bfree)
        availableBlocks = UInt64(status.f_bavail)
        files = UInt64(status.f_files)
        freeFiles = UInt64(status.f_ffree)
        availableFiles = UInt64(status.f_favail)
        identifier = UInt64(status.f_fsid)
        flags = UInt64(status.f_flag)
        maximumNameLength = UInt64(status.f_namemax)
    }
}

extension FileStatus {
    /// The status of the file behind `descriptor`; nil, with `errno`, when the system does not say.
    init?(of descriptor: CInt) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        kind = FileKind(mode: UInt32(status.st_mode))
        permissions = UInt32(status.st_mode) & 0o7777
        size = UInt64(max(status.st_size, 0))
        #if os(Linux)
            modified = FileTime(status.st_mtim)
            accessed = FileTime(status.st_atim)
            changed = FileTime(status.st_ctim)
            created = FileTime(seconds: 0)
        #else
            modified = FileTime(status.st_mtimespec)
            accessed = FileTime(status.st_atimespec)
            changed = FileTime(status.st_ctimespec)
            created = FileTime(status.st_birthtimespec)
        #endif
        user = status.st_uid
        group = status.st_gid
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(status.st_ino)
        linkCount = UInt64(status.st_nlink)
        blocks = UInt64(max(status.st_blocks, 0))
    }
}

extension FileTime {
    init(_ time: timespec) {
        self.init(seconds: Int64(time.tv_sec), nanoseconds: Int32(truncatingIfNeeded: time.tv_nsec))
    }
}
