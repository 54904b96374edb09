/// The extensions that a server announced in VERSION.
package struct ServerExtensions: Hashable, Sendable {
    /// By name, the data of every announcement: a server may offer several versions of one (OpenSSH PROTOCOL §4.2).
    package private(set) var announced: [ExtensionName: [[UInt8]]] = [:]

    /// A server without extensions.
    package init() {}

    package init(_ hello: Hello) {
        for item in hello.extensions { announced[item.name, default: []].append(item.data) }
    }

    /// Whether the server announced `name` in the version that we speak.
    package func supports(_ name: ExtensionName) -> Bool {
        guard let version = name.spokenVersion, let offers = announced[name] else { return false }
        return offers.contains(Array(version.utf8))
    }
}
