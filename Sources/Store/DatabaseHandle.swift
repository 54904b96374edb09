import CSQLite

/// SQLite's connection and its prepared statements; used by one thread at a time, which the actor around it sees to.
@safe
final class DatabaseHandle {
    private var connection: OpaquePointer?
    private var statements: [String: OpaquePointer] = unsafe [:]

    /// Opens or makes the database at `path`.
    init(path: String) throws(StoreError) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        // SQLite sets `opened` also when it fails, and copies the path.
        let status = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        unsafe connection = opened
        guard status == SQLITE_OK else {
            let error = failure(status)
            close()
            throw error
        }
        unsafe sqlite3_busy_timeout(opened, StoreLimits.busyMilliseconds)
    }

    deinit { close() }

    /// Finalises everything; what is asked afterwards throws `closed`.
    func close() {
        unsafe statements.values.forEach { _ = unsafe sqlite3_finalize($0) }
        unsafe statements = [:]
        // Every statement is gone, so nothing holds the connection.
        unsafe sqlite3_close_v2(connection)
        unsafe connection = nil
    }

    /// Runs statements without values, one behind the other.
    func execute(_ script: String) throws(StoreError) {
        guard let connection = unsafe connection else { throw .closed }
        // The script is copied; no callback and no message are asked for.
        let status = unsafe sqlite3_exec(connection, script, nil, nil, nil)
        guard status == SQLITE_OK else { throw failure(status) }
    }

    /// Runs one statement and returns how many rows it changed.
    func run(_ sql: String, _ values: [StoredValue]) throws(StoreError) -> Int {
        _ = try rows(sql, values)
        guard let connection = unsafe connection else { throw .closed }
        return unsafe Int(sqlite3_changes(connection))
    }

    /// Runs one statement and returns its rows.
    func rows(_ sql: String, _ values: [StoredValue]) throws(StoreError) -> [StoredRow] {
        let statement = unsafe try prepared(sql)
        defer {
            unsafe sqlite3_reset(statement)
            unsafe sqlite3_clear_bindings(statement)
        }
        unsafe try bind(values, to: statement)
        let count = unsafe sqlite3_column_count(statement)
        let columns = (0..<count).map { index in
            unsafe sqlite3_column_name(statement, index).map { unsafe String(cString: $0) } ?? ""
        }
        var rows: [StoredRow] = []
        while true {
            let status = unsafe sqlite3_step(statement)
            switch status {
            case SQLITE_ROW:
                guard rows.count < StoreLimits.rows else {
                    throw .database(code: SQLITE_TOOBIG, "more than \(StoreLimits.rows) rows")
                }
                let row = (0..<count).map { unsafe Self.value(statement, $0) }
                rows.append(StoredRow(columns: columns, values: row))
            case SQLITE_DONE: return rows
            default: throw failure(status)
            }
        }
    }

    private func prepared(_ sql: String) throws(StoreError) -> OpaquePointer {
        if let known = unsafe statements[sql] { return unsafe known }
        guard let connection = unsafe connection else { throw .closed }
        var made: OpaquePointer?
        let status = unsafe sqlite3_prepare_v3(
            connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
        guard status == SQLITE_OK, let made = unsafe made else { throw failure(status) }
        if unsafe statements.count >= StoreLimits.statements {
            unsafe statements.values.forEach { _ = unsafe sqlite3_finalize($0) }
            unsafe statements = [:]
        }
        unsafe statements[sql] = made
        return unsafe made
    }

    private func bind(_ values: [StoredValue], to statement: OpaquePointer) throws(StoreError) {
        let expected = unsafe Int(sqlite3_bind_parameter_count(statement))
        guard values.count == expected else {
            throw .database(code: SQLITE_RANGE, "\(values.count) values for \(expected) places")
        }
        for (offset, value) in values.enumerated() {
            let index = Int32(offset + 1)
            let status: Int32 =
                switch value {
                case .null: unsafe sqlite3_bind_null(statement, index)
                case .integer(let number): unsafe sqlite3_bind_int64(statement, index, number)
                case .real(let number): unsafe sqlite3_bind_double(statement, index, number)
                case .text(let text):
                    // Copied by SQLite.
                    unsafe fairlead_bind_text(statement, index, text, Int32(clamping: text.utf8.count))
                case .blob(let bytes):
                    unsafe bytes.withUnsafeBytes {
                        unsafe fairlead_bind_blob(statement, index, $0.baseAddress, Int32(clamping: $0.count))
                    }
                }
            guard status == SQLITE_OK else { throw failure(status) }
        }
    }

    private static func value(_ statement: OpaquePointer, _ index: Int32) -> StoredValue {
        switch unsafe sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(statement, index))
        case SQLITE_FLOAT: return .real(unsafe sqlite3_column_double(statement, index))
        case SQLITE_TEXT:
            // Valid until the next step; the length is asked after the text, as SQLite's manual wants it.
            guard let text = unsafe sqlite3_column_text(statement, index) else { return .text("") }
            let count = unsafe Int(sqlite3_column_bytes(statement, index))
            return unsafe .text(String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            guard let bytes = unsafe sqlite3_column_blob(statement, index) else { return .blob([]) }
            let count = unsafe Int(sqlite3_column_bytes(statement, index))
            return unsafe .blob([UInt8](UnsafeRawBufferPointer(start: bytes, count: count)))
        default: return .null
        }
    }

    private func failure(_ status: Int32) -> StoreError {
        // The words are SQLite's own and valid until the next call.
        let text = unsafe connection.flatMap { unsafe sqlite3_errmsg($0) }.map { unsafe String(cString: $0) }
        let words = text ?? "no reason given"
        return status & 0xFF == SQLITE_CONSTRAINT ? .constraint(words) : .database(code: status, words)
    }
}
