/// The integers of an RSA private key while it is checked or used (RFC 8017 §3.2).
struct RSANumbers {
    private let modulus: BigNumber
    private let exponent: BigNumber
    private let privateExponent: BigNumber
    private let prime1: BigNumber
    private let prime2: BigNumber
    private let coefficient: BigNumber
    /// privateExponent mod prime1 − 1
    private let exponent1: BigNumber
    /// privateExponent mod prime2 − 1
    private let exponent2: BigNumber

    init(
        modulus: [UInt8], exponent: [UInt8], privateExponent: Secret, prime1: Secret, prime2: Secret,
        coefficient: Secret
    ) throws(CryptographyError) {
        self.modulus = try BigNumber(modulus)
        self.exponent = try BigNumber(exponent)
        self.privateExponent = try BigNumber(privateExponent)
        self.prime1 = try BigNumber(prime1)
        self.prime2 = try BigNumber(prime2)
        self.coefficient = try BigNumber(coefficient)
        guard self.prime1.bitCount > 1, self.prime2.bitCount > 1 else { throw .invalidKey("an RSA prime below 2") }
        exponent1 = try self.privateExponent.remainder(by: self.prime1.subtracting(1))
        exponent2 = try self.privateExponent.remainder(by: self.prime2.subtracting(1))
    }

    /// Throws `invalidKey` unless n = p·q, q·coefficient ≡ 1 mod p, and e·d ≡ 1 mod p − 1 and mod q − 1.
    func requireConsistency() throws(CryptographyError) {
        guard prime1.isOdd, prime2.isOdd, try prime1.multiplied(by: prime2) == modulus,
            try prime2.multiplied(by: coefficient).remainder(by: prime1).isOne,
            try exponent.multiplied(by: exponent1).remainder(by: prime1.subtracting(1)).isOne,
            try exponent.multiplied(by: exponent2).remainder(by: prime2.subtracting(1)).isOne
        else { throw .invalidKey("an RSA key whose parts do not belong together") }
    }

    /// The key in libcrypto.
    func key() throws(CryptographyError) -> KeyHandle {
        var parameters = try KeyParameters()
        try parameters.add("n", modulus)
        try parameters.add("e", exponent)
        try parameters.add("d", privateExponent)
        try parameters.add("rsa-factor1", prime1)
        try parameters.add("rsa-factor2", prime2)
        try parameters.add("rsa-exponent1", exponent1)
        try parameters.add("rsa-exponent2", exponent2)
        try parameters.add("rsa-coefficient1", coefficient)
        return try KeyHandle("RSA", .keyPair, parameters)
    }
}
