import Bytes
import Foundation
import Store
import TestHosts
import Testing

@Suite("A database", .timeLimit(.minutes(1)))
struct DatabaseTests {
    private static let first = Database.Migration(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, data BLOB, rate REAL)")
    private static let second = Database.Migration("ALTER TABLE items ADD COLUMN note TEXT")

    @Test(
        "Every type of value comes back as it went in",
        arguments: [
            StoredValue.null, .integer(.min), .integer(.max), .real(-0.5), .text(""), .text("naïve \u{0}x"), .blob([]),
            .blob([0, 255, 1]),
        ])
    func values(value: StoredValue) async throws {
        let database = try await Database.open(nil, migrations: [Database.Migration("CREATE TABLE t (v)")])
        try await database.run("INSERT INTO t VALUES (?)", [value])
        let row = try #require(try await database.rows("SELECT v FROM t").first)
        #expect(try row.value("v") == value)
        await database.close()
    }

    @Test("What a transaction did is gone when it throws")
    func transaction() async throws {
        let database = try await Database.open(nil, migrations: [Self.first])
        await #expect(throws: StoreError.self) {
            try await database.transaction { (database) throws(StoreError) in
                try database.run("INSERT INTO items (name) VALUES ('a')")
                try database.run("INSERT INTO items (name) VALUES ('a')")
            }
        }
        #expect(try await database.rows("SELECT * FROM items").isEmpty)
        #expect(
            try await database.transaction { (database) throws(StoreError) in
                try database.run("INSERT INTO items (name) VALUES ('a'), ('b')")
            } == 2)
        await database.close()
    }

    @Test("A broken rule is told from a failure, and a wrong statement from both")
    func errors() async throws {
        let database = try await Database.open(nil, migrations: [Self.first])
        let constraint = await #expect(throws: StoreError.self) {
            try await database.run("INSERT INTO items (name) VALUES (NULL)")
        }
        guard case .constraint = constraint else {
            Issue.record("\(String(describing: constraint))")
            return
        }
        let wrong = await #expect(throws: StoreError.self) { try await database.run("NONSENSE") }
        guard case .database = wrong else {
            Issue.record("\(String(describing: wrong))")
            return
        }
        await #expect(throws: StoreError.self) { try await database.run("SELECT ?", []) }
        let row = try #require(try await database.rows("SELECT 1 AS one").first)
        #expect(throws: StoreError.noColumn("two")) { try row.text("two") }
        #expect(throws: StoreError.wrongType(column: "one")) { try row.text("one") }
        await database.close()
    }

    @Test("A schema is brought up to date once, and a newer one is left alone")
    func migrations() async throws {
        let folder = try TestHosts.TemporaryDirectory()
        let path = RawPath(folder.path("data.sqlite"))
        let old = try await Database.open(path, migrations: [Self.first])
        try await old.run("INSERT INTO items (name) VALUES ('kept')")
        await old.close()
        for _ in 0..<2 {
            let new = try await Database.open(path, migrations: [Self.first, Self.second])
            #expect(try await new.rows("SELECT name, note FROM items").first?.text("name") == "kept")
            await new.close()
        }
        await #expect(throws: StoreError.tooNew(version: 2, known: 1)) {
            _ = try await Database.open(path, migrations: [Self.first])
        }
    }

    @Test("What was written is there after the process was killed in the middle of writing")
    func kill() async throws {
        let folder = try TestHosts.TemporaryDirectory()
        let path = folder.path("data.sqlite")
        let database = try await Database.open(RawPath(path), migrations: [Self.first])
        await database.close()
        // Another program writes one transaction after the other and says which are done.
        let script = """
            import os, sqlite3, sys
            db = sqlite3.connect(sys.argv[1], isolation_level=None)
            for number in range(100000):
                db.execute("BEGIN IMMEDIATE")
                db.execute("INSERT INTO items (name) VALUES (?)", (f"a{number}",))
                db.execute("INSERT INTO items (name) VALUES (?)", (f"b{number}",))
                db.execute("COMMIT")
                if number == 500:
                    os.kill(os.getpid(), 9)
            """
        let result = try await runProgram("python3", ["-c", script, path])
        #expect(result.status == 128 + 9)
        let again = try await Database.open(RawPath(path), migrations: [Self.first])
        let count = try #require(try await again.rows("SELECT count(*) AS n FROM items").first).integer("n")
        #expect(count == 1002)
        #expect(try await again.rows("PRAGMA integrity_check").first?.text("integrity_check") == "ok")
        await again.close()
    }
}
