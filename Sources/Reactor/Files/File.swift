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

/// An open file. Reads, writes and everything else run on libuv's thread pool, so several of them may run at once.
///
/// The `async` calls come from any executor and are not cancellable; the calls with a completion are for the loop, and cost
/// neither task nor continuation. `close()` waits for nothing else: call it when the others are done. A file that is
/// dropped open is closed by `deinit`.
package final class File: Sendable {
    /// How a file is opened (POSIX.1-2017 `open`); close-on-exec is always set.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: CInt

        package init(rawValue: CInt) {
            self.rawValue = rawValue
        }

        package static let read = Flags(rawValue: 1 << 0)
        package static let write = Flags(rawValue: 1 << 1)
        package static let append = Flags(rawValue: 1 << 2)
        package static let create = Flags(rawValue: 1 << 3)
        package static let truncate = Flags(rawValue: 1 << 4)
        /// With `create`: fails with `alreadyExists` if there is anything.
        package static let exclusive = Flags(rawValue: 1 << 5)
        /// Fails if the last component is a link.
        package static let noFollow = Flags(rawValue: 1 << 6)
        /// Fails unless it is a folder.
        package static let directory = Flags(rawValue: 1 << 7)
        /// Does not wait for the other end of a FIFO.
        package static let nonBlocking = Flags(rawValue: 1 << 8)

        var system: CInt {
            var flags = O_CLOEXEC
            switch (contains(.read), contains(.write)) {
            case (true, true): flags |= O_RDWR
            case (false, true): flags |= O_WRONLY
            case (true, false), (false, false): flags |= O_RDONLY
            }
            if contains(.append) { flags |= O_APPEND }
            if contains(.create) { flags |= O_CREAT }
            if contains(.truncate) { flags |= O_TRUNC }
            if contains(.exclusive) { flags |= O_EXCL }
            if contains(.noFollow) { flags |= O_NOFOLLOW }
            if contains(.directory) { flags |= O_DIRECTORY }
            if contains(.nonBlocking) { flags |= O_NONBLOCK }
            return flags
        }
    }

    package let loop: EventLoop
    package let path: RawPath
    /// The descriptor; nil once closed.
    private let descriptor: Mutex<CInt?>
    /// See `readPreferringMemory`.
    let cachedReading = Mutex(CachedReading.asking)

    init(descriptor: CInt, path: RawPath, loop: EventLoop) {
        self.descriptor = Mutex(descriptor)
        self.path = path
        self.loop = loop
    }

    deinit {
        if let descriptor = descriptor.withLock({ $0 }) { _ = Self.closeDescriptor(descriptor) }
    }

    /// Opens `path`; a file that this creates gets `permissions` less the process' umask.
    package static func open(
        _ path: RawPath, _ flags: Flags, permissions: UInt32 = 0o666, on loop: EventLoop
    ) async throws(ReactorError) -> File {
        try await loop.offload {
            unsafe FileRequest.run("open", at: path) {
                unsafe uv_fs_open(nil, $0, $1, flags.system, CInt(permissions), nil)
            } read: {
                File(descriptor: CInt(truncatingIfNeeded: unsafe $0.pointee.result), path: path, loop: loop)
            }
        }.get()
    }

    /// Closes; everything afterwards fails with `closed`. The second time does nothing.
    package func close() async throws(ReactorError) {
        guard let descriptor = descriptor.withLock({ $0.take() }) else { return }
        let path = path
        let status = await loop.offload { Self.closeDescriptor(descriptor) }
        if status < 0 { throw ReactorError(uv: status, operation: "close", path: path) }
    }

    /// The descriptor; nil once closed.
    var openDescriptor: CInt? { descriptor.withLock { $0 } }

    /// The descriptor, which is the caller's to close; nil once closed.
    func takeDescriptor() -> CInt? { descriptor.withLock { $0.take() } }

    @discardableResult
    static func closeDescriptor(_ descriptor: CInt) -> CInt {
        #if canImport(Glibc)
            let status = Glibc.close(descriptor)
        #elseif canImport(Musl)
            let status = Musl.close(descriptor)
        #else
            let status = Darwin.close(descriptor)
        #endif
        return status == 0 ? 0 : uv_translate_sys_error(errno)
    }

    // MARK: Hot path

    /// Reads up to `count` bytes at `offset`, fewer only at the end of the file, behind what `buffer` holds (a header of the
    /// message that they go into), and then calls `completion` on the loop. To be called on the loop.
    package func read(
        at offset: UInt64, count: Int, into buffer: ByteBuffer = ByteBuffer(),
        _ completion: @escaping @Sendable (Result<ByteBuffer, ReactorError>) -> Void
    ) {
        loop.offload({ self.readNow(at: offset, count: count, into: buffer) }, completion)
    }

    /// Reads several ranges in one piece of work, each as the other `read` does. To be called on the loop.
    package func read(
        _ ranges: [Range<UInt64>], _ completion: @escaping @Sendable ([Result<ByteBuffer, ReactorError>]) -> Void
    ) {
        loop.offload(
            {
                ranges.map { range in
                    let count = Int(range.upperBound - range.lowerBound)
                    return self.readNow(at: range.lowerBound, count: count, into: ByteBuffer(capacity: count))
                }
            }, completion)
    }

    /// Writes all of `buffer` at `offset`, then calls `completion` on the loop. To be called on the loop.
    package func write(
        _ buffer: ByteBuffer, at offset: UInt64, _ completion: @escaping @Sendable (Result<Void, ReactorError>) -> Void
    ) {
        loop.offload({ self.writeNow(buffer, at: offset) }, completion)
    }

    /// Writes `buffers` one behind the other, the first at `offset`, then calls `completion` on the loop. To be called on
    /// the loop.
    package func write(
        _ buffers: [ByteBuffer], at offset: UInt64,
        _ completion: @escaping @Sendable (Result<Void, ReactorError>) -> Void
    ) {
        loop.offload(
            {
                var position = offset
                for buffer in buffers {
                    if case .failure(let error) = self.writeNow(buffer, at: position) { return .failure(error) }
                    position += UInt64(buffer.count)
                }
                return .success(())
            }, completion)
    }

    // MARK: Calls that wait

    /// Up to `count` bytes at `offset`; fewer only at the end of the file.
    package func read(at offset: UInt64, count: Int) async throws(ReactorError) -> ByteBuffer {
        try await loop.offload { self.readNow(at: offset, count: count, into: ByteBuffer(capacity: count)) }.get()
    }

    /// Writes all of `buffer` at `offset`, or at the end of a file opened with `append`.
    package func write(_ buffer: ByteBuffer, at offset: UInt64) async throws(ReactorError) {
        try await loop.offload { self.writeNow(buffer, at: offset) }.get()
    }

    /// Waits until data and status are on the disk.
    package func fsync() async throws(ReactorError) {
        try await unsafe perform("fsync") { unsafe uv_fs_fsync(nil, $0, $1, nil) }
    }

    /// Waits until the data is on the disk.
    package func datasync() async throws(ReactorError) {
        try await unsafe perform("fdatasync") { unsafe uv_fs_fdatasync(nil, $0, $1, nil) }
    }

    /// Cuts off or extends by a hole to `size` bytes.
    package func truncate(to size: UInt64) async throws(ReactorError) {
        try await unsafe perform("ftruncate") { unsafe uv_fs_ftruncate(nil, $0, $1, Int64(clamping: size), nil) }
    }

    package func stat() async throws(ReactorError) -> FileStatus {
        try await loop.offload {
            self.withDescriptor("fstat") { descriptor in
                unsafe FileRequest.run("fstat", self.path) {
                    unsafe uv_fs_fstat(nil, $0, descriptor, nil)
                } read: {
                    unsafe FileStatus($0.pointee.statbuf)
                }
            }
        }.get()
    }

    /// Takes the file for this process until it is closed; false when another one, or another open file of this one, has it
    /// (`flock(2)`).
    package func lock() async throws(ReactorError) -> Bool {
        try await loop.offload {
            self.withDescriptor("flock") { descriptor in
                if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return .success(true) }
                return errno == EWOULDBLOCK
                    ? .success(false) : .failure(ReactorError(errno: errno, operation: "flock", path: self.path))
            }
        }.get()
    }

    package func chmod(_ permissions: UInt32) async throws(ReactorError) {
        try await unsafe perform("fchmod") { unsafe uv_fs_fchmod(nil, $0, $1, CInt(permissions), nil) }
    }

    package func chown(user: UInt32, group: UInt32) async throws(ReactorError) {
        try await unsafe perform("fchown") { unsafe uv_fs_fchown(nil, $0, $1, user, group, nil) }
    }

    /// Sets both times, to the nanosecond.
    package func utimes(accessed: FileTime, modified: FileTime) async throws(ReactorError) {
        try await unsafe perform("futimens") { _, descriptor in
            let times = [accessed.timespec, modified.timespec]
            return unsafe futimens(descriptor, times) == 0 ? 0 : uv_translate_sys_error(errno)
        }
    }

    // MARK: On a thread of the pool

    private func perform(
        _ operation: String, _ call: @escaping @Sendable (UnsafeMutablePointer<uv_fs_t>, CInt) -> CInt
    ) async throws(ReactorError) {
        try await loop.offload {
            self.withDescriptor(operation) { descriptor in
                unsafe FileRequest.run(operation, self.path) { unsafe call($0, descriptor) }
            }
        }.get()
    }

    func withDescriptor<Value>(
        _ operation: String, _ body: (CInt) -> Result<Value, ReactorError>
    ) -> Result<Value, ReactorError> {
        guard let descriptor = descriptor.withLock({ $0 }) else {
            var error = ReactorError.closed(operation)
            error.path = path
            return .failure(error)
        }
        return body(descriptor)
    }

    func readNow(at offset: UInt64, count: Int, into target: ByteBuffer) -> Result<ByteBuffer, ReactorError> {
        withDescriptor("read") { descriptor in
            var buffer = target
            var left = count
            while left > 0 {
                var status = 0
                unsafe buffer.withFreeSpace(minimum: left) { space in
                    repeat {
                        unsafe status = pread(
                            descriptor, space.baseAddress, left, off_t(clamping: offset) + off_t(count - left))
                    } while status < 0 && errno == EINTR
                    return max(status, 0)
                }
                guard status >= 0 else { return .failure(ReactorError(errno: errno, operation: "read", path: path)) }
                guard status > 0 else { break }
                left -= status
            }
            return .success(buffer)
        }
    }

    private func writeNow(_ source: ByteBuffer, at offset: UInt64) -> Result<Void, ReactorError> {
        withDescriptor("write") { descriptor in
            var buffer = source
            while !buffer.isEmpty {
                let position = off_t(clamping: offset) + off_t(source.count - buffer.count)
                let status = unsafe buffer.bytes.withUnsafeBytes { bytes in
                    unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, position)
                }
                if status < 0 {
                    guard errno == EINTR else {
                        return .failure(ReactorError(errno: errno, operation: "write", path: path))
                    }
                } else {
                    buffer.consume(status)
                }
            }
            return .success(())
        }
    }
}
