import Bytes
import Errors

extension Remove: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        for target in paths where Self.isWholeTree(target.filePath) {
            throw UsageError(
                "rm does not remove '\(target)'", hint: "name the files or directories", command: ["rm"])
        }
        var failures = PathFailures(console, of: paths.count)
        var removed: [JSON] = []
        try await HostAccess(connection, console).withFiles(of: paths) { files, paths, console in
            for path in paths {
                do {
                    // A slash behind a link would lead to what must not be touched.
                    let path = path.withoutTrailingSlashes
                    guard let found = try await files.entry(path, "remove") else {
                        if isForced { continue }
                        throw files.error("no such file", path, "remove")
                    }
                    let outcome = try await remove(path, found.kind, files, console)
                    if outcome.failureCount > 0 {
                        try failures.note(outcome.failures, count: outcome.failureCount, hasDone: outcome.removed > 0)
                    } else {
                        removed.append(.object(JSON.members("path", of: path)))
                    }
                } catch {
                    try failures.note(error)
                }
            }
        }
        if output.isJSON { try console.out(.object([("removed", .array(removed))])) }
        return failures.status
    }

    /// `/`, the home directory, and what ends in `.` or `..`: nobody means to remove these.
    private static func isWholeTree(_ path: RawPath) -> Bool {
        let last = path.lastComponent
        return last.isEmpty || last == "." || last == ".."
    }

    private func remove(
        _ path: RawPath, _ kind: ListingEntry.Kind, _ files: RemoteFiles, _ console: Console
    ) async throws -> TreeRemoval.Outcome {
        guard kind == .directory else {
            try await files.remove(path, "remove")
            console.debug(1, "removed \(path)")
            return TreeRemoval.Outcome()
        }
        guard isRecursive else {
            throw files.error("is a directory", path, "remove", hint: "-r removes it with all below")
        }
        return try await TreeRemoval(files: files, console: console)(path)
    }
}
