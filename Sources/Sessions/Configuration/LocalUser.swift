package import Bytes

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

    /// `text` with `~` and `~/` at its start replaced by the home folder.
    func path(_ text: String) -> RawPath {
        if text == "~" { return home }
        guard text.hasPrefix("~/") else { return RawPath(text) }
        return home.appending(RawPath(String(text.dropFirst(2))))
    }
}
