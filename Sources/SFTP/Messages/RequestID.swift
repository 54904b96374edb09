/// The number that a reply has in common with its request (draft-ietf-secsh-filexfer-02 §3).
///
/// A client's ids name a slot in their low 16 bits and a generation in their high ones, so that the request that a reply
/// belongs to is found without a search, and a second reply to it is noticed.
package struct RequestID: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package init(slot: Int, generation: UInt16) {
        rawValue = UInt32(generation) << 16 | UInt32(UInt16(truncatingIfNeeded: slot))
    }

    /// The slot: `0 ..< 65,536`.
    package var slot: Int { Int(rawValue & 0xFFFF) }

    /// How often the slot was used before, modulo 65,536.
    package var generation: UInt16 { UInt16(truncatingIfNeeded: rawValue >> 16) }
}
