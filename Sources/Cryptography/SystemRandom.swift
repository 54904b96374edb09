internal import CSodium

/// Random numbers of the operating system (`getrandom`), fit for keys. The process ends when the system has none.
package enum SystemRandom {
    /// Overwrites `span` with random bytes.
    package static func fill(_ span: inout MutableRawSpan) {
        Sodium.prepare()
        unsafe span.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            // `count` bytes from `base` are writable.
            unsafe randombytes_buf(base, bytes.count)
        }
    }

    /// `count` random bytes.
    package static func bytes(_ count: Int) -> [UInt8] {
        Sodium.prepare()
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, initialised in
            // `count` bytes are writable; with 0 there is nothing to write.
            if let base = bytes.baseAddress, count > 0 { unsafe randombytes_buf(base, count) }
            initialised = count
        }
    }

    /// A random number in `0 ..< bound`, each as likely as the others; 0 when `bound` is 0 or 1.
    package static func uint32(below bound: UInt32) -> UInt32 {
        Sodium.prepare()
        return randombytes_uniform(bound)
    }
}
