package import Bytes
package import Errors
package import SFTP
package import Sessions

/// The files of one host, with errors as the command tells them.
package struct RemoteFiles: Sendable {
    package let client: FileTransferClient
    private let session: HostSession

    package init(_ session: HostSession) async throws {
        client = try await session.openFiles()
        self.session = session
    }

    /// Does something to `path`; what fails says that path.
    package func on<Value>(
        _ path: RawPath, _ operation: String, _ body: (FileTransferClient) async throws(RequestError) -> Value
    ) async throws -> Value {
        do throws(RequestError) {
            return try await body(client)
        } catch {
            throw FairleadError(await client.explaining(error, at: path), path: path, session.context(operation))
        }
    }

    /// The attributes of `path` itself; nil when nothing is there.
    package func linkAttributes(_ path: RawPath, _ operation: String) async throws -> Attributes? {
        do throws(RequestError) {
            return try await client.linkAttributes(at: path)
        } catch {
            if error.code == .noSuchFile { return nil }
            throw FairleadError(error, path: path, session.context(operation))
        }
    }

    /// An error about `path` that this side found.
    package func error(_ message: String, _ path: RawPath, _ operation: String, hint: String? = nil) -> FairleadError {
        FairleadError(
            .fileSystem, "\(path): \(message)", operation: operation, host: session.request.host,
            path: path.description, hint: hint)
    }
}

extension HostAccess {
    /// Connects to the hosts of `targets` one after the other and gives `body` the paths on each, in their order; an empty
    /// path is the home directory, `.`.
    func withFiles(
        of targets: [Target], _ body: (RemoteFiles, [RawPath], Console) async throws -> Void
    ) async throws {
        var rest = targets[...]
        while let first = rest.first {
            let host = first.withoutPath
            let paths = rest.prefix { $0.withoutPath == host }.map(\.filePath)
            rest = rest.dropFirst(paths.count)
            try await with(first) { opened in
                try await body(try await RemoteFiles(opened.session), paths, opened.console)
            }
        }
    }
}

extension Target {
    /// The path for the host; `.` for the home directory.
    var filePath: RawPath { path.flatMap { $0.isEmpty ? nil : $0 } ?? "." }
}

extension ListingEntry {
    init(_ entry: SFTP.DirectoryEntry) {
        self.init(name: entry.name, attributes: entry.attributes)
        // The server's own `ls -l` line has names for the owner and the group, and the number of links.
        let columns = String(decoding: entry.longName, as: UTF8.self).split(separator: " ")
        guard columns.count >= 9, columns[0].count >= 10, let links = UInt32(columns[1]) else { return }
        linkCount = links
        owner = String(columns[2])
        group = String(columns[3])
    }

    init(name: RawPath, attributes: Attributes) {
        self.init(
            name: name, kind: Kind(attributes.kind), permissions: attributes.mode?.permissions,
            owner: attributes.owner.map { String($0.userID) }, group: attributes.owner.map { String($0.groupID) },
            size: attributes.size, modified: attributes.times.map { Int64($0.modification) })
    }
}

extension ListingEntry.Kind {
    init(_ kind: SFTP.FileKind?) {
        self =
            switch kind {
            case .regular: .file
            case .directory: .directory
            case .symbolicLink: .link
            case .blockDevice: .blockDevice
            case .characterDevice: .characterDevice
            case .namedPipe: .fifo
            case .socket: .socket
            case nil: .unknown
            }
    }
}
