import CUV


/// How the C library's allocator treats what is freed.
package enum MemoryPolicy {
    /// Keeps freed memory for the next buffer instead of giving it back to the system: a transfer allocates and frees
    /// buffers of 256 KiB all the time, and each would be paid for with 64 page faults, a quarter of the CPU time.
    package static func keepFreedMemory() {
        #if canImport(Glibc)
            // Bytes (mallopt(3)); buffers of a transfer come from the heap, not from maps of their own.
            _ = mallopt(M_MMAP_THRESHOLD, 32 << 20)
            _ = mallopt(M_TRIM_THRESHOLD, 64 << 20)
            // The loop and the disk's threads free each other's buffers: one heap for them all is enough.
            _ = mallopt(M_ARENA_MAX, 1)
        #endif
    }
}
