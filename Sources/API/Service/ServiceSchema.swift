package import Store

/// The tables of the service's database, version by version; a version that was released is never changed.
package enum ServiceSchema {
    package static let migrations = [
        Database.Migration(
            """
            CREATE TABLE users (
                name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT, created INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE tokens (
                id TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE, name TEXT NOT NULL,
                hash BLOB NOT NULL UNIQUE, created INTEGER NOT NULL, expires INTEGER, last_used INTEGER
            ) STRICT;
            CREATE TABLE browsers (
                hash BLOB PRIMARY KEY, user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
                csrf TEXT NOT NULL, last_used INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE links (
                hash BLOB PRIMARY KEY, user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
                expires INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE sessions (
                id TEXT PRIMARY KEY, owner TEXT NOT NULL, kind TEXT NOT NULL, host TEXT NOT NULL, port INTEGER NOT NULL,
                username TEXT NOT NULL, name TEXT, key_path TEXT, jumps TEXT NOT NULL, protection TEXT NOT NULL,
                timeout INTEGER NOT NULL, connected_at INTEGER NOT NULL, last_activity INTEGER NOT NULL
            ) STRICT;
            """)
    ]
}
