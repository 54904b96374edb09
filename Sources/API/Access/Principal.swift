/// Who a request is from.
package struct Principal: Sendable, Hashable {
    /// How they proved it.
    package enum Means: Sendable, Hashable {
        case token(id: String)
        /// The browser's cookie; requests that change something carry `csrf` as well.
        case browser(session: [UInt8], csrf: String)
        /// Nobody has to: `--no-auth`.
        case open
    }

    package let name: String
    package let role: Role
    package let means: Means

    package init(name: String, role: Role, means: Means) {
        self.name = name
        self.role = role
        self.means = means
    }

    /// Who everybody is under `--no-auth`.
    package static let anybody = Principal(name: "local", role: .administrator, means: .open)
}
