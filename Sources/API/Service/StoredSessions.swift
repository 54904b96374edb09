package import Sessions
package import Store

/// The sessions' records in the service's database.
package struct StoredSessions: SessionRecords {
    private let database: Database
    private let log: ServiceLog

    package init(_ database: Database, log: ServiceLog) {
        self.database = database
        self.log = log
    }

    package func save(_ record: SessionRecord) async {
        let target = record.target
        do throws(StoreError) {
            try await database.run(
                "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    .text(record.id.description), .text(record.owner), .text(target.kind.rawValue), .text(target.host),
                    .integer(Int64(target.port)), .text(target.username), StoredValue(target.name),
                    StoredValue(target.keyPath), .text(target.jumps.joined(separator: ",")),
                    .text(target.protection.rawValue), .integer(Int64(target.timeout)), .integer(record.connectedAt),
                    .integer(record.lastActivity),
                ])
        } catch {
            log.error(
                .store, "a session could not be written down", [("session", "\(record.id)"), ("reason", "\(error)")])
        }
    }

    package func remove(_ id: SessionID) async {
        do throws(StoreError) {
            try await database.run("DELETE FROM sessions WHERE id = ?", [.text(id.description)])
        } catch {
            log.error(
                .store, "a session's record could not be removed", [("session", "\(id)"), ("reason", "\(error)")])
        }
    }

    package func all() async -> [SessionRecord] {
        do throws(StoreError) {
            let rows = try await database.rows("SELECT * FROM sessions ORDER BY last_activity DESC")
            var records: [SessionRecord] = []
            for row in rows {
                if let record = try Self.record(row) { records.append(record) }
            }
            return records
        } catch {
            log.error(.store, "the sessions' records could not be read", [("reason", "\(error)")])
            return []
        }
    }

    private static func record(_ row: StoredRow) throws(StoreError) -> SessionRecord? {
        guard let id = SessionID(try row.text("id")),
            let kind = SessionTarget.Kind(rawValue: try row.text("kind")),
            let port = UInt16(exactly: try row.integer("port"))
        else { return nil }
        var target = SessionTarget(
            kind: kind, host: try row.text("host"), port: port, username: try row.text("username"))
        target.name = try row.optionalText("name")
        target.keyPath = try row.optionalText("key_path")
        target.jumps = try row.text("jumps").split(separator: ",").map(String.init)
        target.protection = SessionTarget.Protection(rawValue: try row.text("protection")) ?? .none
        target.timeout = Int(clamping: try row.integer("timeout"))
        return SessionRecord(
            id: id, target: target, owner: try row.text("owner"), connectedAt: try row.integer("connected_at"),
            lastActivity: try row.integer("last_activity"))
    }
}
