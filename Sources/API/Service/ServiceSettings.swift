package import Bytes
package import Sessions

/// What a running service can be told anew: by its configuration file, at its start and with SIGHUP.
package struct ServiceSettings: Sendable {
    /// How much of a command the audit log keeps.
    package enum CommandRecord: String, Sendable, CaseIterable {
        /// The first word, and the SHA-256 of all of it: arguments may hold secrets.
        case program
        /// Every word.
        case full
    }

    /// Names by which the service may be called (`Host`), besides those of this machine and every address.
    package var hosts: [String] = []
    package var limits: [LimitClass: TokenBucket.Rule] = [:]
    package var commands = CommandRules()
    /// Commands that run before every command on a host; `*` is for hosts that are not named.
    package var preludes: [String: String] = [:]
    /// Folders for files and for keys, besides those of the data folder and `~/.ssh`.
    package var fileFolders: [RawPath] = []
    package var keyFolders: [RawPath] = []
    /// Where on hosts files may be touched; empty for everywhere.
    package var remoteFolders: [RawPath] = []
    package var commandRecord = CommandRecord.program

    package init() {}

    /// The prelude for commands on `host`.
    package func prelude(for host: String) -> String? { preludes[host.lowercased()] ?? preludes["*"] }
}

/// What a service is started with.
package struct ServiceConfiguration: Sendable {
    /// Where the database, the audit log, known hosts, keys and files are.
    package var data: RawPath
    package var listen: (host: String, port: UInt16) = ("127.0.0.1", 8001)
    /// Nobody has to sign in; on loopback only.
    package var isOpen = false
    /// The certificate's chain and its key, in PEM files.
    package var tls: (certificate: String, key: String)?
    package var sessions = SessionPolicy()
    /// The user of this system whose keys and known hosts are used.
    package var local: LocalUser
    package var version: String
    package var settings = ServiceSettings()

    package init(data: RawPath, local: LocalUser, version: String) {
        self.data = data
        self.local = local
        self.version = version
    }
}
