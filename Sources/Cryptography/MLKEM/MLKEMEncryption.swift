/// The encryption that ML-KEM is built on (K-PKE, FIPS 203 §5), for the parameters of ML-KEM-768.
///
/// Memory is the caller's, and pointers have to reach as far as the lengths here say.
enum MLKEMEncryption {
    private static let degree = MLKEMTables.degree
    private static let rank = MLKEMTables.rank

    /// The encoded vector t̂ or ŝ, in bytes.
    static let vectorLength = rank * MLKEMPolynomial.encodedLength
    /// A ciphertext, in bytes.
    static let ciphertextLength = rank * MLKEMPolynomial.length10 + MLKEMPolynomial.length4
    /// The numbers of a matrix.
    static let matrixCount = rank * rank * degree
    /// The numbers that one operation works with.
    static let workingCount = 3 * rank * degree + 2 * degree

    /// Random bytes of one polynomial with small coefficients (η = 2).
    private static let noiseLength = 128

    /// How many blocks are drawn for one polynomial at most. Twelve suffice but for one seed in 2¹⁰⁰⁰, which nobody can find.
    private static let maximumBlocks = 24

    // MARK: Sampling

    /// The matrix Â of the public seed `seed` (32 bytes), row by row.
    static func expandMatrix(
        _ seed: UnsafePointer<UInt8>, into matrix: UnsafeMutablePointer<Int16>
    ) throws(CryptographyError) {
        var hash = try Keccak(.shake128)
        for row in 0..<rank {
            for column in 0..<rank {
                let entry = unsafe matrix + (row * rank + column) * degree
                // Three blocks are enough for 99 of 100 polynomials, and everything here is public.
                var blocks = 3
                while unsafe !sample(seed, row, column, blocks, into: entry, &hash) {
                    blocks *= 2
                    guard blocks <= maximumBlocks else { throw .invalidPublicValue("an ML-KEM seed without end") }
                }
            }
        }
    }

    /// SampleNTT (algorithm 7) from `blocks` blocks of SHAKE128; false when they hold too few numbers below q.
    private static func sample(
        _ seed: UnsafePointer<UInt8>, _ row: Int, _ column: Int, _ blocks: Int,
        into entry: UnsafeMutablePointer<Int16>, _ hash: inout Keccak
    ) -> Bool {
        let count = 168 * blocks
        hash.start()
        unsafe hash.absorb(seed, count: 32)
        hash.absorb(UInt8(column))
        hash.absorb(UInt8(row))
        return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { bytes in
            guard let bytes = bytes.baseAddress else { return false }
            unsafe hash.finish(into: bytes, count: count)
            return unsafe withUnsafeTemporaryAllocation(of: Int16.self, capacity: degree + 2) { numbers in
                var accepted = 0
                var offset = 0
                while accepted < degree, offset < count {
                    let (low, middle, high) = unsafe (bytes[offset], bytes[offset + 1], bytes[offset + 2])
                    let first = Int16(low) | Int16(middle & 15) &<< 8
                    let second = Int16(middle &>> 4) | Int16(high) &<< 4
                    // A number that is refused is overwritten by the next: a jump for each would be guessed wrong too often.
                    // `accepted` grows by two at most, and there is room for two more.
                    unsafe numbers[accepted] = first
                    accepted += first < MLKEMTables.modulus ? 1 : 0
                    unsafe numbers[accepted] = second
                    accepted += second < MLKEMTables.modulus ? 1 : 0
                    offset += 3
                }
                guard accepted >= degree, let numbers = numbers.baseAddress else { return false }
                unsafe entry.update(from: numbers, count: degree)
                return true
            }
        }
    }

    /// SamplePolyCBD₂ (algorithm 8) of PRF(`seed`, `nonce`): coefficients of −2 … 2.
    private static func sampleNoise(
        _ seed: UnsafePointer<UInt8>, _ nonce: UInt8, into polynomial: MLKEMPolynomial,
        _ bytes: UnsafeMutablePointer<UInt8>, _ hash: inout Keccak
    ) {
        hash.start()
        unsafe hash.absorb(seed, count: 32)
        hash.absorb(nonce)
        unsafe hash.finish(into: bytes, count: noiseLength)
        for index in 0..<noiseLength {
            let byte = unsafe UInt16(bytes[index])
            // Sums of neighbouring bits: 0 … 2 in each two.
            let sums = (byte & 0x55) &+ (byte &>> 1 & 0x55)
            let first = Int16(bitPattern: sums & 3) &- Int16(bitPattern: sums &>> 2 & 3)
            let second = Int16(bitPattern: sums &>> 4 & 3) &- Int16(bitPattern: sums &>> 6 & 3)
            unsafe polynomial.coefficients[2 &* index] = first
            unsafe polynomial.coefficients[2 &* index &+ 1] = second
        }
    }

    // MARK: Operations

