package import Bytes
package import SSH

/// The user of this system who connects.
package struct LocalUser: Sendable, Hashable {
    package var name: String
    package var id: UInt32
    package var home: RawPath
    /// What SSH_AUTH_SOCK says.
    package var agentSocket: RawPath?

    package init(name: String, id: UInt32, home: RawPath, agentSocket: RawPath? = nil) {
        self.name = name
        self.id = id
        self.home = home
        self.agentSocket = agentSocket
    }

    /// What a configuration has to know of user and system.
    package func facts(hostName: String, environment: [String: String]) -> LocalFacts {
        LocalFacts(
            user: name, userID: id, home: String(decoding: home.bytes, as: UTF8.self), hostName: hostName,
            environment: environment)
    }
}
