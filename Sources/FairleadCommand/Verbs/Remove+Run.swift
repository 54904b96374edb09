import Bytes
import Errors
import SFTP

extension Remove: Verb {
    /// Requests that remove files of one directory at the same time.
    private static let parallelRequests = 64

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
                    guard let attributes = try await files.linkAttributes(path, "remove") else {
                        if isForced { continue }
                        throw files.error("no such file", path, "remove")
                    }
                    try await remove(path, attributes.kind, files, console)
                    removed.append(.object(JSON.members("path", of: path)))
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
        _ path: RawPath, _ kind: SFTP.FileKind?, _ files: RemoteFiles, _ console: Console
    ) async throws {
        guard kind == .directory else { return try await removeFile(path, files, console) }
        guard isRecursive else {
            throw files.error("is a directory", path, "remove", hint: "-r removes it with all below")
        }
        let found = try await files.on(path, "remove") { client throws(RequestError) in try await client.list(path) }
        if let refusal = found.refusals.first {
            throw FairleadError(
                .protocol, "\(path): the host sent a name that is not safe to use: \(refusal)", operation: "remove",
                path: path.description)
        }
        let others = found.entries.filter { $0.kind != .directory }.map { path.appending($0.name) }
        for start in stride(from: 0, to: others.count, by: Self.parallelRequests) {
            let batch = others[start..<min(start + Self.parallelRequests, others.count)]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for file in batch { group.addTask { try await self.removeFile(file, files, console) } }
                try await group.waitForAll()
            }
        }
        for entry in found.entries where entry.kind == .directory {
            try await remove(path.appending(entry.name), .directory, files, console)
        }
        try await files.on(path, "remove") { client throws(RequestError) in try await client.removeDirectory(path) }
        console.debug(1, "removed directory \(path)")
    }

    private func removeFile(_ path: RawPath, _ files: RemoteFiles, _ console: Console) async throws {
        try await files.on(path, "remove") { client throws(RequestError) in try await client.remove(path) }
        console.debug(1, "removed \(path)")
    }
}
