package import Bytes

/// One line of a listing.
package struct ListingEntry: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case file, directory, link, fifo, socket
        case blockDevice = "block-device"
        case characterDevice = "character-device"
        case unknown

        /// The first character of a mode.
        package var letter: Character {
            switch self {
            case .file: "-"
            case .directory: "d"
            case .link: "l"
            case .fifo: "p"
            case .socket: "s"
            case .blockDevice: "b"
            case .characterDevice: "c"
            case .unknown: "?"
            }
        }
    }

    package var name: RawPath
    package var kind: Kind
    /// The lower twelve bits of the mode; nil when the host did not say.
    package var permissions: UInt32?
    package var linkCount: UInt32?
    /// A name, or a number as text.
    package var owner: String?
    package var group: String?
    package var size: UInt64?
    /// Seconds since 1970-01-01 00:00 UTC.
    package var modified: Int64?
    /// Where a symbolic link points to.
    package var linkTarget: RawPath?

    package init(
        name: RawPath, kind: Kind, permissions: UInt32? = nil, linkCount: UInt32? = nil, owner: String? = nil,
        group: String? = nil, size: UInt64? = nil, modified: Int64? = nil, linkTarget: RawPath? = nil
    ) {
        self.name = name
        self.kind = kind
        self.permissions = permissions
        self.linkCount = linkCount
        self.owner = owner
        self.group = group
        self.size = size
        self.modified = modified
        self.linkTarget = linkTarget
    }

    /// `{name, type, mode, links, owner, group, size, modified, target}`; what is unknown is left out.
    package var json: JSON {
        var members = JSON.members("name", of: name)
        members.append(("type", .string(kind.rawValue)))
        if let permissions {
            let digits = String(permissions & 0o7777, radix: 8)
            members.append(("mode", .string(String(repeating: "0", count: 4 - digits.count) + digits)))
        }
        if let linkCount { members.append(("links", .unsigned(UInt64(linkCount)))) }
        if let owner { members.append(("owner", .string(owner))) }
        if let group { members.append(("group", .string(group))) }
        if let size { members.append(("size", .unsigned(size))) }
        if let modified, let text = CalendarTime.timestamp(modified) { members.append(("modified", .string(text))) }
        if let linkTarget { members += JSON.members("target", of: linkTarget) }
        return .object(members)
    }
}
