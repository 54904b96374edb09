package import Bytes

/// How one tree is made like another.
package struct SyncOptions: Sendable {
    /// Remove what the source does not have, once everything else is done; without failures only.
    package var deletes = false
    /// More removals than this are an error, and nothing is removed; nil for no limit, but that an empty source removes
    /// nothing.
    package var maximumRemovals: Int?
    /// Compare files of the same size by their SHA-256, not by their times.
    package var comparesContent = false
    /// Tell the plan and change nothing.
    package var isDryRun = false
    /// Is told each step of the plan before anything is done, in the order of paths; off any executor's guarantees.
    package var plan: (@Sendable (SyncStep) -> Void)?

    package init() {}
}

/// One step of making a tree like another. Paths are relative to both trees.
package enum SyncStep: Sendable, Hashable {
    case makeFolder(RawPath)
    /// A file whose content is sent; bytes.
    case transfer(RawPath, bytes: UInt64, isNew: Bool)
    case makeLink(RawPath)
    /// The content is there; times and permissions differ.
    case adjust(RawPath)
    /// The destination has the content under another name.
    case move(from: RawPath, to: RawPath)
    case remove(RawPath, isFolder: Bool)
}
