/// The limits on what a list of revoked keys may hold.
package enum RevocationLimits {
    /// The file in bytes.
    package static let fileLength = 32 << 20
    /// Keys, fingerprints, names of certificates, and ranges of serial numbers, all together.
    package static let entryCount = 1 << 20
    /// The bits of one bitmap of serial numbers, in bytes, as in OpenSSH.
    package static let bitmapLength = 2 << 20
    /// Sections, and the parts of those about certificates.
    package static let sectionCount = 1 << 16
    /// The comment in bytes.
    package static let commentLength = 64 << 10
}
