/// The limits on what a known_hosts file may hold; what is above them is kept in the file and never matched.
package enum KnownHostsLimits {
    /// A line in bytes, without its end of line.
    package static let lineLength = 64 << 10
    /// One name or pattern of a line in bytes, as in OpenSSH.
    package static let patternLength = 1024
    /// A host name to look up or to add in bytes; DNS allows 253.
    package static let hostNameLength = 1024
    /// Salt and hash of a hashed name in bytes: the length of SHA-1.
    static let hashLength = 20
}
