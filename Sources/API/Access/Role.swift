/// What a user may do; each role may do what those before it may.
package enum Role: String, Sendable, CaseIterable, Comparable {
    /// Sees which sessions there are.
    case viewer
    /// Opens sessions, and works in their own.
    case `operator`
    /// Sees and ends everybody's sessions, and manages users.
    case administrator

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .administrator: 2
        }
    }

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
}
