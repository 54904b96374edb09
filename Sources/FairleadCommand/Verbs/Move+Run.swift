import Bytes
import SFTP

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
        try await files.on(path, "move") { client throws(RequestError) in
            do throws(RequestError) {
                return try await client.attributes(at: path).kind == .directory
            } catch {
                guard error.code == .noSuchFile else { throw error }
                return false
            }
        }
    }

    private func move(_ source: RawPath, to target: RawPath, _ files: RemoteFiles) async throws {
        guard try await files.linkAttributes(source, "move") != nil else {
            throw files.error("no such file", source, "move")
        }
        if keepsExisting, try await files.linkAttributes(target, "move") != nil {
            throw files.error("exists already", target, "move")
        }
        let replaces = await files.client.extensions.supports(.posixRename) && !keepsExisting
        try await files.on(source, "move") { client throws(RequestError) in
            if replaces {
                try await client.replace(target, with: source)
            } else {
                try await client.rename(source, to: target)
            }
        }
    }
}
