/// A value of a column: SQLite's five storage classes.
package enum StoredValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    /// The text, or null.
    package init(_ text: String?) {
        self = text.map { .text($0) } ?? .null
    }

    /// The number, or null.
    package init(_ number: Int64?) {
        self = number.map { .integer($0) } ?? .null
    }
}

extension StoredValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral {
    package init(stringLiteral text: String) { self = .text(text) }
    package init(integerLiteral number: Int64) { self = .integer(number) }
    package init(nilLiteral: ()) { self = .null }
}
