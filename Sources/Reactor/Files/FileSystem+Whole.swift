package import Bytes
import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A name in a folder and what the file system says about it, links not followed.
package struct FolderEntry: Sendable, Hashable {
    package let name: RawPath
    package let status: FileStatus

    package init(name: RawPath, status: FileStatus) {
        self.name = name
        self.status = status
    }
}

/// What a small file gets besides its content.
package struct SmallFileAttributes: Sendable, Hashable {
    /// What a new file is made with, less the process' umask.
    package var permissions: UInt32
    /// Set whatever umask says; nil leaves what the file was made with.
    package var exactPermissions: UInt32?
    package var times: (accessed: FileTime, modified: FileTime)?
    package var owner: (user: UInt32, group: UInt32)?

    package init(permissions: UInt32) {
        self.permissions = permissions
    }

    package static func == (left: SmallFileAttributes, right: SmallFileAttributes) -> Bool {
        left.permissions == right.permissions && left.exactPermissions == right.exactPermissions
            && left.times?.accessed == right.times?.accessed && left.times?.modified == right.times?.modified
            && left.owner?.user == right.owner?.user && left.owner?.group == right.owner?.group
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(permissions)
    }
}

/// Several system calls as one piece of work of the thread pool: what a tree of small files is made of.
extension FileSystem {
    /// The names in a folder, each with its status; names that vanish meanwhile are left out. At most `limit` of them,
    /// nil when there are more.
    package func list(_ path: RawPath, limit: Int) async throws(ReactorError) -> [FolderEntry]? {
        try await loop.offload {
            unsafe FileRequest.run("scandir", at: path) {
                unsafe uv_fs_scandir(nil, $0, $1, 0, nil)
            } read: { request -> [FolderEntry]? in
                var entries: [FolderEntry] = []
                var entry = unsafe uv_dirent_t()
                while unsafe uv_fs_scandir_next(request, &entry) == 0 {
                    guard let text = unsafe entry.name else { continue }
                    guard entries.count < limit else { return nil }
                    let name = unsafe RawPath(cString: text)
                    let status = unsafe FileRequest.run("lstat", at: path.appending(name)) {
                        unsafe uv_fs_lstat(nil, $0, $1, nil)
                    } read: {
                        unsafe FileStatus($0.pointee.statbuf)
                    }
                    if case .success(let status) = status { entries.append(FolderEntry(name: name, status: status)) }
                }
                return entries
            }
        }.get()
    }

    /// The whole of a regular file of at most `limit` bytes, with its status; nil when it is larger or no regular file.
    /// A link as last component is not followed unless `followingLinks`.
    package func readSmall(
        _ path: RawPath, limit: Int, followingLinks: Bool
    ) async throws(ReactorError) -> (content: ByteBuffer, status: FileStatus)? {
        try await loop.offload { () -> Result<(content: ByteBuffer, status: FileStatus)?, ReactorError> in
            let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
            return opened(path, flags, 0) { (descriptor) throws(ReactorError) in
                let status = try fileStatus(descriptor, path)
                guard status.kind == .regular, status.size > 0, status.size <= UInt64(limit) else { return nil }
                // One byte more than it has shows that it has grown.
                var content = ByteBuffer(capacity: Int(status.size) + 1)
                while content.count <= limit {
                    var (count, room) = (0, 0)
                    unsafe content.withFreeSpace(minimum: 1) { space in
                        room = space.count
                        unsafe count = read(descriptor, space.baseAddress, space.count)
                        return max(count, 0)
                    }
                    if count < 0 {
                        if errno == EINTR { continue }
                        throw ReactorError(errno: errno, operation: "read", path: path)
                    }
                    if count < room { break }
                }
                return content.count == status.size ? (content, status) : nil
            }
        }.get()
    }

