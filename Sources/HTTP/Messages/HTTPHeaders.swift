/// Header fields in their order: names in lower case, values without blanks around them.
///
/// All text is in one array, so that a message's fields cost two allocations.
package struct HTTPHeaders: Sendable {
    /// Where one field is in `bytes`.
    struct Field: Sendable {
        let name: Range<Int>
        let value: Range<Int>
    }

    private(set) var bytes: [UInt8] = []
    private(set) var fields: [Field] = []

    package init() {}

    /// Fields within `bytes`, checked by the caller.
    init(bytes: [UInt8], fields: [Field]) {
        self.bytes = bytes
        self.fields = fields
    }

    package var count: Int { fields.count }

    package var isEmpty: Bool { fields.isEmpty }

    /// The first value of `name` as text; what is not UTF-8 becomes U+FFFD.
    package subscript(name: HeaderName) -> String? {
        get { first(name).map { text($0) } }
        set {
            remove(name)
            if let newValue { append(name, newValue) }
        }
    }

    /// All values of `name`, in their order.
    package func values(_ name: HeaderName) -> [String] {
        fields.lazy.filter { matches($0.name, name.bytes) }.map { text($0.value) }
    }

    package func contains(_ name: HeaderName) -> Bool { first(name) != nil }

    /// The items of the comma-separated list that the values of `name` are together (RFC 9110 §5.6.1), in lower case,
    /// empty ones left out. Not for fields with quoted text.
    package func tokens(_ name: HeaderName) -> [String] {
        values(name).flatMap { $0.split(separator: ",") }.compactMap { item in
            let bytes = item.utf8.drop { $0.isBlank }
            let token = bytes.prefix { !$0.isBlank }
            return token.isEmpty ? nil : String(decoding: token.map(\.lowercased), as: UTF8.self)
        }
    }

    /// Every field, in its order.
    package var all: [(name: String, value: String)] { fields.map { (text($0.name), text($0.value)) } }

    /// Adds a field at the end. Control characters in `value` become spaces, so that no value begins another field.
    package mutating func append(_ name: HeaderName, _ value: String) {
        let start = bytes.count
        bytes.append(contentsOf: name.bytes)
        let middle = bytes.count
        for byte in value.utf8 { bytes.append(byte.isFieldCharacter ? byte : 0x20) }
        fields.append(Field(name: start..<middle, value: middle..<bytes.count))
    }

    /// Adds a field whose name is small and a token, and whose value has been checked.
    mutating func append(_ name: [UInt8], _ value: [UInt8]) {
        let start = bytes.count
        bytes += name
        let middle = bytes.count
        bytes += value
        fields.append(Field(name: start..<middle, value: middle..<bytes.count))
    }

    /// Adds all fields of `other` at the end.
    package mutating func append(contentsOf other: HTTPHeaders) {
        let shift = bytes.count
        bytes += other.bytes
        for field in other.fields {
            fields.append(
                Field(
                    name: field.name.lowerBound + shift..<field.name.upperBound + shift,
                    value: field.value.lowerBound + shift..<field.value.upperBound + shift))
        }
    }

    /// Removes every field called `name`.
    package mutating func remove(_ name: HeaderName) {
        fields = fields.filter { !matches($0.name, name.bytes) }
    }

    /// Where the first value of `name` is in `bytes`.
    func first(_ name: HeaderName) -> Range<Int>? {
        for field in fields where matches(field.name, name.bytes) { return field.value }
        return nil
    }

    /// Whether the bytes at `range` are `name`.
    func matches(_ range: Range<Int>, _ name: [UInt8]) -> Bool {
        guard range.count == name.count else { return false }
        for offset in 0..<name.count where bytes[range.lowerBound + offset] != name[offset] { return false }
        return true
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
