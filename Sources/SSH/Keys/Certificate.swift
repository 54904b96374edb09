import Bytes
import Cryptography

/// What an authority says of a key: whose it is, for how long, and for what (OpenSSH PROTOCOL.certkeys).
///
///     string  type, such as ssh-ed25519-cert-v01@openssh.com
///     string  nonce
///     …       the fields of the plain key
///     uint64  serial
///     uint32  1 for users, 2 for hosts
///     string  key id
///     string  principals: string each
///     uint64  valid after, seconds since 1970
///     uint64  valid before
///     string  critical options: string name, string value each
///     string  extensions: the same
///     string  reserved
///     string  the authority's key, which is no certificate
///     string  signature over everything before it
///
/// Reading judges nothing: `CertificateCheck` does.
package struct Certificate: Hashable, Sendable {
    /// Whom a certificate is for.
    package enum Kind: Hashable, Sendable {
        case user
        case host
        /// A number without a meaning.
        case other(UInt32)
    }

    /// A critical option or an extension.
    package struct Option: Hashable, Sendable {
        package let name: String
        /// Empty for flags, else a `string` for the options known here.
        package let value: [UInt8]
    }

    /// The whole encoding.
    package let blob: [UInt8]
    /// The key that is certified; opaque for security keys.
    package let key: PublicKey
    package let serial: UInt64
    package let kind: Kind
    /// What the authority calls the certificate. Not yet safe to print (`visible()`).
    package let keyID: String
    /// Users or hosts that the certificate is good for. Not yet safe to print.
    package let principals: [String]
    /// Seconds since 1970 from which on it is good, …
    package let validAfter: UInt64
    /// … up to, but not at, this second.
    package let validBefore: UInt64
    package let criticalOptions: [Option]
    package let extensions: [Option]
    /// The key of the authority that signed.
    package let authority: PublicKey
    /// Not verified by reading.
    package let signature: [UInt8]
    /// How many bytes of `blob` the signature covers.
    private let signedCount: Int

    /// Reads `blob`: whole, within limits, nothing left over, no option twice, and signed by a key that is no certificate.
    package init(blob: RawSpan) throws(KeyError) {
        guard blob.byteCount <= KeyLimits.publicKeyLength else {
            throw .wire(.tooLong(blob.byteCount, limit: KeyLimits.publicKeyLength))
        }
        var reader = WireReader(blob)
        let algorithm: KeyAlgorithm
        do throws(WireError) {
            algorithm = KeyAlgorithm(name: try reader.algorithmName())
            _ = try reader.string(limit: CertificateLimits.nonceLength)
        } catch {
            throw .wire(error)
        }
        guard case .certificate(let plain) = algorithm else { throw .malformed("\(algorithm) is no certificate") }
        key = try Self.key(plain, &reader)
        let authorityBlob: [UInt8]
        do throws(WireError) {
            serial = try reader.integer()
            kind = Kind(try reader.integer())
            keyID = try reader.text(limit: CertificateLimits.keyIDLength)
            principals = try Self.principals(try reader.string())
            validAfter = try reader.integer()
            validBefore = try reader.integer()
            criticalOptions = try Self.options(try reader.string())
            extensions = try Self.options(try reader.string())
            _ = try reader.string()
            authorityBlob = try reader.bytes(limit: CertificateLimits.authorityLength)
            signedCount = reader.position
            signature = try reader.bytes(limit: KeyLimits.signatureLength)
            try reader.expectEnd()
        } catch {
            throw .wire(error)
        }
        authority = try Self.authority(authorityBlob)
        self.blob = [UInt8](blob)
    }

    /// Reads `blob` as `init(blob: RawSpan)` does.
    package init(blob: [UInt8]) throws(KeyError) {
        try self.init(blob: blob.rawSpan)
    }

    /// The fields of the key itself, put together to what it is without the certificate.
    private static func key(_ type: KeyAlgorithm, _ reader: inout WireReader) throws(KeyError) -> PublicKey {
        let known: VerificationKey?
        var opaque = ByteBuffer()
        do throws(WireError) {
            known = try PublicKey.verificationKey(type, &reader)
            if known == nil {
                // A security key: an ECDSA key has a curve in front of the point; both end with the application.
                opaque.append(string: type.name)
                let count = type.name.hasPrefix("sk-ecdsa-") ? 3 : 2
                for _ in 0..<count { opaque.append(string: try reader.string(limit: KeyLimits.integerLength)) }
            }
        } catch {
            throw .wire(error)
        }
        guard let known else {
            guard let key = PublicKey(opaque: opaque.array) else { throw .unsupported(type) }
            return key
        }
        do throws(CryptographyError) { try known.validate() } catch { throw .cryptography(error) }
        return PublicKey(known)
    }

    private static func authority(_ blob: [UInt8]) throws(KeyError) -> PublicKey {
        // Looked at before it is read: certificates signed by certificates would nest.
        guard let authority = PublicKey(opaque: blob) else { throw .malformed("the authority's key") }
        guard !authority.algorithm.isCertificate else {
            throw .malformed("a certificate that is signed by a certificate")
        }
        return try PublicKey(blob: blob)
    }

    private static func principals(_ list: RawSpan) throws(WireError) -> [String] {
        var reader = WireReader(list)
        var principals: [String] = []
        while !reader.isAtEnd {
            guard principals.count < CertificateLimits.principalCount else {
                throw .tooLong(principals.count + 1, limit: CertificateLimits.principalCount)
            }
            principals.append(try reader.text(limit: CertificateLimits.principalLength))
        }
        return principals
    }

    private static func options(_ list: RawSpan) throws(WireError) -> [Option] {
        var reader = WireReader(list)
        var options: [Option] = []
        while !reader.isAtEnd {
            guard options.count < CertificateLimits.optionCount else {
                throw .tooLong(options.count + 1, limit: CertificateLimits.optionCount)
            }
            let name = try reader.text(limit: CertificateLimits.optionNameLength)
            guard !options.contains(where: { $0.name == name }) else { throw .malformed("an option that comes twice") }
            options.append(Option(name: name, value: try reader.bytes(limit: CertificateLimits.optionLength)))
        }
        return options
    }

    /// Checks that the authority signed this certificate by one of `algorithms`.
    func verify(signedBy algorithms: [KeyAlgorithm]) throws(CertificateRefusal) {
        var reader = WireReader(signature.rawSpan)
        guard let name = try? reader.algorithmName() else { throw .invalidSignature }
        let algorithm = KeyAlgorithm(name: name)
        guard algorithms.contains(algorithm) else { throw .signatureAlgorithm(algorithm) }
        do throws(KeyError) {
            try authority.verify(
                signature: signature.rawSpan, message: blob.rawSpan.extracting(first: signedCount),
                algorithm: algorithm)
        } catch {
            throw .invalidSignature
        }
    }
}

extension Certificate.Kind {
    fileprivate init(_ number: UInt32) {
        self =
            switch number {
            case 1: .user
            case 2: .host
            case _: .other(number)
            }
    }
}
