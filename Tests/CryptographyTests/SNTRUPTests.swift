import Bytes
import Testing

@testable import Cryptography

@Suite("Streamlined NTRU Prime 761") struct SNTRUPTests {
    // MARK: Vectors

    @Test("Keys, ciphertexts and secrets are the known answers, from the generator's seed on")
    func knownAnswers() throws {
        var seeds = AnswerGenerator(seed: (0..<48).map { UInt8($0) })
        for vector in try VectorTable(SNTRUPVectors.knownAnswers).vectors {
            var generator = AnswerGenerator(seed: seeds.bytes(48))
            let pair = unsafe SNTRUPKeyPair { unsafe generator.fill($0, $1) }
            #expect(pair.privateKey.copy == vector.fields[0], "\(vector.id)")
            let key = pair.publicKey
            let (ciphertext, secret) = try unsafe SNTRUPKeyPair.encapsulate(to: key.rawSpan) {
                unsafe generator.fill($0, $1)
            }
            #expect(ciphertext == vector.fields[1] && secret.copy == vector.fields[2], "\(vector.id)")
        }
    }

    @Test("Decapsulation by the known private keys gives the known secrets")
    func decapsulation() throws {
        for vector in try VectorTable(SNTRUPVectors.knownAnswers).vectors {
            let pair = try SNTRUPKeyPair(privateKey: vector.fields[0].secret)
            let ciphertext = vector.fields[1]
            let secret = try pair.decapsulate(ciphertext.rawSpan)
            #expect(secret.copy == vector.fields[2], "\(vector.id)")
        }
    }

    // MARK: Round trips and malformed values

    @Test("New pairs agree, and no two are alike")
    func roundTrips() throws {
        var seen: Set<[UInt8]> = []
        for _ in 0..<4 {
            let pair = SNTRUP761()
            let key = pair.publicKey
            #expect(key.count == SNTRUP761.publicKeyLength && seen.insert(key).inserted)
            let (ciphertext, secret) = try SNTRUP761.encapsulate(to: key.rawSpan)
            #expect(ciphertext.count == SNTRUP761.ciphertextLength && seen.insert(ciphertext).inserted)
            let shared = try pair.sharedSecret(of: ciphertext.rawSpan)
            #expect(shared == secret && shared.count == SNTRUP761.sharedSecretLength)
            #expect(seen.insert(shared.copy).inserted)
        }
    }

    @Test("A ciphertext with any byte changed gives another secret, always the same one, and no error")
    func implicitRejection() throws {
        let vector = try #require(try VectorTable(SNTRUPVectors.knownAnswers).vectors.first)
        let pair = try SNTRUPKeyPair(privateKey: vector.fields[0].secret)
        var changes = Array(stride(from: 0, to: SNTRUP761.ciphertextLength, by: 61))
        changes += [1006, 1007, 1038]
        var secrets: Set<[UInt8]> = [vector.fields[2]]
        for index in changes {
            var changed = vector.fields[1]
            changed[index] ^= 1 << UInt8(index % 8)
            let first = try pair.decapsulate(changed.rawSpan)
            let second = try pair.decapsulate(changed.rawSpan)
            #expect(first == second && secrets.insert(first.copy).inserted, "byte \(index)")
        }
        // Numbers above all moduli, and below.
        for byte in [0x00, 0xFF] as [UInt8] {
            let bytes = [UInt8](repeating: byte, count: SNTRUP761.ciphertextLength)
            let secret = try pair.decapsulate(bytes.rawSpan)
            #expect(secrets.insert(secret.copy).inserted)
        }
    }

    @Test("Any bytes of the right length are a public key", arguments: [0x00, 0x7F, 0xFF] as [UInt8])
    func anyKey(_ byte: UInt8) throws {
        let key = [UInt8](repeating: byte, count: SNTRUP761.publicKeyLength)
        let (ciphertext, secret) = try SNTRUP761.encapsulate(to: key.rawSpan)
        #expect(ciphertext.count == SNTRUP761.ciphertextLength && secret.count == SNTRUP761.sharedSecretLength)
    }

