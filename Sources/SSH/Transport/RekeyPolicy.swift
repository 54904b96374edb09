/// When new keys are due (RFC 4253 §9, RFC 4344 §3.1 and §3.2).
package struct RekeyPolicy: Sendable, Equatable {
    /// Bytes in one direction under one key; nil takes the cipher's own limit: 2^32 blocks of 16 bytes, 1 GiB for
    /// blocks of 8.
    package var bytes: UInt64?
    /// Packets in one direction under one key; at most 2^31 (RFC 4344 §3.1).
    package var packets: UInt64 = 1 << 31
    /// Time under one key; nil sets no limit.
    package var interval: Duration?

    package init(bytes: UInt64? = nil, packets: UInt64 = 1 << 31, interval: Duration? = .seconds(3600)) {
        self.bytes = bytes
        self.packets = min(packets, 1 << 31)
        self.interval = interval
    }

    func isDue(bytes sent: UInt64, packets count: UInt64, cipher: CipherAlgorithm) -> Bool {
        let cipherLimit: UInt64 =
            switch cipher {
            case .tripleDESCBC: 1 << 30
            case .chacha20Poly1305, .aes128GCM, .aes256GCM, .aes128CTR, .aes192CTR, .aes256CTR, .aes128CBC, .aes192CBC,
                .aes256CBC:
                1 << 36
            }
        return count >= packets || sent >= min(bytes ?? cipherLimit, cipherLimit)
    }
}
