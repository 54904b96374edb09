internal import COpenSSL

/// A hash function (RFC 1321; FIPS 180-4).
///
/// MD5 serves old fingerprints and key files, SHA-1 old MACs and signatures; both only where a user asks for them by name.
package enum HashAlgorithm: Sendable, CaseIterable {
    case md5, sha1, sha256, sha384, sha512

    /// Length of the digest, in bytes.
    package var digestLength: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// Length of the block that the function compresses at a time, in bytes.
    package var blockLength: Int {
        switch self {
        case .md5, .sha1, .sha256: 64
        case .sha384, .sha512: 128
        }
    }

    /// Whether this system's libcrypto offers the function; a FIPS policy may take MD5 away.
    package var isAvailable: Bool { implementation.isAvailable }

    /// libcrypto's name.
    var name: StaticString {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA1"
        case .sha256: "SHA2-256"
        case .sha384: "SHA2-384"
        case .sha512: "SHA2-512"
        }
    }

    var implementation: Implementation {
        switch self {
        case .md5: .md5
        case .sha1: .sha1
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }

    /// libcrypto's implementation of a hash function, fetched once and kept for the life of the process.
    @safe
    struct Implementation: @unchecked Sendable {
        // Sendable: libcrypto counts references to an EVP_MD atomically and never changes it once fetched.
        private let pointer: OpaquePointer?

        static let md5 = Implementation(.md5)
        static let sha1 = Implementation(.sha1)
        static let sha256 = Implementation(.sha256)
        static let sha384 = Implementation(.sha384)
        static let sha512 = Implementation(.sha512)

        private init(_ algorithm: HashAlgorithm) {
            // The reference that is returned is kept.
            unsafe pointer = EVP_MD_fetch(nil, algorithm.name.cString, nil)
            OpenSSL.clearErrors()
        }

        var isAvailable: Bool { unsafe pointer != nil }

        /// The EVP_MD; the process stops where a policy of the system has taken the function away (`isAvailable`).
        var required: OpaquePointer {
            guard let pointer = unsafe pointer else { preconditionFailure("the hash function is not available") }
            return unsafe pointer
        }
    }
}
