package import Bytes

/// What `users-groups-by-id@openssh.com` answers: names in the order of the ids that were asked for, nil where the server
/// knows none (OpenSSH PROTOCOL §4.12).
///
/// | field | type |
/// |---|---|
/// | user names: a string that holds one string a user | string |
/// | group names: likewise | string |
package struct AccountNames: Hashable, Sendable {
    package var users: [String?]
    package var groups: [String?]

    package init(users: [String?], groups: [String?]) {
        self.users = users
        self.groups = groups
    }
}

extension ByteBuffer {
    package mutating func append(_ names: AccountNames) {
        appendString { list in for name in names.users { list.append(string: name ?? "") } }
        appendString { list in for name in names.groups { list.append(string: name ?? "") } }
    }
}

extension WireReader {
    /// The next lists of names, of exactly as many users and groups as were asked for.
    @_lifetime(self: copy self)
    package mutating func accountNames(userCount: Int, groupCount: Int) throws(WireError) -> AccountNames {
        AccountNames(users: try nameBlock(count: userCount), groups: try nameBlock(count: groupCount))
    }

    @_lifetime(self: copy self)
    private mutating func nameBlock(count: Int) throws(WireError) -> [String?] {
        var block = WireReader(try string())
        var names: [String?] = []
        while !block.isAtEnd {
            guard names.count < count else { throw .tooLong(names.count + 1, limit: count) }
            let name = try block.string(limit: Limits.maximumAccountNameLength)
            names.append(name.isEmpty ? nil : String(lossy: name))
        }
        guard names.count == count else { throw .truncated }
        return names
    }
}
