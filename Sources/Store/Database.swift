package import Bytes
import Reactor

/// An SQLite database on a thread of its own, so that the disk holds up nobody else.
///
/// Write-ahead logging: what a call has written is there after the process is killed, and after a power cut but for the
/// last moments. All calls are one behind the other; `transaction` keeps several together.
package actor Database {
    /// What brings the schema from one version to the next.
    package struct Migration: Sendable {
        package let script: String

        package init(_ script: String) {
            self.script = script
        }
    }

    private let loop: EventLoop
    private let handle: DatabaseHandle

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// Opens or makes the database at `path`, and brings its schema up to the last of `migrations`: the version is how many
    /// of them were run, in `user_version`. nil for one in memory.
    ///
    /// Throws `tooNew` for a database of a newer program, which is left alone.
    package static func open(_ path: RawPath?, migrations: [Migration]) async throws(StoreError) -> Database {
        let loop = EventLoop()
        let result = await loop.opened(path, migrations)
        switch result {
        case .success(let database): return database
        case .failure(let error):
            await loop.shutdown()
            throw error
        }
    }

    fileprivate init(path: RawPath?, migrations: [Migration], loop: EventLoop) throws(StoreError) {
        self.loop = loop
        handle = try DatabaseHandle(path: path.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ":memory:")
        try handle.execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; "
                + "PRAGMA trusted_schema = OFF")
        let version = Int(try handle.rows("PRAGMA user_version", []).first?.integer("user_version") ?? 0)
        guard version <= migrations.count else { throw .tooNew(version: version, known: migrations.count) }
        for number in version..<migrations.count {
            // Either all of a step is there or nothing of it.
            do throws(StoreError) {
                try handle.execute("BEGIN IMMEDIATE")
                try handle.execute(migrations[number].script)
                try handle.execute("PRAGMA user_version = \(number + 1); COMMIT")
            } catch {
                try? handle.execute("ROLLBACK")
                throw error
            }
        }
    }

    /// Runs one statement with `values` for its question marks; how many rows it changed.
    @discardableResult
    package func run(_ sql: String, _ values: [StoredValue] = []) throws(StoreError) -> Int {
        try handle.run(sql, values)
    }

    /// The rows that one statement gives.
    package func rows(_ sql: String, _ values: [StoredValue] = []) throws(StoreError) -> [StoredRow] {
        try handle.rows(sql, values)
    }

    /// Runs `body` as one: when it throws, nothing of it has happened.
    package func transaction<Value: Sendable>(
        _ body: @Sendable (isolated Database) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        try handle.execute("BEGIN IMMEDIATE")
        do throws(StoreError) {
            let value = try body(self)
            try handle.execute("COMMIT")
            return value
        } catch {
            try? handle.execute("ROLLBACK")
            throw error
        }
    }

    private func closeHandle() {
        handle.close()
    }

    /// Closes the file and ends the thread; what comes afterwards is not answered.
    package nonisolated func close() async {
        await closeHandle()
        await loop.shutdown()
    }
}

extension EventLoop {
    /// Opens a database on this loop, whose thread it keeps.
    fileprivate func opened(
        _ path: RawPath?, _ migrations: [Database.Migration]
    ) async -> Result<Database, StoreError> {
        await withCheckedContinuation { continuation in
            execute {
                continuation.resume(
                    returning: Result { () throws(StoreError) in
                        try Database(path: path, migrations: migrations, loop: self)
                    })
            }
        }
    }
}
