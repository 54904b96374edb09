internal import CSodium

/// Bytes that nobody else should see: locked in memory, kept out of core dumps, wiped when the last reference goes.
///
/// Immutable once made, so any thread may read it. It has no description and no encoding; equality is decided in constant
/// time for a given length. See `SecretArena` for where the bytes live and for what happens when no more can be locked.
package final class Secret: Sendable, Equatable {
    private let slot: SecretArena.Slot

    /// How many bytes; may be 0.
    package let count: Int

    /// A secret of `count` zero bytes, which `fill` overwrites before anybody else sees them.
    package init<E: Error>(count: Int, _ fill: (inout MutableRawSpan) throws(E) -> Void) throws(E) {
        precondition(count >= 0, "a secret cannot have a negative length")
        self.count = count
        slot = SecretArena.shared.allocate(count)
        // The slot has at least `count` initialised bytes, and outlives the span.
        var span = unsafe MutableRawSpan(_unsafeStart: slot.base, byteCount: count)
        try fill(&span)
    }

    /// A copy of `bytes`; wiping the original is up to the caller.
    package convenience init(copying bytes: RawSpan) {
        self.init(count: bytes.byteCount) { span in
            unsafe span.withUnsafeMutableBytes { target in
                // Both have `count` bytes and do not overlap.
                unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
            }
        }
    }

    /// A copy of `text` in UTF-8.
    package convenience init(utf8 text: String) {
        var text = text
        self.init(copyingText: &text)
    }

    private convenience init(copyingText text: inout String) {
        let count = text.utf8.count
        self.init(count: count) { span in
            text.withUTF8 { utf8 in
                // Both have `count` bytes and do not overlap.
                unsafe span.withUnsafeMutableBytes { unsafe $0.copyMemory(from: UnsafeRawBufferPointer(utf8)) }
            }
        }
    }

    deinit {
        SecretArena.shared.release(slot)
    }

    /// Lets `body` read the bytes; what it copies out of them is no longer protected.
    package func withBytes<R: ~Copyable, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        // The slot lives as long as `self`, which this call keeps alive, and is never written after `init`.
        let span = unsafe RawSpan(_unsafeStart: slot.base, byteCount: count)
        let result = try body(span)
        withExtendedLifetime(self) {}
        return result
    }

    /// Whether the system locked the bytes in memory.
    var isLocked: Bool { slot.isLocked }

    /// Constant-time for secrets of the same length.
    package static func == (left: Secret, right: Secret) -> Bool {
        left.withBytes { left in right.withBytes { right in constantTimeEquals(left, right) } }
    }
}
