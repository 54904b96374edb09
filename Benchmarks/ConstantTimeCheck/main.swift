import Bytes
import Cryptography

// Runs the key encapsulation methods with secrets that valgrind's memcheck takes for uninitialised, so that it reports each jump and
// each address that depends on one (Langley, "ctgrind", 2010). For `Scripts/check-constant-time`; alone it shows nothing.

/// Memory that nobody has written, which memcheck therefore regards as undefined; `--malloc-fill=0` makes it zeros all the same.
@inline(never)
func unwritten(_ count: Int) -> UnsafeMutablePointer<UInt8> { .allocate(capacity: count) }

/// Copies `bytes`, and makes memcheck regard the copy as undefined: whatever is computed from it is, too.
func copyAsUndefined(_ bytes: RawSpan, to target: UnsafeMutablePointer<UInt8>) {
    let zeros = unsafe unwritten(bytes.byteCount)
    defer { unsafe zeros.deallocate() }
    // Both have as many bytes; `zeros` is read without being written, which is the point.
    for index in 0..<bytes.byteCount { unsafe target[index] = bytes[index] ^ zeros[index] }
}

func undefined(_ bytes: RawSpan) -> Secret {
    Secret(count: bytes.byteCount) { span in
        unsafe span.withUnsafeMutableBytes { target in
            guard let base = target.baseAddress else { return }
            unsafe copyAsUndefined(bytes, to: base.assumingMemoryBound(to: UInt8.self))
        }
    }
}

/// The same bytes in each run.
struct Generator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    mutating func fill(_ target: UnsafeMutablePointer<UInt8>, _ count: Int) {
        for (index, byte) in bytes(count).enumerated() { unsafe target[index] = byte }
    }

    mutating func fillUndefined(_ target: UnsafeMutablePointer<UInt8>, _ count: Int) {
        let bytes = bytes(count)
        unsafe copyAsUndefined(bytes.rawSpan, to: target)
    }

    mutating func secret() -> Secret {
        let bytes = bytes(32)
        return undefined(bytes.rawSpan)
    }
}

/// Uses the secrets so that nothing can be left out, and without a jump that depends on them.
@inline(never)
func consume(_ secret: Secret) -> UInt8 {
    secret.withBytes { bytes in
        var sum: UInt8 = 0
        for index in 0..<bytes.byteCount { sum ^= bytes[index] }
        return sum
    }
}

/// What has to be reported: a jump and an address.
@inline(never)
func leak(_ secret: Secret) -> Int {
    secret.withBytes { bytes in
        var seen: [UInt8] = []
        var table = [Int](repeating: 0, count: 256)
        for index in 0..<bytes.byteCount {
            if bytes[index] > 128 { seen.append(1) }
            table[Int(bytes[index])] &+= 1
        }
        return seen.count &+ table[1]
    }
}

/// A ciphertext that was made for the key, one that was changed, and one that is nothing: which of them it is must not show.
func ciphertexts(_ right: [UInt8]) -> [[UInt8]] {
    var changed = right
    changed[7] ^= 1
    return [right, changed, [UInt8](repeating: 0x5A, count: right.count)]
}

func checkMLKEM(_ generator: inout Generator) throws {
    let (d, z) = (generator.bytes(32), generator.bytes(32))
    let defined = try MLKEMKeyPair(d: Secret(copying: d.rawSpan), z: Secret(copying: z.rawSpan))
    // ρ goes out in the clear, and σ and z stay.
    let seeds = try MLKEMKeyPair.expand(Secret(copying: d.rawSpan))
    let secretSeed = seeds.secretSeed.withBytes { undefined($0) }
    let pair = try MLKEMKeyPair(publicSeed: seeds.publicSeed, secretSeed: secretSeed, z: undefined(z.rawSpan))
    _ = consume(pair.decapsulationKey)
    // And the step before: nothing is decided by d.
    _ = consume(try MLKEMKeyPair.expand(undefined(d.rawSpan)).secretSeed)

    let key = defined.encapsulationKey
    _ = consume(try MLKEMKeyPair.encapsulate(to: key.rawSpan, m: generator.secret()).secret)
    let m = generator.bytes(32)
    let right = try MLKEMKeyPair.encapsulate(to: key.rawSpan, m: Secret(copying: m.rawSpan)).ciphertext
    for ciphertext in ciphertexts(right) { _ = consume(try pair.decapsulate(ciphertext.rawSpan)) }
}

func checkSNTRUP(_ generator: inout Generator) throws {
    let new = unsafe SNTRUPKeyPair { unsafe generator.fillUndefined($0, $1) }
    _ = consume(new.privateKey)

    let defined = unsafe SNTRUPKeyPair { unsafe generator.fill($0, $1) }
    let key = defined.publicKey
    _ = consume(
        try unsafe SNTRUPKeyPair.encapsulate(to: key.rawSpan) { unsafe generator.fillUndefined($0, $1) }.secret)
    let right = try unsafe SNTRUPKeyPair.encapsulate(to: key.rawSpan) { unsafe generator.fill($0, $1) }.ciphertext
    // In a private key the public one and its hash are public: 1158 bytes behind 382, 32 at the end.
    let pair = try SNTRUPKeyPair(
        privateKey: Secret(count: SNTRUPKeyPair.privateKeyLength) { span in
            defined.privateKey.withBytes { bytes in
                unsafe span.withUnsafeMutableBytes { target in
                    guard let base = unsafe target.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
                    for index in 0..<bytes.byteCount { unsafe base[index] = bytes[index] }
                    unsafe copyAsUndefined(bytes.extracting(0..<382), to: base)
                    unsafe copyAsUndefined(bytes.extracting(1540..<1731), to: base + 1540)
                }
            }
        })
    for ciphertext in ciphertexts(right) { _ = consume(try pair.decapsulate(ciphertext.rawSpan)) }
}

var generator = Generator(seed: 1)
switch CommandLine.arguments.dropFirst().first {
case "mlkem768": try checkMLKEM(&generator)
case "sntrup761": try checkSNTRUP(&generator)
case "leak": _ = leak(generator.secret())
default: print("usage: ConstantTimeCheck mlkem768|sntrup761|leak; see Scripts/check-constant-time")
}
