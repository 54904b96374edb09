import Bytes

extension MakeDirectory: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        var failures = PathFailures(console, of: paths.count)
        var made: [JSON] = []
        try await HostAccess(connection, console).withFiles(of: paths) { files, paths, console in
            for path in paths {
                do {
                    if makesParents { try await makeParents(of: path, files, console) }
                    if try await make(path, files, console) {
                        if let mode { try await setMode(mode, path, files) }
                        made.append(.object(JSON.members("path", of: path)))
                    }
                } catch {
                    try failures.note(error)
                }
            }
        }
        if output.isJSON { try console.out(.object([("made", .array(made))])) }
        return failures.status
    }

    private func makeParents(of path: RawPath, _ files: RemoteFiles, _ console: Console) async throws {
        let start: RawPath = path.isAbsolute ? "/" : RawPath(bytes: [])
        var parent = start
        for component in path.components.dropLast() {
            parent = parent.appending(component)
            _ = try await make(parent, files, console)
        }
    }

    /// Makes one directory; false when it exists already, which is an error without `--parents`.
    private func make(_ path: RawPath, _ files: RemoteFiles, _ console: Console) async throws -> Bool {
        do {
            try await files.makeDirectory(path, "make directory")
            console.debug(1, "made \(path)")
            return true
        } catch {
            // Servers say no more than "failure" when something is there.
            guard let found = try await files.entry(path, "make directory") else { throw error }
            guard makesParents else { throw files.error("exists already", path, "make directory") }
            guard found.kind == .directory || found.kind == .link else {
                throw files.error("exists already and is no directory", path, "make directory")
            }
            return false
        }
    }

    /// The host's umask has its say in the mode of a new directory; this has the last word.
    private func setMode(_ mode: UInt32, _ path: RawPath, _ files: RemoteFiles) async throws {
        try await files.setMode(mode, of: path, "set mode")
    }
}
