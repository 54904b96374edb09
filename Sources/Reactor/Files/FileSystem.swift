package import Bytes
import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The local file system by path. Every call runs on libuv's thread pool, from any executor, and is not cancellable.
///
/// Errors carry the path; the operation is the system call's name.
package struct FileSystem: Sendable {
    package let loop: EventLoop

    /// Uses `loop` to wait for the thread pool.
    package init(on loop: EventLoop) {
        self.loop = loop
    }

    /// The status of what `path` leads to, links followed.
    package func stat(_ path: RawPath) async throws(ReactorError) -> FileStatus {
        try await loop.offload {
            unsafe FileRequest.run("stat", at: path) {
                unsafe uv_fs_stat(nil, $0, $1, nil)
            } read: {
                unsafe FileStatus($0.pointee.statbuf)
            }
        }.get()
    }

    /// The status of `path` itself, which may be a link.
    package func lstat(_ path: RawPath) async throws(ReactorError) -> FileStatus {
        try await loop.offload {
            unsafe FileRequest.run("lstat", at: path) {
                unsafe uv_fs_lstat(nil, $0, $1, nil)
            } read: {
                unsafe FileStatus($0.pointee.statbuf)
            }
        }.get()
    }

    /// Gives `path` the name `new`, replacing what is there (`rename(2)`: at once, within one file system).
    package func rename(_ path: RawPath, to new: RawPath) async throws(ReactorError) {
        try await loop.offload {
            unsafe FileRequest.run("rename", at: path, and: new) { unsafe uv_fs_rename(nil, $0, $1, $2, nil) }
        }.get()
    }

    package func unlink(_ path: RawPath) async throws(ReactorError) {
        try await loop.offload {
            unsafe FileRequest.run("unlink", at: path) { unsafe uv_fs_unlink(nil, $0, $1, nil) }
        }.get()
    }

    /// Makes a folder; the process' umask takes from `permissions`.
    package func mkdir(_ path: RawPath, permissions: UInt32 = 0o777) async throws(ReactorError) {
        try await loop.offload {
            unsafe FileRequest.run("mkdir", at: path) { unsafe uv_fs_mkdir(nil, $0, $1, CInt(permissions), nil) }
        }.get()
    }

    /// Removes an empty folder.
    package func rmdir(_ path: RawPath) async throws(ReactorError) {
        try await loop.offload {
            unsafe FileRequest.run("rmdir", at: path) { unsafe uv_fs_rmdir(nil, $0, $1, nil) }
        }.get()
    }

    /// The names in a folder, in no order; at most `Limits.namesPerFolder`.
    package func scandir(_ path: RawPath) async throws(ReactorError) -> [DirectoryEntry] {
        try await loop.offload {
            unsafe FileRequest.run("scandir", at: path) {
                unsafe uv_fs_scandir(nil, $0, $1, 0, nil)
            } read: { request in
                var entries: [DirectoryEntry] = []
                var entry = unsafe uv_dirent_t()
                while unsafe uv_fs_scandir_next(request, &entry) == 0, entries.count < Limits.namesPerFolder {
                    guard let name = unsafe entry.name else { continue }
                    entries.append(
                        DirectoryEntry(name: unsafe RawPath(cString: name), kind: unsafe FileKind(entry.type)))
                }
                return entries
            }
        }.get()
    }

    /// Where the link at `path` points, as it stands there.
    package func readlink(_ path: RawPath) async throws(ReactorError) -> RawPath {
        try await loop.offload {
            unsafe FileRequest.run("readlink", at: path) {
                unsafe uv_fs_readlink(nil, $0, $1, nil)
            } read: {
                unsafe RawPath(result: $0)
            }
        }.get()
    }

    /// Makes a link at `path` that points to `target`.
    package func symlink(_ target: RawPath, at path: RawPath) async throws(ReactorError) {
        try await loop.offload {
            unsafe FileRequest.run("symlink", at: path, and: target) { unsafe uv_fs_symlink(nil, $0, $2, $1, 0, nil) }
        }.get()
    }

    /// Gives the file at `path` a second name.
    package func link(_ path: RawPath, to new: RawPath) async throws(ReactorError) {
        try await loop.offload {
            unsafe FileRequest.run("link", at: path, and: new) { unsafe uv_fs_link(nil, $0, $1, $2, nil) }
        }.get()
    }

    /// The absolute path without links, `.` and `..`; the file has to exist.
    package func realpath(_ path: RawPath) async throws(ReactorError) -> RawPath {
        try await loop.offload {
            unsafe FileRequest.run("realpath", at: path) {
                unsafe uv_fs_realpath(nil, $0, $1, nil)
            } read: {
                unsafe RawPath(result: $0)
            }
        }.get()
    }

    /// The space of the file system that holds `path`.
    package func statfs(_ path: RawPath) async throws(ReactorError) -> FileSystemSpace {
        try await loop.offload {
            unsafe FileRequest.run("statfs", at: path) {
                unsafe uv_fs_statfs(nil, $0, $1, nil)
            } read: { request in
                guard let answer = unsafe request.pointee.ptr else {
                    return FileSystemSpace(total: 0, free: 0, available: 0)
                }
                // Libuv documents that `ptr` is a `uv_statfs_t` after this call.
                let space = unsafe answer.load(as: uv_statfs_t.self)
                func bytes(_ blocks: UInt64) -> UInt64 {
                    let (product, overflows) = blocks.multipliedReportingOverflow(by: space.f_bsize)
                    return overflows ? .max : product
                }
                return FileSystemSpace(
                    total: bytes(space.f_blocks), free: bytes(space.f_bfree), available: bytes(space.f_bavail))
            }
        }.get()
    }

    /// Changes the permissions of what `path` leads to, links followed.
    package func chmod(_ path: RawPath, permissions: UInt32) async throws(ReactorError) {
        try await loop.offload {
            unsafe FileRequest.run("chmod", at: path) { unsafe uv_fs_chmod(nil, $0, $1, CInt(permissions), nil) }
        }.get()
    }

    /// Changes the owner of what `path` leads to, links followed.
    package func chown(_ path: RawPath, user: UInt32, group: UInt32) async throws(ReactorError) {
        try await loop.offload {
            unsafe FileRequest.run("chown", at: path) { unsafe uv_fs_chown(nil, $0, $1, user, group, nil) }
        }.get()
    }

    /// Changes the owner of `path` itself, which may be a link.
    package func lchown(_ path: RawPath, user: UInt32, group: UInt32) async throws(ReactorError) {
        try await loop.offload {
            unsafe FileRequest.run("lchown", at: path) { unsafe uv_fs_lchown(nil, $0, $1, user, group, nil) }
        }.get()
    }

    /// Sets both times of `path`, to the nanosecond; of the link itself unless `followingLinks`.
    package func utimes(
        _ path: RawPath, accessed: FileTime, modified: FileTime, followingLinks: Bool = true
    ) async throws(ReactorError) {
        try await loop.offload {
            unsafe FileRequest.run("utimes", at: path) { _, text in
                // libuv takes a Double, which keeps no nanoseconds.
                let times = [accessed.timespec, modified.timespec]
                let flags = followingLinks ? 0 : AT_SYMLINK_NOFOLLOW
                return unsafe utimensat(AT_FDCWD, text, times, flags) == 0 ? 0 : uv_translate_sys_error(errno)
            }
        }.get()
    }
}

extension RawPath {
    /// The bytes of `text` up to its NUL.
    init(cString text: UnsafePointer<CChar>) {
        self.init(bytes: unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: strlen(text))))
    }

    /// The path that `request` answers; libuv documents that its `ptr` is a C string after readlink and realpath.
    init(result request: UnsafeMutablePointer<uv_fs_t>) {
        guard let text = unsafe request.pointee.ptr else {
            self.init(bytes: [])
            return
        }
        unsafe self.init(cString: text.assumingMemoryBound(to: CChar.self))
    }
}
