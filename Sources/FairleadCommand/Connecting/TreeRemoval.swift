import Bytes
import Errors

/// Removes a tree on a host: many requests at once, no link followed, and bounded whatever the host answers.
///
/// Level by level downwards folders are listed and what is no folder is removed; then folders go, the deepest first. What
/// cannot be removed stops nothing else.
struct TreeRemoval {
    let files: RemoteFiles
    let console: Console

    /// Folders that are listed and emptied at once.
    private static let parallelFolders = 32
    /// Requests that remove files of one folder at once.
    private static let parallelRequests = 64
    /// How deep folders may lie within each other: deeper than any path that can be named at once (PATH_MAX / 2).
    private static let maximumDepth = 2048
    /// Entries of the whole tree.
    private static let maximumEntries = 20_000_000
    /// Failures that are told of.
    static let maximumFailures = 1000

    /// What came of it.
    struct Outcome: Sendable {
        var removed = 0
        var entries = 0
        /// The first of them.
        var failures: [FairleadError] = []
        var failureCount = 0

        mutating func note(_ error: any Error) throws {
            guard let error = error as? FairleadError else { throw error }
            switch error.category {
            case .permission, .fileSystem: break
            case .network, .authentication, .protocol, .timeout, .internal: throw error
            }
            failureCount += 1
            if failures.count < TreeRemoval.maximumFailures { failures.append(error) }
        }

        mutating func add(_ other: Outcome) {
            removed += other.removed
            entries += other.entries
            failureCount += other.failureCount
            failures += other.failures.prefix(TreeRemoval.maximumFailures - failures.count)
        }
    }

    /// Removes the folder `root` with all that is in it. Throws where nothing more can be done at all.
    func callAsFunction(_ root: RawPath) async throws -> Outcome {
        var outcome = Outcome()
        var levels: [[RawPath]] = [[root]]
        while let level = levels.last, !level.isEmpty {
            guard levels.count <= Self.maximumDepth, outcome.entries <= Self.maximumEntries else {
                throw files.error("the tree is too deep or too large", root, "remove")
            }
            var next: [RawPath] = []
            try await forEach(level, atMost: Self.parallelFolders, { try await empty($0) }) { found, emptied in
                next += found
                outcome.add(emptied)
            }
            levels.append(next)
        }
        for level in levels.reversed() {
            try await forEach(level, atMost: Self.parallelRequests, { try await removeFolder($0) }) { outcome.add($0) }
        }
        return outcome
    }

    /// Removes what is no folder in `folder`; returns the folders in it.
    private func empty(_ folder: RawPath) async throws -> (folders: [RawPath], outcome: Outcome) {
        var outcome = Outcome()
        let found: (entries: [ListingEntry], refusals: [String])
        do { found = try await files.list(folder, "remove") } catch {
            try outcome.note(error)
            return ([], outcome)
        }
        if let refusal = found.refusals.first {
            throw FairleadError(
                .protocol, "\(folder): the host sent a name that is not safe to use: \(refusal)", operation: "remove",
                path: folder.description)
        }
        outcome.entries = found.entries.count
        let others = found.entries.filter { $0.kind != .directory }.map { folder.appending($0.name) }
        try await forEach(others, atMost: Self.parallelRequests, { try await removeFile($0) }) { outcome.add($0) }
        return (found.entries.filter { $0.kind == .directory }.map { folder.appending($0.name) }, outcome)
    }

    private func removeFile(_ path: RawPath) async throws -> Outcome {
        try await remove(path, "removed \(path)") { try await files.remove(path, "remove") }
    }

    private func removeFolder(_ path: RawPath) async throws -> Outcome {
        try await remove(path, "removed directory \(path)") { try await files.removeDirectory(path, "remove") }
    }

    private func remove(
        _ path: RawPath, _ note: String, _ body: () async throws -> Void
    ) async throws -> Outcome {
        var outcome = Outcome()
        do {
            try await body()
            outcome.removed = 1
            console.debug(1, note)
        } catch {
            try outcome.note(error)
        }
        return outcome
    }

    /// Runs `body` for each of `elements`, so many at once, and gives what it returns to `take`.
    private func forEach<Element: Sendable, Value: Sendable>(
        _ elements: [Element], atMost count: Int, _ body: @escaping @Sendable (Element) async throws -> Value,
        _ take: (Value) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Value.self) { group in
            var waiting = elements[...]
            for element in waiting.prefix(count) { group.addTask { try await body(element) } }
            waiting = waiting.dropFirst(count)
            while let value = try await group.next() {
                take(value)
                if let element = waiting.popFirst() { group.addTask { try await body(element) } }
            }
        }
    }
}
