internal import CSodium
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Memory for secrets: pages that are locked, left out of core dumps, and cut into slots of four sizes.
///
/// A handshake makes dozens of small secrets; a mapping of its own for each (as `sodium_malloc` makes) costs microseconds
/// and three pages. So slots come from chunks of whole pages that hold nothing else. A chunk stays mapped for later
/// secrets; what is larger than the largest slot gets pages of its own, which are given back.
///
/// When the system's limit on locked memory (`RLIMIT_MEMLOCK`) is used up, a chunk stays unlocked: it may be swapped out,
/// and is still kept out of core dumps and wiped. Any thread may call.
final class SecretArena: Sendable {
    static let shared = SecretArena()

    /// A part of a locked page, owned by one secret.
    @safe
    struct Slot: @unchecked Sendable {
        // Sendable: a mere address; `Secret` writes through it only before it is shared, and when nobody shares it any more.
        let base: UnsafeMutableRawPointer
        /// In bytes; at least what was asked for.
        let capacity: Int
        /// Whether the system locked it.
        let isLocked: Bool
    }

    private static let slotSizes = [64, 256, 1024, 4096]
    private static let chunkSize = 16384
    private static let pageSize = Int(getpagesize())

    /// Free slots, one list for each of `slotSizes`.
    private let free = Mutex([[Slot]](repeating: [], count: slotSizes.count))

    /// A slot of at least `count` bytes, all of them zero.
    func allocate(_ count: Int) -> Slot {
        guard let size = Self.slotSizes.firstIndex(where: { $0 >= count }) else { return Self.makePages(count) }
        return free.withLock { free in
            if let slot = free[size].popLast() { return slot }
            let chunk = Self.makePages(Self.chunkSize)
            let slotSize = Self.slotSizes[size]
            for offset in stride(from: slotSize, to: chunk.capacity, by: slotSize) {
                // Inside the chunk, whose size is a multiple of each slot size.
                free[size].append(
                    unsafe Slot(base: chunk.base + offset, capacity: slotSize, isLocked: chunk.isLocked))
            }
            return unsafe Slot(base: chunk.base, capacity: slotSize, isLocked: chunk.isLocked)
        }
    }

    /// Wipes a slot and takes it back; nobody uses it any more.
    func release(_ slot: Slot) {
        // The slot is owned by the caller, so that its bytes are valid and nobody else's.
        unsafe sodium_memzero(slot.base, slot.capacity)
        guard let size = Self.slotSizes.firstIndex(of: slot.capacity) else {
            // Pages of their own, from `makePages`; unlocking fails only where locking did.
            _ = unsafe sodium_munlock(slot.base, slot.capacity)
            unsafe slot.base.deallocate()
            return
        }
        free.withLock { $0[size].append(slot) }
    }

    /// Whole pages with room for `count` bytes, zeroed and, where the system allows, locked.
    private static func makePages(_ count: Int) -> Slot {
        // One page more than the largest slot at least, so that `release` can tell pages from slots.
        let minimum = max(count, chunkSize)
        let capacity = (minimum + pageSize - 1) / pageSize * pageSize
        let base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: pageSize)
        // `madvise(MADV_DONTDUMP)` and `mlock`, on whole pages that hold nothing else.
        let isLocked = unsafe sodium_mlock(base, capacity) == 0
        unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
        return unsafe Slot(base: base, capacity: capacity, isLocked: isLocked)
    }
}
