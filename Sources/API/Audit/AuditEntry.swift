/// Something that somebody did, for the audit log. No secret may be in it.
package struct AuditEntry: Sendable {
    package enum Outcome: String, Sendable {
        case done
        case failed
        /// It was not allowed.
        case denied
    }

    /// What was done: `connect`, `execute`, `sign-in`, …
    package var action: String
    package var outcome: Outcome
    /// Who did it; nil for somebody unknown.
    package var user: String?
    package var requestID: String?
    /// The address they came from.
    package var remote: String?
    package var session: String?
    /// On which host, as which account: `ada@host:22`.
    package var place: String?
    /// What else there is to say.
    package var details: [(name: String, value: JSONValue)]

    package init(_ action: String, _ outcome: Outcome, details: [(name: String, value: JSONValue)] = []) {
        self.action = action
        self.outcome = outcome
        self.details = details
    }

    var members: [(name: String, value: JSONValue)] {
        var members: [(name: String, value: JSONValue)] = [
            ("action", .string(action)), ("outcome", .string(outcome.rawValue)), ("user", JSONValue(user)),
        ]
        for (name, value) in [
            ("request_id", requestID), ("remote", remote), ("session_id", session), ("place", place),
        ] {
            if let value { members.append((name, .string(value))) }
        }
        if !details.isEmpty { members.append(("details", .object(details))) }
        return members
    }
}
