/// One row of an answer.
package struct StoredRow: Sendable {
    /// Shared by all rows of an answer.
    private let columns: [String]
    private let values: [StoredValue]

    init(columns: [String], values: [StoredValue]) {
        self.columns = columns
        self.values = values
    }

    /// The value of the column `name`; throws `noColumn` when the statement has none of that name.
    package func value(_ name: String) throws(StoreError) -> StoredValue {
        guard let index = columns.firstIndex(of: name) else { throw .noColumn(name) }
        return values[index]
    }

    package func text(_ name: String) throws(StoreError) -> String {
        guard case .text(let text) = try value(name) else { throw .wrongType(column: name) }
        return text
    }

    package func integer(_ name: String) throws(StoreError) -> Int64 {
        guard case .integer(let number) = try value(name) else { throw .wrongType(column: name) }
        return number
    }

    package func blob(_ name: String) throws(StoreError) -> [UInt8] {
        guard case .blob(let bytes) = try value(name) else { throw .wrongType(column: name) }
        return bytes
    }

    /// The text; nil for null.
    package func optionalText(_ name: String) throws(StoreError) -> String? {
        if case .null = try value(name) { return nil }
        return try text(name)
    }

    /// The number; nil for null.
    package func optionalInteger(_ name: String) throws(StoreError) -> Int64? {
        if case .null = try value(name) { return nil }
        return try integer(name)
    }
}
