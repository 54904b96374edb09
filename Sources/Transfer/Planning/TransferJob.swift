import Bytes

/// One file or link to be copied.
struct TransferJob: Sendable {
    enum Content: Sendable, Equatable {
        case file, link
    }

    /// What is known about the target before.
    enum Existing: Sendable {
        case unknown
        case nothing
        /// Links not followed.
        case found(FileFacts)
        /// It was compared: the file is there as it should be.
        case same(FileFacts)
    }

    // Folders are shared by all jobs in them.
    let sourceFolder: RawPath
    let sourceName: RawPath
    let targetFolder: RawPath
    let targetName: RawPath
    let content: Content
    /// As far as the listing told.
    let facts: FileFacts
    let existing: Existing
    /// Whether the user named it, and did not only have it in a folder.
    let isNamed: Bool

    var source: RawPath { sourceFolder.appending(sourceName) }
    var target: RawPath { targetFolder.appending(targetName) }

    /// Bytes that it may hold while it runs.
    var weight: Int { min(Int(clamping: facts.size ?? 0), 8 << 20) + 4096 }
}

/// One folder to be listed.
struct FolderVisit: Sendable {
    let source: RawPath
    let target: RawPath
    let facts: FileFacts
    /// Where it lies below what is transferred: what rules for names see.
    let relative: RawPath
    let depth: Int
    /// Whether the target may be a link to a folder: where the user named it.
    let mayBeLink: Bool
    /// The real paths of folders that links have led to on the way here.
    var trail: [RawPath] = []
}

/// A folder that is there, and what it gets when everything in it is there as well.
struct FinishedFolder: Sendable {
    let target: RawPath
    let facts: FileFacts
}
