internal import CSodium

/// Whether both spans hold the same bytes, in a time that depends on their lengths only.
package func constantTimeEquals(_ a: RawSpan, _ b: RawSpan) -> Bool {
    guard a.byteCount == b.byteCount else { return false }
    guard a.byteCount > 0 else { return true }
    return unsafe a.withUnsafeBytes { a in
        unsafe b.withUnsafeBytes { b in
            // Not empty, so both have a base address, and both have `count` bytes.
            unsafe sodium_memcmp(a.baseAddress, b.baseAddress, a.count) == 0
        }
    }
}
