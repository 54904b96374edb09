internal import CSodium

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// What the CPU offers, for the choice of algorithms.
package enum CPUFeatures {
    /// Whether AES-GCM runs on instructions of its own, and so beats ChaCha20-Poly1305.
    package static let hasAcceleratedAES: Bool = {
        #if arch(x86_64) || arch(i386)
            Sodium.prepare()
            return sodium_runtime_has_aesni() == 1 && sodium_runtime_has_pclmul() == 1
        #elseif arch(arm64) && os(Linux)
            // HWCAP_AES and HWCAP_PMULL of <asm/hwcap.h>.
            return getauxval(UInt(AT_HWCAP)) & 0b11000 == 0b11000
        #elseif arch(arm64)
            // Every 64-bit ARM of Apple's has them.
            return true
        #else
            return false
        #endif
    }()
}
