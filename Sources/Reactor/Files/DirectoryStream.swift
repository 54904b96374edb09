package import Bytes
import CUV
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A folder that is read from front to back, some names at a time, with their status. Closed when it is dropped.
///
/// The calls block for the time of a disk: they are for a thread of the pool.
package final class DirectoryStream: Sendable {
    package struct Entry: Sendable {
        package var name: RawPath
        /// Of the name itself, which may be a link; nil when it was gone before it could be asked.
        package var status: FileStatus?
    }

    /// The C library's stream, for one thread at a time.
    @safe
    private struct Stream: ~Copyable, @unchecked Sendable {
        // Sendable because it has one owner, which the lock below lets one thread use at a time.
        let pointer: OpaquePointer

        deinit {
            unsafe closedir(pointer)
        }
    }

    package let path: RawPath
    private let stream: Mutex<Stream>

    init(_ descriptor: consuming Descriptor, _ path: RawPath) throws(ReactorError) {
        let number = descriptor.release()
        guard let pointer = unsafe fdopendir(number) else {
            let reason = errno
            File.closeDescriptor(number)
            throw ReactorError(errno: reason, operation: "opendir", path: path)
        }
        self.path = path
        stream = Mutex(unsafe Stream(pointer: pointer))
    }

    /// The next names, at most `limit` of them and `.` and `..` among them; none at the end.
    ///
    /// Those two get the status of the folder itself: what is above may be outside of a root.
    package func next(_ limit: Int) throws(ReactorError) -> [Entry] {
        let result: Result<[Entry], ReactorError> = stream.withLock { stream in
            var entries: [Entry] = []
            let descriptor = unsafe dirfd(stream.pointer)
            while entries.count < limit {
                errno = 0
                guard let entry = unsafe readdir(stream.pointer) else {
                    guard errno == 0 || !entries.isEmpty else {
                        return .failure(ReactorError(errno: errno, operation: "readdir", path: path))
                    }
                    break
                }
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                    // The C library ends the name with a NUL.
                    unsafe RawPath(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
                }
                entries.append(Entry(name: name, status: Self.status(name, in: descriptor)))
            }
            return .success(entries)
        }
        return try result.get()
    }

    private static func status(_ name: RawPath, in folder: CInt) -> FileStatus? {
        if name == "." || name == ".." { return FileStatus(of: folder) }
        var status = stat()
        let result = unsafe name.withCString { unsafe fstatat(folder, $0, &status, AT_SYMLINK_NOFOLLOW) }
        return result == 0 ? FileStatus(status) : nil
    }

    /// The status of the folder.
    package func status() throws(ReactorError) -> FileStatus {
        let (status, reason) = stream.withLock { stream in
            (FileStatus(of: unsafe dirfd(stream.pointer)), errno)
        }
        guard let status else { throw ReactorError(errno: reason, operation: "fstat", path: path) }
        return status
    }

    /// The file system that holds the folder.
    package func volume() throws(ReactorError) -> VolumeStatus {
        let (status, reason) = stream.withLock { stream in
            (VolumeStatus(of: unsafe dirfd(stream.pointer)), errno)
        }
        guard let status else { throw ReactorError(errno: reason, operation: "fstatvfs", path: path) }
        return status
    }
}
