import Bytes
import SFTP
import Reactor

/// What has to be done to make one tree like another, before anything of it is done. Paths are relative to both trees.
struct SyncPlan: Sendable {
    struct NewFile: Sendable {
        let path: RawPath
        let facts: FileFacts
        /// What is there under this name; nil when that is nothing.
        let existing: FileFacts?
        var content = TransferJob.Content.file
    }

    struct Adjustment: Sendable {
        let path: RawPath
        let changes: FileChanges
    }

    struct Extra: Sendable {
        let path: RawPath
        let facts: FileFacts
        /// Whether something else is to have this name.
        var isInTheWay = false

        var isFolder: Bool { facts.kind == .directory }
    }

    /// New folders, those above before those below.
    var newFolders: [(path: RawPath, facts: FileFacts)] = []
    var files: [NewFile] = []
    var adjustments: [Adjustment] = []
    /// What only the destination has, folders before what is in them.
    var extras: [Extra] = []
    var moves: [(from: RawPath, to: RawPath)] = []
    /// Folders that are there on both sides.
    var commonFolders: [(path: RawPath, source: FileFacts, target: FileFacts)] = []
    var unchanged = 0
    /// Whether the source has anything at all.
    var sourceIsEmpty = true

    mutating func add(_ other: SyncPlan) {
        newFolders += other.newFolders
        files += other.files
        adjustments += other.adjustments
        extras += other.extras
        commonFolders += other.commonFolders
        unchanged += other.unchanged
        sourceIsEmpty = sourceIsEmpty && other.sourceIsEmpty
    }

    /// Finds new files that the destination has under a name that the source has no more: as long and of the same time,
    /// which no other file there is.
    mutating func findMoves() {
        struct Content: Hashable {
            let size: UInt64
            let seconds: Int64
        }
        func content(_ facts: FileFacts) -> Content? {
            guard facts.kind == .regular, let size = facts.size, size > 0, let modified = facts.modified else {
                return nil
            }
            return Content(size: size, seconds: modified.seconds)
        }
        var old: [Content: [RawPath]] = [:]
        for extra in extras where !extra.isInTheWay {
            if let content = content(extra.facts) { old[content, default: []].append(extra.path) }
        }
        var new: [Content: Int] = [:]
        for file in files where file.existing == nil {
            if let content = content(file.facts) { new[content, default: 0] += 1 }
        }
        var moved: Set<RawPath> = []
        files.removeAll { file in
            guard file.existing == nil, let content = content(file.facts), let paths = old[content] else {
                return false
            }
            // One of several of the same size and time: only the one of the same name.
            let path =
                paths.count == 1 && new[content] == 1
                ? paths.first : paths.first { $0.lastComponent == file.path.lastComponent && !moved.contains($0) }
            guard let path, moved.insert(path).inserted else { return false }
            moves.append((path, file.path))
            return true
        }
        extras.removeAll { moved.contains($0.path) }
    }

    /// Everything in the order of paths, for people.
    func steps(deletes: Bool) -> [SyncStep] {
        var steps: [(RawPath, SyncStep)] = newFolders.map { ($0.path, .makeFolder($0.path)) }
        for file in files {
            switch file.content {
            case .file:
                steps.append(
                    (file.path, .transfer(file.path, bytes: file.facts.size ?? 0, isNew: file.existing == nil)))
            case .link: steps.append((file.path, .makeLink(file.path)))
            }
        }
        steps += adjustments.map { ($0.path, .adjust($0.path)) }
        steps += moves.map { ($0.to, .move(from: $0.from, to: $0.to)) }
        if deletes { steps += extras.map { ($0.path, .remove($0.path, isFolder: $0.isFolder)) } }
        return steps.sorted { $0.0.bytes.lexicographicallyPrecedes($1.0.bytes) }.map(\.1)
    }
}