    @Test("Keys and ciphertexts of another length are refused", arguments: [0, 1, 1038, 1040, 1157, 1159, 4096])
    func lengths(_ count: Int) throws {
        let bytes = [UInt8](repeating: 0, count: count)
        let pair = try SNTRUPKeyPair(privateKey: VectorTable(SNTRUPVectors.knownAnswers).vectors[0].fields[0].secret)
        #expect(isInvalidPublicValue { _ = try SNTRUP761.encapsulate(to: bytes.rawSpan) })
        #expect(isInvalidPublicValue { _ = try pair.decapsulate(bytes.rawSpan) })
        #expect(isInvalidKey { _ = try SNTRUPKeyPair(privateKey: bytes.secret) })
    }

    @Test("A private key whose hash is wrong is refused")
    func wrongHash() throws {
        var key = try VectorTable(SNTRUPVectors.knownAnswers).vectors[0].fields[0]
        key[1762] ^= 1
        #expect(isInvalidKey { _ = try SNTRUPKeyPair(privateKey: key.secret) })
    }

    // MARK: Parts

    @Test("Residues modulo q and 3 are the mathematical ones, centred, over the whole range that is promised")
    func residues() {
        var isRight = true
        for x in stride(from: -8_000_000, through: 8_000_000, by: 7) {
            let residue = Int(NTRUPrime.centred(Int32(x)))
            isRight = isRight && abs(residue) <= 2295 && (x - residue) % 4591 == 0
        }
        #expect(isRight)
        for x in -2295...2295 {
            let residue = Int(NTRUPrime.centredTernary(Int16(x)))
            #expect(abs(residue) <= 1 && (x - residue) % 3 == 0, "\(x)")
        }
        for x in [1, 2, 3, 2295, -1, -2295] as [Int16] {
            #expect(NTRUPrime.centred(Int32(x) * Int32(NTRUPrime.reciprocal(x))) == 1, "\(x)")
        }
    }

    @Test("Numbers that are encoded decode to themselves")
    func coding() {
        for (coding, modulus) in [(NTRUPrimeCoding.publicKey, 4591), (.rounded, 1531)] {
            let numbers = (0..<761).map { _ in UInt16(SystemRandom.uint32(below: UInt32(modulus))) }
            var bytes = [UInt8](repeating: 0, count: coding.length)
            var copy = numbers
            unsafe copy.withPointer { copy in unsafe bytes.withPointer { unsafe coding.encode(copy, to: $0) } }
            let decoded = unsafe bytes.withPointer { (pointer: UnsafePointer<UInt8>) in unsafe coding.decode(pointer) }
            let isSame = decoded == numbers
            #expect(isSame, "\(modulus)")
        }
    }

    @Test("The sorting network sorts", arguments: [1, 2, 3, 5, 64, 65, 761, 1000])
    func sorting(_ count: Int) {
        var words = (0..<count).map { _ in SystemRandom.uint32(below: .max) }
        let expected = words.sorted()
        unsafe words.withPointer { unsafe NTRUPrimeSampling.sort($0, count: count) }
        let isSorted = words == expected
        #expect(isSorted)
    }
}

/// The generator of the known answers of NIST's competition: AES-256 in counter mode (SP 800-90A, §10.2.1, without derivation).
private struct AnswerGenerator {
    private var key = [UInt8](repeating: 0, count: 32)
    private var counter = [UInt8](repeating: 0, count: 16)

    init(seed: [UInt8]) { update(seed) }

    private mutating func block() -> [UInt8] {
        for index in counter.indices.reversed() {
            counter[index] &+= 1
            if counter[index] != 0 { break }
        }
        var block = [UInt8](repeating: 0, count: 16)
        var cipher = try? AESCTR(key: key.rawSpan, counter: counter.rawSpan)
        try? block.edit { try cipher?.apply(&$0) }
        return block
    }

    private mutating func update(_ provided: [UInt8]) {
        let fresh = zip(block() + block() + block(), provided).map { $0 ^ $1 }
        key = Array(fresh.prefix(32))
        counter = Array(fresh.suffix(16))
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count { bytes += block() }
        update([UInt8](repeating: 0, count: 48))
        return Array(bytes.prefix(count))
    }

    /// Words are drawn one by one in the reference.
    mutating func fill(_ target: UnsafeMutablePointer<UInt8>, _ count: Int) {
        let piece = count % 4 == 0 ? 4 : count
        for start in stride(from: 0, to: count, by: piece) {
            for (index, byte) in bytes(piece).enumerated() { unsafe target[start + index] = byte }
        }
    }
}
