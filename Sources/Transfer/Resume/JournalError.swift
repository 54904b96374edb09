/// Why a file is not a journal that a transfer can go on by, or cannot be written as one.
package enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file does not begin as a journal does.
    case notAJournal
    /// A version that this one does not know.
    case unsupportedVersion
    /// The file ends within its header, or the header's check does not hold.
    case damagedHeader
    /// More bytes than `JournalLimits.journalLength`.
    case tooLong(Int, limit: Int)
    /// A text or path of the header is longer than may be written; its name.
    case fieldTooLong(String)

    package var description: String {
        switch self {
        case .notAJournal: "this is not the journal of a transfer"
        case .unsupportedVersion: "the journal was written by another version"
        case .damagedHeader: "the start of the journal is damaged"
        case .tooLong(let length, let limit): "the journal has \(length) bytes, more than \(limit)"
        case .fieldTooLong(let name): "\(name) is too long for a journal"
        }
    }
}
