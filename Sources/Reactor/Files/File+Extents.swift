import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// Glibc's headers hide these from Swift; the values are those of each system's <unistd.h>.
#if os(Linux)
    private let seekData: CInt = 3
    private let seekHole: CInt = 4
#else
    private let seekData: CInt = 4
    private let seekHole: CInt = 3
#endif

extension File {
    /// Where data is: the ranges of bytes that are no holes, in order and apart; at most `limit` of them, from `offset` on.
    ///
    /// One range up to the end of the file where the file system does not say (`lseek` with SEEK_DATA and SEEK_HOLE, as in
    /// POSIX.1-2024). Moves the descriptor's position, which nothing else here uses.
    package func extents(from offset: UInt64 = 0, limit: Int = 1 << 16) async throws(ReactorError) -> [Range<UInt64>] {
        try await loop.offload {
            self.withDescriptor("lseek") { descriptor in
                func failure() -> Result<[Range<UInt64>], ReactorError> {
                    .failure(ReactorError(errno: errno, operation: "lseek", path: self.path))
                }
                let end = lseek(descriptor, 0, SEEK_END)
                guard end >= 0 else { return failure() }
                var extents: [Range<UInt64>] = []
                var position = off_t(clamping: offset)
                while position < end, extents.count < limit {
                    let start = lseek(descriptor, position, seekData)
                    if start < 0 {
                        switch errno {
                        case ENXIO: return .success(extents)
                        case EINVAL, ENOTSUP: return .success([UInt64(position)..<UInt64(end)])
                        default: return failure()
                        }
                    }
                    let hole = lseek(descriptor, start, seekHole)
                    // A file that shrinks meanwhile has no hole at the end any more.
                    guard hole > start else { return hole < 0 ? failure() : .success(extents) }
                    extents.append(UInt64(start)..<UInt64(hole))
                    position = hole
                }
                return .success(extents)
            }
        }.get()
    }
}
