internal import Bytes

/// A key pair of ML-KEM-768 in the code of this module (FIPS 203 §6), with everything that would be random given.
///
/// | offset | in the encapsulation key | in the decapsulation key |
/// |---|---|---|
/// | 0 | t̂, 1152 bytes | ŝ, 1152 bytes |
/// | 1152 | ρ, 32 bytes | the encapsulation key, 1184 bytes |
/// | 2336 | | its SHA3-256, 32 bytes |
/// | 2368 | | z, 32 bytes |
package struct MLKEMKeyPair: Sendable {
    package static let encapsulationKeyLength = MLKEMEncryption.vectorLength + 32
    package static let decapsulationKeyLength = 2 * MLKEMEncryption.vectorLength + 96
    package static let ciphertextLength = MLKEMEncryption.ciphertextLength
    package static let sharedSecretLength = 32
    /// The length of each of the seeds d, z and m.
    package static let seedLength = 32

    private static let keyOffset = MLKEMEncryption.vectorLength
    private static let hashOffset = keyOffset + encapsulationKeyLength
    private static let rejectionOffset = hashOffset + 32

    package let encapsulationKey: [UInt8]
    package let decapsulationKey: Secret
    /// Â, which is public, so that decapsulation need not expand it once more.
    private let matrix: [Int16]

    // MARK: Making

    /// The key pair of the seeds `d` and `z` (algorithm 16). Throws `invalidKey` unless each has 32 bytes.
    package init(d: Secret, z: Secret) throws(CryptographyError) {
        guard d.count == Self.seedLength, z.count == Self.seedLength else {
            throw .invalidKey("an ML-KEM seed has 32 bytes")
        }
        let seeds = try Self.expand(d)
        try self.init(publicSeed: seeds.publicSeed, secretSeed: seeds.secretSeed, z: z)
    }

    /// ρ, which is public from here on, and σ of the seed `d` (algorithm 13, line 1).
    package static func expand(_ d: Secret) throws(CryptographyError) -> (publicSeed: [UInt8], secretSeed: Secret) {
        var hash = try Keccak(.sha3With512Bits)
        var publicSeed: [UInt8] = []
        let secretSeed = unsafe WorkingMemory.with(UInt8.self, count: 64) { output in
            unsafe d.withPointer { unsafe hash.hash($0, count: seedLength, UInt8(MLKEMTables.rank), into: output) }
            // 64 bytes.
            publicSeed = unsafe [UInt8](UnsafeBufferPointer(start: output, count: 32))
            return unsafe Secret(copying: RawSpan(_unsafeStart: output + 32, byteCount: 32))
        }
        return (publicSeed, secretSeed)
    }

    /// The key pair of ρ, σ and `z`.
    package init(publicSeed: [UInt8], secretSeed: Secret, z: Secret) throws(CryptographyError) {
        precondition(publicSeed.count == 32 && secretSeed.count == 32 && z.count == Self.seedLength)
        let matrix = try Self.matrix(of: publicSeed)
        var encapsulationKey = [UInt8](repeating: 0, count: MLKEMEncryption.vectorLength) + publicSeed
        decapsulationKey = try Secret(count: Self.decapsulationKeyLength) { span throws(CryptographyError) in
            try unsafe span.withPointer { key throws(CryptographyError) in
                // All offsets are inside the lengths of the table above.
                try unsafe encapsulationKey.withPointer { publicKey throws(CryptographyError) in
                    try unsafe secretSeed.withPointer { seed throws(CryptographyError) in
                        try unsafe matrix.withPointer { matrix throws(CryptographyError) in
                            try unsafe MLKEMEncryption.generateKey(matrix, seed, secret: key, public: publicKey)
                        }
                    }
                    unsafe (key + Self.keyOffset).update(from: publicKey, count: Self.encapsulationKeyLength)
                    try unsafe Self.hash(publicKey, into: key + Self.hashOffset)
                }
                unsafe z.withPointer {
                    unsafe (key + Self.rejectionOffset).update(from: $0, count: Self.seedLength)
                }
            }
        }
        self.encapsulationKey = encapsulationKey
        self.matrix = matrix
    }

    /// The key pair of an encoded decapsulation key. Throws `invalidKey` unless it has its length and its hash is that of the
    /// encapsulation key in it (§7.3).
    package init(decapsulationKey: Secret) throws(CryptographyError) {
        guard decapsulationKey.count == Self.decapsulationKeyLength else {
            throw .invalidKey("an ML-KEM-768 decapsulation key has \(Self.decapsulationKeyLength) bytes")
        }
        let encapsulationKey = decapsulationKey.withBytes {
            [UInt8]($0.extracting(Self.keyOffset..<Self.hashOffset))
        }
        var hash = [UInt8](repeating: 0, count: 32)
        try unsafe hash.withPointer { hash throws(CryptographyError) in
            try unsafe encapsulationKey.withPointer { key throws(CryptographyError) in
                try unsafe Self.hash(key, into: hash)
            }
        }
        let isConsistent = decapsulationKey.withBytes {
            constantTimeEquals($0.extracting(Self.hashOffset..<Self.rejectionOffset), hash.rawSpan)
        }
        guard isConsistent else { throw .invalidKey("an ML-KEM-768 decapsulation key with a wrong hash") }
        self.encapsulationKey = encapsulationKey
        self.decapsulationKey = decapsulationKey
        matrix = try Self.matrix(of: Array(encapsulationKey.suffix(32)))
    }

    private static func matrix(of seed: [UInt8]) throws(CryptographyError) -> [Int16] {
        var matrix = [Int16](repeating: 0, count: MLKEMEncryption.matrixCount)
        try unsafe matrix.withPointer { matrix throws(CryptographyError) in
            try unsafe seed.withPointer { seed throws(CryptographyError) in
                try unsafe MLKEMEncryption.expandMatrix(seed, into: matrix)
            }
        }
        return matrix
    }

    /// H of an encapsulation key.
    private static func hash(
        _ key: UnsafePointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptographyError) {
        var hash = try Keccak(.sha3With256Bits)
        unsafe hash.hash(key, count: encapsulationKeyLength, into: output)
    }

    // MARK: Using

    /// The shared secret of the random `m` (32 bytes), and its ciphertext for `key` (algorithm 17). Throws `invalidPublicValue`
    /// unless `key` has its length and only numbers below q (§7.2).
    package static func encapsulate(
        to key: RawSpan, m: Secret
    ) throws(CryptographyError) -> (ciphertext: [UInt8], secret: Secret) {
        precondition(m.count == seedLength)
        guard key.byteCount == encapsulationKeyLength else {
            throw .invalidPublicValue("an ML-KEM-768 encapsulation key has \(encapsulationKeyLength) bytes")
        }
        guard isReduced(key) else { throw .invalidPublicValue("an ML-KEM-768 encapsulation key with a number above q") }
        let key = [UInt8](key)
        let matrix = try matrix(of: Array(key.suffix(32)))
        var ciphertext = [UInt8](repeating: 0, count: ciphertextLength)
        let secret = try unsafe ciphertext.withPointer { ciphertext throws(CryptographyError) in
            try unsafe key.withPointer { key throws(CryptographyError) in
                try unsafe WorkingMemory.with(UInt8.self, count: 128) { memory throws(CryptographyError) in
                    let (input, output) = unsafe (memory, memory + 64)
                    unsafe m.withPointer { unsafe input.update(from: $0, count: 32) }
                    try unsafe hash(key, into: input + 32)
                    var hash = try Keccak(.sha3With512Bits)
                    unsafe hash.hash(input, count: 64, into: output)
                    try unsafe matrix.withPointer { matrix throws(CryptographyError) in
                        try unsafe MLKEMEncryption.encrypt(input, output + 32, to: key, matrix, into: ciphertext)
                    }
                    return unsafe Secret(copying: RawSpan(_unsafeStart: output, byteCount: sharedSecretLength))
                }
            }
        }
        return (ciphertext, secret)
    }

    /// Whether all numbers of an encapsulation key, which is public, are below q.
    private static func isReduced(_ key: RawSpan) -> Bool {
        for offset in stride(from: 0, to: MLKEMEncryption.vectorLength, by: 3) {
            let (low, middle, high) = (UInt16(key[offset]), UInt16(key[offset + 1]), UInt16(key[offset + 2]))
            let largest = max(low | (middle & 15) << 8, middle >> 4 | high << 4)
            if largest >= UInt16(MLKEMTables.modulus) { return false }
        }
        return true
    }

    /// The shared secret of `ciphertext` (algorithm 18): for one that this key did not make, a secret that nobody else knows.
    /// Throws `invalidPublicValue` unless it has its length.
    package func decapsulate(_ ciphertext: RawSpan) throws(CryptographyError) -> Secret {
        guard ciphertext.byteCount == Self.ciphertextLength else {
            throw .invalidPublicValue("an ML-KEM-768 ciphertext has \(Self.ciphertextLength) bytes")
        }
        let ciphertext = [UInt8](ciphertext)
        return try unsafe ciphertext.withPointer { ciphertext throws(CryptographyError) in
            try unsafe decapsulationKey.withPointer { key throws(CryptographyError) in
                try unsafe matrix.withPointer { matrix throws(CryptographyError) in
                    try unsafe Self.decapsulate(ciphertext, with: key, matrix)
                }
            }
        }
    }

    private static func decapsulate(
        _ ciphertext: UnsafePointer<UInt8>, with key: UnsafePointer<UInt8>, _ matrix: UnsafePointer<Int16>
    ) throws(CryptographyError) -> Secret {
        var hash = try Keccak(.sha3With512Bits)
        var rejection = try Keccak(.shake256)
        let count = ciphertextLength
        return try unsafe WorkingMemory.with(UInt8.self, count: 160 + count) { memory throws(CryptographyError) in
            // m′ and the hash of the key; K′ and r′; K̄; and the ciphertext made again.
            let (input, output) = unsafe (memory, memory + 64)
            let (rejected, again) = unsafe (memory + 128, memory + 160)
            unsafe MLKEMEncryption.decrypt(ciphertext, with: key, into: input)
            unsafe (input + 32).update(from: key + hashOffset, count: 32)
            unsafe hash.hash(input, count: 64, into: output)
            rejection.start()
            unsafe rejection.absorb(key + rejectionOffset, count: seedLength)
            unsafe rejection.absorb(ciphertext, count: count)
            unsafe rejection.finish(into: rejected, count: sharedSecretLength)
            try unsafe MLKEMEncryption.encrypt(input, output + 32, to: key + keyOffset, matrix, into: again)
            let mask = unsafe maskOfDifference(ciphertext, again, count: count)
            for index in 0..<sharedSecretLength {
                unsafe output[index] ^= mask & (output[index] ^ rejected[index])
            }
            return unsafe Secret(copying: RawSpan(_unsafeStart: output, byteCount: sharedSecretLength))
        }
    }
}
