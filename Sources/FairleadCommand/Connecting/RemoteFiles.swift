package import Bytes
package import Errors
import FTP
import SFTP
package import Sessions
import Transfer

/// The files of one host by SFTP or FTP, with errors as the command tells them.
package struct RemoteFiles: Sendable {
    enum Way: Sendable {
        case sftp(FileTransferClient, HostSession)
        case ftp(FTPFileSystem, FTPAccess.Host)
    }

    let way: Way

    package init(_ session: HostSession) async throws {
        way = .sftp(try await session.openFiles(), session)
    }

    init(_ host: FTPAccess.Host) {
        way = .ftp(FTPFileSystem(host.client, place: host.place), host)
    }

    private func context(_ operation: String) -> FailureContext {
        switch way {
        case .sftp(_, let session): session.context(operation)
        case .ftp(_, let host): host.context(operation)
        }
    }

    /// Does something to `path` in the way that there is; what fails says that path.
    func on<Value>(
        _ path: RawPath, _ operation: String,
        _ sftp: (FileTransferClient) async throws(RequestError) -> Value,
        ftp: (FTPFileSystem) async throws(TransferError) -> Value
    ) async throws -> Value {
        switch way {
        case .sftp(let client, let session):
            do throws(RequestError) { return try await sftp(client) } catch {
                throw FairleadError(await client.explaining(error, at: path), path: path, session.context(operation))
            }
        case .ftp(let system, let host):
            do throws(TransferError) { return try await ftp(system) } catch {
                throw FairleadError(error, host.context(operation))
            }
        }
    }

    /// An error about `path` that this side found.
    package func error(_ message: String, _ path: RawPath, _ operation: String, hint: String? = nil) -> FairleadError {
        FairleadError(
            .fileSystem, "\(path): \(message)", operation: operation, host: context(operation).host,
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
            if first.isFTP {
                try await withFTP(first) { files in try await body(files, paths, console) }
            } else {
                try await with(first) { opened in
                    try await body(try await RemoteFiles(opened.session), paths, opened.console)
                }
            }
        }
    }

    private func withFTP(_ target: Target, _ body: (RemoteFiles) async throws -> Void) async throws {
        let host = try await FTPAccess(options, console).connect(to: target)
        do {
            try await body(RemoteFiles(host))
            await host.client.close()
        } catch {
            await host.client.close()
            throw error
        }
    }
}

extension Target {
    /// The path for the host; `.` for the home directory.
    var filePath: RawPath { path.flatMap { $0.isEmpty ? nil : $0 } ?? "." }
}