    /// Algorithm 13 behind the expansion of its seed: from the matrix and the secret `seed` (32 bytes) the encoded vectors ŝ and t̂.
    static func generateKey(
        _ matrix: UnsafePointer<Int16>, _ seed: UnsafePointer<UInt8>, secret: UnsafeMutablePointer<UInt8>,
        public publicVector: UnsafeMutablePointer<UInt8>
    ) throws(CryptographyError) {
        var hash = try Keccak(.shake256)
        unsafe WorkingMemory.with(UInt8.self, count: noiseLength) { bytes in
            unsafe WorkingMemory.with(Int16.self, count: workingCount) { working in
                let pairs = unsafe working + rank * degree
                let sum = unsafe MLKEMPolynomial(working + 2 * rank * degree)
                let noise = unsafe MLKEMPolynomial(sum.coefficients + degree)
                for row in 0..<rank {
                    let polynomial = unsafe MLKEMPolynomial(working + row * degree)
                    unsafe sampleNoise(seed, UInt8(row), into: polynomial, bytes, &hash)
                    polynomial.transform()
                    unsafe polynomial.writePairProducts(to: pairs + row * 128)
                }
                for row in 0..<rank {
                    unsafe sampleNoise(seed, UInt8(rank + row), into: noise, bytes, &hash)
                    noise.transform()
                    unsafe sum.setProduct(matrix + row * rank * degree, distance: degree, working, pairs: pairs)
                    // 2³² modulo q: takes the 2⁻¹⁶ of the product away.
                    sum.multiply(by: 1353)
                    sum.add(noise)
                    sum.makeCanonical()
                    unsafe sum.encode(to: publicVector + row * MLKEMPolynomial.encodedLength)
                }
                for row in 0..<rank {
                    let polynomial = unsafe MLKEMPolynomial(working + row * degree)
                    polynomial.makeCanonical()
                    unsafe polynomial.encode(to: secret + row * MLKEMPolynomial.encodedLength)
                }
            }
        }
    }

    /// Algorithm 14: encrypts `message` (32 bytes) with the secret `seed` (32 bytes) to the encoded vector t̂, of which `matrix`
    /// is the matrix.
    static func encrypt(
        _ message: UnsafePointer<UInt8>, _ seed: UnsafePointer<UInt8>, to publicVector: UnsafePointer<UInt8>,
        _ matrix: UnsafePointer<Int16>, into ciphertext: UnsafeMutablePointer<UInt8>
    ) throws(CryptographyError) {
        var hash = try Keccak(.shake256)
        unsafe WorkingMemory.with(UInt8.self, count: noiseLength) { bytes in
            unsafe WorkingMemory.with(Int16.self, count: workingCount) { working in
                let vector = unsafe working + rank * degree
                let pairs = unsafe vector + rank * degree
                let sum = unsafe MLKEMPolynomial(working + 3 * rank * degree)
                let noise = unsafe MLKEMPolynomial(sum.coefficients + degree)
                for row in 0..<rank {
                    let polynomial = unsafe MLKEMPolynomial(working + row * degree)
                    unsafe sampleNoise(seed, UInt8(row), into: polynomial, bytes, &hash)
                    polynomial.transform()
                    unsafe polynomial.writePairProducts(to: pairs + row * 128)
                    unsafe MLKEMPolynomial(vector + row * degree).decode(
                        publicVector + row * MLKEMPolynomial.encodedLength)
                }
                for row in 0..<rank {
                    unsafe sampleNoise(seed, UInt8(rank + row), into: noise, bytes, &hash)
                    // The column: the matrix is transposed here.
                    unsafe sum.setProduct(matrix + row * degree, distance: rank * degree, working, pairs: pairs)
                    sum.transformBack()
                    sum.add(noise)
                    sum.makeCanonical()
                    unsafe sum.compress10(to: ciphertext + row * MLKEMPolynomial.length10)
                }
                unsafe sampleNoise(seed, UInt8(2 * rank), into: noise, bytes, &hash)
                unsafe sum.setProduct(vector, distance: degree, working, pairs: pairs)
                sum.transformBack()
                sum.add(noise)
                unsafe sum.addMessage(message)
                sum.makeCanonical()
                unsafe sum.compress4(to: ciphertext + rank * MLKEMPolynomial.length10)
            }
        }
    }

    /// Algorithm 15: decrypts `ciphertext` with the encoded vector ŝ to a message of 32 bytes.
    static func decrypt(
        _ ciphertext: UnsafePointer<UInt8>, with secret: UnsafePointer<UInt8>,
        into message: UnsafeMutablePointer<UInt8>
    ) {
        unsafe WorkingMemory.with(Int16.self, count: workingCount) { working in
            let vector = unsafe working + rank * degree
            let pairs = unsafe vector + rank * degree
            let sum = unsafe MLKEMPolynomial(working + 3 * rank * degree)
            let rest = unsafe MLKEMPolynomial(sum.coefficients + degree)
            for row in 0..<rank {
                let polynomial = unsafe MLKEMPolynomial(working + row * degree)
                unsafe polynomial.decompress10(ciphertext + row * MLKEMPolynomial.length10)
                polynomial.transform()
                unsafe polynomial.writePairProducts(to: pairs + row * 128)
                unsafe MLKEMPolynomial(vector + row * degree).decode(secret + row * MLKEMPolynomial.encodedLength)
            }
            unsafe sum.setProduct(vector, distance: degree, working, pairs: pairs)
            sum.transformBack()
            unsafe rest.decompress4(ciphertext + rank * MLKEMPolynomial.length10)
            sum.subtract(from: rest)
            sum.makeCanonical()
            unsafe sum.compress1(to: message)
        }
    }
}
