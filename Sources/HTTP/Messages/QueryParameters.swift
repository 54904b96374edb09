/// The pairs of a query (`application/x-www-form-urlencoded`), in their order.
package struct QueryParameters: Sendable {
    private var pairs: [(name: [UInt8], value: [UInt8])] = []

    package init() {}

    /// The pairs that `text` spells; nil when the percent-encoding is broken or there are more than 256 pairs.
    package init?(_ text: ArraySlice<UInt8>) {
        for part in text.split(separator: UInt8(ascii: "&")) {
            guard pairs.count < HTTPLimits.queryPairs else { return nil }
            let middle = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            guard let name = PercentCoding.decode(part[..<middle], plusIsSpace: true),
                let value = PercentCoding.decode(part[middle...].dropFirst(), plusIsSpace: true)
            else { return nil }
            pairs.append((name, value))
        }
    }

    package var isEmpty: Bool { pairs.isEmpty }

    /// The first value of `name`; nil when there is none or it is not UTF-8.
    package subscript(name: String) -> String? {
        bytes(of: name).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The first value of `name`, byte by byte: a file's name need not be UTF-8.
    package func bytes(of name: String) -> [UInt8]? {
        pairs.first { $0.name.elementsEqual(name.utf8) }?.value
    }

    /// How many values `name` has.
    package func count(of name: String) -> Int {
        pairs.count { $0.name.elementsEqual(name.utf8) }
    }

    /// The names, in their order; those that are not UTF-8 with U+FFFD.
    package var names: [String] { pairs.map { String(decoding: $0.name, as: UTF8.self) } }
}
