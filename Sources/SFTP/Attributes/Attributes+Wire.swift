package import Bytes

/// ATTRS on the wire (draft-ietf-secsh-filexfer-02 §5); every field but the flags is there only when its flag is set.
///
/// | field | type | flag |
/// |---|---|---|
/// | flags | uint32 | |
/// | size | uint64 | 0x00000001 |
/// | user id, group id | uint32, uint32 | 0x00000002 |
/// | permissions | uint32 | 0x00000004 |
/// | access, modification time | uint32, uint32 | 0x00000008 |
/// | count; count × (type, data) | uint32; string, string | 0x80000000 |
private struct AttributeFlags: OptionSet {
    var rawValue: UInt32

    static let size = AttributeFlags(rawValue: 0x0000_0001)
    static let owner = AttributeFlags(rawValue: 0x0000_0002)
    static let permissions = AttributeFlags(rawValue: 0x0000_0004)
    static let times = AttributeFlags(rawValue: 0x0000_0008)
    static let extended = AttributeFlags(rawValue: 0x8000_0000)
    static let defined: AttributeFlags = [.size, .owner, .permissions, .times, .extended]
}

extension ByteBuffer {
    package mutating func append(_ attributes: Attributes) {
        var flags: AttributeFlags = []
        if attributes.size != nil { flags.insert(.size) }
        if attributes.owner != nil { flags.insert(.owner) }
        if attributes.mode != nil { flags.insert(.permissions) }
        if attributes.times != nil { flags.insert(.times) }
        if !attributes.extended.isEmpty { flags.insert(.extended) }
        append(flags.rawValue)
        if let size = attributes.size { append(size) }
        if let owner = attributes.owner {
            append(owner.userID)
            append(owner.groupID)
        }
        if let mode = attributes.mode { append(mode.rawValue) }
        if let times = attributes.times {
            append(times.access)
            append(times.modification)
        }
        guard !attributes.extended.isEmpty else { return }
        append(UInt32(attributes.extended.count))
        for attribute in attributes.extended {
            append(string: attribute.type)
            append(string: attribute.data)
        }
    }
}

extension WireReader {
    /// The next attributes. A flag that version 3 does not define is malformed, since nobody knows what follows it
    /// (draft-ietf-secsh-filexfer-02 §5).
    @_lifetime(self: copy self)
    package mutating func attributes() throws(WireError) -> Attributes {
        let flags = AttributeFlags(rawValue: try integer())
        guard flags.isSubset(of: .defined) else { throw .malformed("attribute flags of another version") }
        var attributes = Attributes()
        if flags.contains(.size) { attributes.size = try integer() }
        if flags.contains(.owner) { attributes.owner = .init(userID: try integer(), groupID: try integer()) }
        if flags.contains(.permissions) { attributes.mode = FileMode(rawValue: try integer()) }
        if flags.contains(.times) { attributes.times = .init(access: try integer(), modification: try integer()) }
        if flags.contains(.extended) { attributes.extended = try extendedAttributes() }
        return attributes
    }

    @_lifetime(self: copy self)
    private mutating func extendedAttributes() throws(WireError) -> [Attributes.Extended] {
        let limit = Limits.maximumExtendedAttributeCount
        let count = Int(try integer(UInt32.self))
        guard count <= limit else { throw .tooLong(count, limit: limit) }
        var extended: [Attributes.Extended] = []
        for _ in 0..<count {
            let type = try bytes(limit: Limits.maximumExtensionNameLength)
            extended.append(.init(type: type, data: try bytes()))
        }
        return extended
    }
}
