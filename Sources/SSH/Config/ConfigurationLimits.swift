/// What a configuration may grow to.
package enum ConfigurationLimits {
    /// The longest file, in bytes.
    package static let fileLength = 1 << 20
    /// Files within files (OpenSSH `READCONF_MAX_DEPTH`).
    static let depth = 16
    /// Lines evaluated in one pass, those of files read several times counted each time: files that include each other twice
    /// would otherwise double at each depth.
    static let lines = 20_000
    /// Lines evaluated for one host in all: an evaluation starts anew with each answer.
    static let allLines = 200_000
    /// Questions of one evaluation.
    package static let questions = 512
    /// Keys and certificates (OpenSSH `SSH_MAX_IDENTITY_FILES`).
    static let identities = 100
    /// Files of known hosts (OpenSSH `SSH_MAX_HOSTS_FILES`).
    static let hostFiles = 32
    /// Domains and rules of canonicalization (OpenSSH `MAX_CANON_DOMAINS`).
    static let domains = 32
    /// Forwardings of each direction, and variables to send.
    static let listEntries = 1000
    /// What tokens and variables may make of one value, in bytes.
    static let expandedLength = 1 << 16
    /// A forwarding as text, in bytes.
    static let forwardingLength = 255
    /// A socket's path, in bytes (`sun_path` without its NUL).
    static let socketPathLength = 107
    /// A host's name, in bytes (`NI_MAXHOST` without its NUL).
    static let hostLength = 1024
    /// One pattern of a list, in bytes (OpenSSH `match_pattern_list`).
    static let patternLength = 1022
}
