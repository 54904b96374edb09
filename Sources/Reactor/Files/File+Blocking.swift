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

/// The same calls for code that runs on a thread of the pool already: they block for the time of a disk.
extension File {
    private func call<Value>(
        _ operation: String, _ body: (CInt) throws(ReactorError) -> Value
    ) throws(ReactorError) -> Value {
        guard let descriptor = openDescriptor else {
            var error = ReactorError.closed(operation)
            error.path = path
            throw error
        }
        return try body(descriptor)
    }

    private func call(_ operation: String, _ body: (CInt) -> CInt) throws(ReactorError) {
        try call(operation) { (descriptor) throws(ReactorError) in
            var result: CInt
            repeat {
                result = body(descriptor)
            } while result < 0 && errno == EINTR
            guard result == 0 else { throw ReactorError(errno: errno, operation: operation, path: path) }
        }
    }

    /// Reads up to `count` bytes at `offset` to the back of `buffer` and returns how many; fewer only at the end of the file.
    package func readBlocking(
        at offset: UInt64, count: Int, into buffer: inout ByteBuffer
    ) throws(ReactorError) -> Int {
        guard let start = off_t(exactly: offset), start <= off_t.max - off_t(count) else { return 0 }
        return try call("read") { (descriptor) throws(ReactorError) in
            var left = count
            while left > 0 {
                var status = 0
                unsafe buffer.withFreeSpace(minimum: left) { space in
                    repeat {
                        unsafe status = pread(descriptor, space.baseAddress, left, start + off_t(count - left))
                    } while status < 0 && errno == EINTR
                    return max(status, 0)
                }
                guard status >= 0 else { throw ReactorError(errno: errno, operation: "read", path: path) }
                guard status > 0 else { break }
                left -= status
            }
            return count - left
        }
    }

    /// Writes all of `bytes` at `offset`, or at the end of a file opened with `append`.
    package func writeBlocking(_ bytes: RawSpan, at offset: UInt64) throws(ReactorError) {
        guard let start = off_t(exactly: offset), start <= off_t.max - off_t(bytes.byteCount) else {
            throw ReactorError(errno: EFBIG, operation: "write", path: path)
        }
        try call("write") { (descriptor) throws(ReactorError) in
            var written = 0
            while written < bytes.byteCount {
                let rest = bytes.extracting(written..<bytes.byteCount)
                let status = unsafe rest.withUnsafeBytes { rest in
                    unsafe pwrite(descriptor, rest.baseAddress, rest.count, start + off_t(written))
                }
                if status >= 0 {
                    written += status
                } else if errno != EINTR {
                    throw ReactorError(errno: errno, operation: "write", path: path)
                }
            }
        }
    }

    package func statusBlocking() throws(ReactorError) -> FileStatus {
        try call("fstat") { (descriptor) throws(ReactorError) in
            guard let status = FileStatus(of: descriptor) else {
                throw ReactorError(errno: errno, operation: "fstat", path: path)
            }
            return status
        }
    }

    package func volumeBlocking() throws(ReactorError) -> VolumeStatus {
        try call("fstatvfs") { (descriptor) throws(ReactorError) in
            guard let status = VolumeStatus(of: descriptor) else {
                throw ReactorError(errno: errno, operation: "fstatvfs", path: path)
            }
            return status
        }
    }

    package func truncateBlocking(to size: UInt64) throws(ReactorError) {
        guard let size = off_t(exactly: size) else {
            throw ReactorError(errno: EFBIG, operation: "ftruncate", path: path)
        }
        try call("ftruncate") { ftruncate($0, size) }
    }

    package func syncBlocking() throws(ReactorError) {
        try call("fsync") { syncToDisk($0) }
    }

    package func changePermissionsBlocking(to permissions: UInt32) throws(ReactorError) {
        try call("fchmod") { fchmod($0, mode_t(permissions)) }
    }

    package func changeOwnerBlocking(user: UInt32, group: UInt32) throws(ReactorError) {
        try call("fchown") { fchown($0, user, group) }
    }

    package func changeTimesBlocking(accessed: FileTime, modified: FileTime) throws(ReactorError) {
        let times = [accessed.timespec, modified.timespec]
        try call("futimens") { unsafe futimens($0, times) }
    }

    /// Closes now; everything afterwards fails with `closed`. The second time does nothing.
    package func closeBlocking() throws(ReactorError) {
        guard let descriptor = takeDescriptor() else { return }
        let status = Self.closeDescriptor(descriptor)
        if status < 0 { throw ReactorError(uv: status, operation: "close", path: path) }
    }

    /// Copies up to `count` bytes from `offset` to `other` at `otherOffset` within the kernel and returns how many were; 0
    /// only at the end of this file, nil where the file systems cannot.
    package func copyBlocking(
        at offset: UInt64, count: Int, to other: File, at otherOffset: UInt64
    ) throws(ReactorError) -> Int? {
        #if os(Linux)
            guard var from = Int64(exactly: offset), var to = Int64(exactly: otherOffset) else {
                throw ReactorError(errno: EFBIG, operation: "copy", path: path)
            }
            return try call("copy") { (descriptor) throws(ReactorError) in
                try other.call("copy") { (target) throws(ReactorError) in
                    var result: Int
                    repeat {
                        result = unsafe linux_copy_file_range(descriptor, &from, target, &to, count)
                    } while result < 0 && errno == EINTR
                    if result >= 0 { return result }
                    switch errno {
                    case EXDEV, ENOSYS, EOPNOTSUPP, EINVAL, EPERM, EBADF: return nil
                    default: throw ReactorError(errno: errno, operation: "copy", path: path)
                    }
                }
            }
        #else
            return nil
        #endif
    }
}

// Inside of a type with a method `fsync`, the system's function needs another name.
private func syncToDisk(_ descriptor: CInt) -> CInt {
    fsync(descriptor)
}
