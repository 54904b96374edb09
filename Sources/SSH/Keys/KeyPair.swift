import Bytes
package import Cryptography

/// A private key with its public half and comment: what signs.
package struct KeyPair: Sendable {
    package let publicKey: PublicKey
    /// May be empty; not made visible.
    package let comment: String
    /// What an authority says of the key; nil for most.
    package private(set) var certificate: Certificate?
    let signingKey: SigningKey

    init(_ signingKey: SigningKey, comment: String) {
        self.signingKey = signingKey
        self.comment = comment
        publicKey = PublicKey(signingKey.verificationKey)
    }

    /// Makes a new key; the size of an RSA key is in `CryptographyLimits.rsaGenerationBits`, and 3072 is usual.
    ///
    /// RSA takes up to seconds: not for an event loop. Throws `.cryptography(.unsupported)` for a size out of range.
    package static func generate(
        _ kind: SigningKey.Kind = .ed25519, comment: String = ""
    ) throws(KeyError) -> KeyPair {
        do throws(CryptographyError) {
            return KeyPair(try SigningKey.generate(kind), comment: comment)
        } catch {
            throw .cryptography(error)
        }
    }

    /// The same key with another comment.
    package func commented(_ comment: String) -> KeyPair {
        var pair = KeyPair(signingKey, comment: comment)
        pair.certificate = certificate
        return pair
    }

    /// The same key with a certificate over it, which is not judged here; throws when it is over another key.
    package func certified(by certificate: Certificate) throws(KeyError) -> KeyPair {
        guard certificate.key == publicKey else { throw .malformed("the certificate is for another key") }
        var pair = self
        pair.certificate = certificate
        return pair
    }

    /// The encoding of a signature over `message` by `algorithm`, which is one of the key's
    /// (`publicKey.algorithm.signatureAlgorithms`; also `.rsa`, with SHA-1), or a
    /// certificate's form of it, which changes nothing about the signature.
    package func sign(_ message: RawSpan, algorithm: KeyAlgorithm) throws(KeyError) -> [UInt8] {
        let algorithm = algorithm.plain
        guard algorithm.keyType == publicKey.algorithm else {
            throw .algorithmMismatch(expected: algorithm, found: publicKey.algorithm)
        }
        guard let hash = algorithm.hash else { throw .unsupported(algorithm) }
        do throws(CryptographyError) {
            let signature = try signingKey.sign(message, hash: hash)
            return SignatureBlob(algorithm: algorithm, signature: signature).bytes
        } catch {
            throw .cryptography(error)
        }
    }
}
