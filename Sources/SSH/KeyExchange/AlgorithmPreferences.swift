/// What this side offers, in order of preference.
package struct AlgorithmPreferences: Sendable, Equatable {
    package var keyExchange: [KeyExchangeAlgorithm]
    package var hostKeys: [KeyAlgorithm]
    package var ciphers: [CipherAlgorithm]
    package var macs: [MACAlgorithm]
    package var compression: [CompressionAlgorithm]

    /// What is sound today, post-quantum key exchange first, the order of ciphers by what the CPU accelerates; without SHA-1, CBC and
    /// DSA.
    package static var defaults: AlgorithmPreferences {
        AlgorithmPreferences(
            keyExchange: [
                .mlkem768X25519SHA256, .sntrup761X25519SHA512, .sntrup761X25519SHA512OpenSSH, .curve25519SHA256,
                .curve25519SHA256LibSSH, .ecdhP256, .ecdhP384, .ecdhP521, .group16SHA512, .group18SHA512,
                .groupExchangeSHA256, .group14SHA256,
            ],
            hostKeys: plainHostKeys + plainHostKeys.map { .certificate($0) },
            ciphers: CipherAlgorithm.defaults,
            macs: MACAlgorithm.defaults,
            compression: [.none, .delayedZlib])
    }

    private static let plainHostKeys: [KeyAlgorithm] = [
        .ed25519, .ecdsaP256, .ecdsaP384, .ecdsaP521, .rsaSHA512, .rsaSHA256,
    ]

    /// What a server offers: of the defaults what nobody advises against, so that the choice is not the client's. Left out
    /// are groups of 2048 bits (NIST SP 800-57: 112 bits of strength), encrypt-and-MAC, and NIST's curves.
    package static var serverDefaults: AlgorithmPreferences {
        var preferences = defaults
        preferences.keyExchange.removeAll {
            [.ecdhP256, .ecdhP384, .ecdhP521, .group14SHA256, .groupExchangeSHA256].contains($0)
        }
        preferences.macs = preferences.macs.filter(\.isEncryptThenMAC)
        return preferences
    }
}
