/// What is known, or to be set, about a file: ATTRS (draft-ietf-secsh-filexfer-02 §5).
package struct Attributes: Hashable, Sendable {
    /// Numbers of the owner and the group.
    package struct Owner: Hashable, Sendable {
        package var userID: UInt32
        package var groupID: UInt32

        package init(userID: UInt32, groupID: UInt32) {
            self.userID = userID
            self.groupID = groupID
        }
    }

    /// Times in seconds since 1970, UTC.
    package struct Times: Hashable, Sendable {
        package var access: UInt32
        package var modification: UInt32

        package init(access: UInt32, modification: UInt32) {
            self.access = access
            self.modification = modification
        }
    }

    /// An attribute that the draft does not define; its type has the form `name@domain`.
    package struct Extended: Hashable, Sendable {
        package var type: [UInt8]
        package var data: [UInt8]

        package init(type: [UInt8], data: [UInt8]) {
            self.type = type
            self.data = data
        }
    }

    /// In bytes.
    package var size: UInt64?
    package var owner: Owner?
    package var mode: FileMode?
    package var times: Times?
    package var extended: [Extended]

    package init(
        size: UInt64? = nil, owner: Owner? = nil, mode: FileMode? = nil, times: Times? = nil, extended: [Extended] = []
    ) {
        self.size = size
        self.owner = owner
        self.mode = mode
        self.times = times
        self.extended = extended
    }

    /// The kind of file; nil when the server did not say.
    package var kind: FileKind? { mode?.kind }
}