    /// Makes the file `temporary`, which must not exist, with `content`, and gives it the name `path`, replacing what has
    /// it. Nothing is left of a file that fails. `synchronizes` brings it to the disk before it gets its name.
    package func writeSmall(
        _ content: ByteBuffer, to path: RawPath, through temporary: RawPath, _ attributes: SmallFileAttributes,
        synchronizes: Bool
    ) async throws(ReactorError) {
        try await loop.offload { () -> Result<Void, ReactorError> in
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
            let written = opened(temporary, flags, mode_t(attributes.permissions)) {
                (descriptor) throws(ReactorError) in
                try write(content, to: descriptor, temporary)
                if let permissions = attributes.exactPermissions, fchmod(descriptor, mode_t(permissions)) != 0 {
                    throw ReactorError(errno: errno, operation: "fchmod", path: temporary)
                }
                if let owner = attributes.owner, fchown(descriptor, owner.user, owner.group) != 0 {
                    throw ReactorError(errno: errno, operation: "fchown", path: temporary)
                }
                if let times = attributes.times {
                    let values = [times.accessed.timespec, times.modified.timespec]
                    guard unsafe futimens(descriptor, values) == 0 else {
                        throw ReactorError(errno: errno, operation: "futimens", path: temporary)
                    }
                }
                if synchronizes, fsync(descriptor) != 0 {
                    throw ReactorError(errno: errno, operation: "fsync", path: temporary)
                }
            }
            switch written {
            case .success: break
            case .failure(let error):
                // What is there under that name is not ours.
                if error.operation != "open" { discard(temporary) }
                return .failure(error)
            }
            let renamed = unsafe FileRequest.run("rename", at: temporary, and: path) {
                unsafe uv_fs_rename(nil, $0, $1, $2, nil)
            }
            if case .failure = renamed { discard(temporary) }
            return renamed
        }.get()
    }

    /// Brings everything of the file system that holds `path` to its disk (`syncfs(2)`; `sync(2)` where there is none).
    package func synchronizeAll(at path: RawPath) async throws(ReactorError) {
        try await loop.offload { () -> Result<Void, ReactorError> in
            opened(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0) { (descriptor) throws(ReactorError) in
                #if os(Linux)
                    guard syncfs(descriptor) == 0 else {
                        throw ReactorError(errno: errno, operation: "syncfs", path: path)
                    }
                #else
                    sync()
                #endif
            }
        }.get()
    }
}

// MARK: On a thread of the pool

private func opened<Value>(
    _ path: RawPath, _ flags: CInt, _ permissions: mode_t, _ body: (CInt) throws(ReactorError) -> Value
) -> Result<Value, ReactorError> {
    guard !path.bytes.contains(0) else {
        return .failure(ReactorError(errno: EINVAL, operation: "open", path: path))
    }
    let descriptor = unsafe path.withCString { text in unsafe open(text, flags, permissions) }
    guard descriptor >= 0 else { return .failure(ReactorError(errno: errno, operation: "open", path: path)) }
    let result = Result { () throws(ReactorError) in try body(descriptor) }
    // An error of the disk may come no sooner than here (close(2)).
    let status = File.closeDescriptor(descriptor)
    if case .success = result, status != 0 {
        return .failure(ReactorError(uv: status, operation: "close", path: path))
    }
    return result
}

private func fileStatus(_ descriptor: CInt, _ path: RawPath) throws(ReactorError) -> FileStatus {
    let result = unsafe FileRequest.run("fstat", path) {
        unsafe uv_fs_fstat(nil, $0, descriptor, nil)
    } read: {
        unsafe FileStatus($0.pointee.statbuf)
    }
    return try result.get()
}

private func write(_ content: ByteBuffer, to descriptor: CInt, _ path: RawPath) throws(ReactorError) {
    var rest = content
    while !rest.isEmpty {
        let count = unsafe rest.bytes.withUnsafeBytes { bytes in
            unsafe write(descriptor, bytes.baseAddress, bytes.count)
        }
        if count < 0 {
            guard errno == EINTR else { throw ReactorError(errno: errno, operation: "write", path: path) }
        } else {
            rest.consume(count)
        }
    }
}

private func discard(_ path: RawPath) {
    _ = unsafe path.withCString { text in unsafe unlink(text) }
}
