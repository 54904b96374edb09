package import Bytes

/// What an evaluation has to know from outside.
package enum ConfigurationQuestion: Sendable, Hashable {
    /// The files whose paths match a pattern of the shell (glob(7)), in order of their names; absolute, `~` replaced.
    case files(matching: String)
    /// How a command ends that the user's shell runs.
    case execution(String)
    /// What a name is, for the system's resolver.
    case lookup(String)
    /// The home folder of another user.
    case home(of: String)
    /// The TCP port of a service (services(5)).
    case service(String)
}

/// The answer to a `ConfigurationQuestion`.
package enum ConfigurationAnswer: Sendable, Hashable {
    case files([ConfigurationFile])
    /// The exit status; nil when the command could not be run or was ended by a signal.
    case execution(Int32?)
    /// Whether there is such a host, and what it is called where its name is an alias.
    case lookup(HostLookup?)
    case home(String?)
    case service(UInt16?)
}

/// A name that the resolver knows.
package struct HostLookup: Sendable, Hashable {
    /// The name without aliases; nil when the resolver does not say.
    package var canonicalName: String?

    package init(canonicalName: String? = nil) {
        self.canonicalName = canonicalName
    }
}

/// A file of a configuration with its owner and mode.
package struct ConfigurationFile: Sendable, Hashable {
    package let path: RawPath
    /// Any bytes.
    package let contents: [UInt8]
    /// The number of the user to whom it belongs.
    package let owner: UInt32
    /// Its permissions, as chmod(2) has them.
    package let permissions: UInt32

    package init(path: RawPath, contents: [UInt8], owner: UInt32, permissions: UInt32) {
        self.path = path
        self.contents = contents
        self.owner = owner
        self.permissions = permissions
    }

    /// Whether others could have written it: it belongs to neither `user` nor the system, or its group or anybody may write
    /// (OpenSSH `SSHCONF_CHECKPERM`).
    func isUnsafe(for user: UInt32) -> Bool {
        owner != 0 && owner != user || permissions & 0o022 != 0
    }
}

/// Which files make up a configuration.
package enum ConfigurationSources: Sendable {
    case none
    /// The user's file and the system's, where they exist.
    case standard(user: ConfigurationFile?, system: ConfigurationFile?)
    /// A file that the user names, whoever may write it.
    case named(ConfigurationFile)
}

/// What is known of this system and its user.
package struct LocalFacts: Sendable {
    package var user: String
    package var userID: UInt32
    package var home: String
    /// What this machine calls itself.
    package var hostName: String
    package var environment: [String: String]

    package init(user: String, userID: UInt32, home: String, hostName: String, environment: [String: String]) {
        self.user = user
        self.userID = userID
        self.home = home
        self.hostName = hostName
        self.environment = environment
    }

    var shortHostName: String { String(hostName.prefix { $0 != "." }) }
}
