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
#endif

/// Names: made, removed, moved and linked. The last component of each path is never followed.
extension RootedFileSystem {
    /// Makes a folder; the process' umask takes from `permissions`.
    package func makeDirectory(_ path: RawPath, permissions: UInt32) throws(ReactorError) {
        try unsafe place(of: path, "mkdir").perform("mkdir") { unsafe mkdirat($0, $1, mode_t(permissions)) }
    }

    /// Removes a name that is no folder's.
    package func remove(_ path: RawPath) throws(ReactorError) {
        try unsafe place(of: path, "unlink").perform("unlink") { unsafe unlinkat($0, $1, 0) }
    }

    /// Removes an empty folder.
    package func removeDirectory(_ path: RawPath) throws(ReactorError) {
        try unsafe place(of: path, "rmdir").perform("rmdir") { unsafe unlinkat($0, $1, AT_REMOVEDIR) }
    }

    /// Gives `path` the name `new`; what is there is replaced at once, or fails the call with `alreadyExists`.
    package func rename(_ path: RawPath, to new: RawPath, replacing: Bool) throws(ReactorError) {
        let target = try place(of: new, "rename")
        let (folder, name) = (target.folder.number, target.name)
        try unsafe place(of: path, "rename").perform("rename") { from, text in
            unsafe name.withCString { other in
                if replacing { return unsafe renameat(from, text, folder, other) }
                #if os(Linux)
                    let noReplace: UInt32 = 1
                    let result = unsafe linux_renameat2(from, text, folder, other, noReplace)
                    guard result < 0, errno == EINVAL || errno == ENOSYS else { return result }
                #endif
                // The file system cannot do it at once, so that a name made in between would be replaced.
                var status = stat()
                if unsafe fstatat(folder, other, &status, AT_SYMLINK_NOFOLLOW) == 0 {
                    errno = EEXIST
                    return -1
                }
                return unsafe renameat(from, text, folder, other)
            }
        }
    }

    /// Gives the file at `path` a second name; of a link, the link itself.
    package func link(_ path: RawPath, to new: RawPath) throws(ReactorError) {
        let target = try place(of: new, "link")
        let (folder, name) = (target.folder.number, target.name)
        try unsafe place(of: path, "link").perform("link") { from, text in
            unsafe name.withCString { other in unsafe linkat(from, text, folder, other, 0) }
        }
    }

    /// Makes a link at `path` whose text is `target` as it stands: within the root it leads no further than the root.
    package func symlink(_ target: RawPath, at path: RawPath) throws(ReactorError) {
        guard !target.bytes.contains(0) else {
            throw ReactorError(errno: EINVAL, operation: "symlink", path: target)
        }
        try unsafe place(of: path, "symlink").perform("symlink") { folder, text in
            unsafe target.withCString { unsafe symlinkat($0, folder, text) }
        }
    }

    /// The text of the link at `path`.
    package func readlink(_ path: RawPath) throws(ReactorError) -> RawPath {
        let place = try place(of: path, "readlink")
        guard let target = Self.linkTarget(place.folder.number, place.name) else {
            throw ReactorError(errno: errno == 0 ? EINVAL : errno, operation: "readlink", path: path)
        }
        return target
    }
}
