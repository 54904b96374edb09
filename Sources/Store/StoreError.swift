/// Why a database did not do what it was asked.
package enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// SQLite's (extended) result code and its words.
    case database(code: Int32, String)
    /// A rule of the schema forbids the change: unique, not null, foreign key, check.
    case constraint(String)
    /// The file was written by a newer version of the program: its schema's version, and the newest known here.
    case tooNew(version: Int, known: Int)
    case noColumn(String)
    case wrongType(column: String)
    case closed

    package var description: String {
        switch self {
        case .database(let code, let text): "the database failed (\(code)): \(text)"
        case .constraint(let text): text
        case .tooNew(let version, let known):
            "the database has version \(version), and this program knows versions up to \(known)"
        case .noColumn(let name): "the answer has no column \(name)"
        case .wrongType(let column): "the column \(column) has another type"
        case .closed: "the database is closed"
        }
    }
}
