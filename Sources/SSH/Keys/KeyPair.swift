import Bytes
package import Cryptography

/// A private key with its public half and comment: what signs.
package struct KeyPair: Sendable {
    package let publicKey: PublicKey
    /// May be empty; not made visible.
    package let comment: String
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
        KeyPair(signingKey, comment: comment)
    }

    /// The encoding of a signature over `message` by `algorithm`, which is one of the key's
    /// (`publicKey.algorithm.signatureAlgorithms`; also `.rsa`, with SHA-1).
    package func sign(_ message: RawSpan, algorithm: KeyAlgorithm) throws(KeyError) -> [UInt8] {
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
