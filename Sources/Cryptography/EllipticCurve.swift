/// A NIST curve (FIPS 186-4 §D.1.2; RFC 5656 §10.1).
package enum EllipticCurve: Sendable, CaseIterable {
    case p256, p384, p521

    /// Length of a coordinate and of a scalar, in bytes.
    package var fieldLength: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }

    /// Length of an uncompressed point, in bytes: `4`, x, y (SEC 1 §2.3.3).
    package var pointLength: Int { 1 + 2 * fieldLength }

    /// The hash that signatures over this curve are made with (RFC 5656 §6.2.1).
    package var signatureHash: HashAlgorithm {
        switch self {
        case .p256: .sha256
        case .p384: .sha384
        case .p521: .sha512
        }
    }

    /// libcrypto's name.
    var groupName: StaticString {
        switch self {
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        }
    }

    /// The key of the uncompressed `point`, which is on the curve and not its zero, and of `scalar` where that is given.
    /// Throws `invalidKey` otherwise. Compressed and hybrid points are refused (RFC 5656 §3.1 makes them optional).
    func key(point: [UInt8], scalar: Secret? = nil) throws(CryptographyError) -> KeyHandle {
        guard point.count == pointLength, point[0] == 4 else {
            throw .invalidKey("not an uncompressed point of \(groupName)")
        }
        var parameters = try KeyParameters()
        try parameters.add("group", text: groupName)
        try parameters.add("pub", octets: point)
        guard let scalar else { return try KeyHandle("EC", .publicKey, parameters) }
        try parameters.add("priv", BigNumber(scalar))
        return try KeyHandle("EC", .keyPair, parameters)
    }
}
