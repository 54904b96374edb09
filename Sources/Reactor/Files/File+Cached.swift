package import Bytes
import Synchronization

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

/// Reading what is in memory already, without the way to another thread and back.
extension File {
    /// How what the system holds of a file in memory is to be had.
    enum CachedReading {
        /// The system gives what it has, and says when it has not.
        case asking
        /// All of it is in memory.
        case resident
        /// There is no way but one that may wait.
        case unavailable
    }

    /// The file systems that keep files in memory alone (statfs(2)): tmpfs and ramfs.
    private static let memoryFileSystems: [Int] = [0x0102_1994, 0x8584_58F6]

    /// Reads ranges as `read` does, at once where they are in memory; else on the pool what is missing. `completion` is
    /// called on the loop, in a later turn. To be called on the loop, for ranges of up to a megabyte together: so long, at
    /// most, nothing else happens there.
    package func readPreferringMemory(
        _ ranges: [Range<UInt64>], _ completion: @escaping @Sendable ([Result<ByteBuffer, ReactorError>]) -> Void
    ) {
        var parts: [(buffer: ByteBuffer, isWhole: Bool)] = []
        var isComplete = true
        for range in ranges {
            let count = Int(range.upperBound - range.lowerBound)
            var buffer = ByteBuffer(capacity: count)
            let isWhole = isComplete && readCached(at: range.lowerBound, count: count, into: &buffer)
            parts.append((buffer, isWhole))
            isComplete = isComplete && isWhole
        }
        if isComplete {
            let results = parts.map { Result<ByteBuffer, ReactorError>.success($0.buffer) }
            return loop.execute { completion(results) }
        }
        let begun = parts
        loop.offload(
            {
                zip(ranges, begun).map { range, part in
                    if part.isWhole { return .success(part.buffer) }
                    let offset = range.lowerBound + UInt64(part.buffer.count)
                    return self.readNow(at: offset, count: Int(range.upperBound - offset), into: part.buffer)
                }
            }, completion)
    }

    /// Reads up to `count` bytes that are in memory; whether that was all that there is to have.
    private func readCached(at offset: UInt64, count: Int, into buffer: inout ByteBuffer) -> Bool {
        #if os(Linux)
            guard count > 0, let start = Int64(exactly: offset), start <= Int64.max - Int64(count) else { return false }
            guard let descriptor = openDescriptor else { return false }
            while true {
                let reading = cachedReading.withLock { $0 }
                var status = 0
                var reason: CInt = 0
                unsafe buffer.withFreeSpace(minimum: count) { space in
                    switch reading {
                    case .asking: unsafe status = linux_read_cached(descriptor, space.baseAddress, count, start)
                    case .resident: unsafe status = pread(descriptor, space.baseAddress, count, off_t(start))
                    case .unavailable: status = -1
                    }
                    reason = errno
                    return max(status, 0)
                }
                // Fewer bytes than asked for may be the end, or all that is in memory: the pool finds out.
                if status >= 0 { return status == count || status == 0 }
                guard reading == .asking, reason == EOPNOTSUPP || reason == ENOSYS || reason == EINVAL else {
                    return false
                }
                let isInMemory = Self.memoryFileSystems.contains(linux_file_system_type(descriptor))
                cachedReading.withLock { $0 = isInMemory ? .resident : .unavailable }
            }
        #else
            return false
        #endif
    }
}
