import Bytes

extension Move: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        var failures = PathFailures(console, of: sources.count)
        var moved: [JSON] = []
        try await HostAccess(connection, console).withFiles(of: sources) { files, sources, console in
            let destination: RawPath = destination.isEmpty ? "." : destination
            let isFolder = try await isDirectory(destination, files)
            guard isFolder || sources.count == 1 else {
                throw files.error("is no directory", destination, "move", hint: "several files go into a directory")
            }
            for source in sources {
                let target = isFolder ? destination.appending(source.lastComponent) : destination
                do {
                    try await move(source, to: target, files)
                    console.debug(1, "moved \(source) to \(target)")
                    moved.append(.object(JSON.members("from", of: source) + JSON.members("to", of: target)))
                } catch {
                    try failures.note(error)
                }
            }
        }
        if output.isJSON { try console.out(.object([("moved", .array(moved))])) }
        return failures.status
    }

    private func isDirectory(_ path: RawPath, _ files: RemoteFiles) async throws -> Bool {
        try await files.entry(path, followingLinks: true, "move")?.kind == .directory
    }

    private func move(_ source: RawPath, to target: RawPath, _ files: RemoteFiles) async throws {
        guard try await files.entry(source, "move") != nil else {
            throw files.error("no such file", source, "move")
        }
        if keepsExisting, try await files.entry(target, "move") != nil {
            throw files.error("exists already", target, "move")
        }
        try await files.move(source, to: target, replaces: !keepsExisting, "move")
    }
}
