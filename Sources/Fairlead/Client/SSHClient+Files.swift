import Bytes
import Errors
import Reactor
import SFTP
import Sessions
import Transfer

/// Files of the host. Paths that are not absolute begin where the host has the user begin, usually at home.
extension SSHClient {
    // MARK: Transfers

    /// Gets a file, or a folder with all that is in it, from the host: into the folder `local`, or under that name.
    ///
    /// A target that exists is overwritten; it is never there half: what comes gets its name when it is whole. A connection
    /// that is lost is made again, and the transfer goes on. Throws what stopped the first file that failed; the others are
    /// transferred.
    @discardableResult
    public func get(
        _ remote: String, to local: String, verifying verifies: Bool = false
    ) async throws(FairleadError) -> TransferResult {
        let place = try await transferPlace()
        return try await transfer("get", verifies) { engine in
            await engine.copy(
                [RawPath(remote)], from: place, to: RawPath(local), at: LocalFileSystem(on: engine.loop))
        }
    }

    /// Puts a file, or a folder with all that is in it, on the host: into the folder `remote`, or under that name.
    ///
    /// All that `get` says holds here as well. With `verifying` both sides' SHA-256 are compared afterwards.
    @discardableResult
    public func put(
        _ local: String, to remote: String, verifying verifies: Bool = false
    ) async throws(FairleadError) -> TransferResult {
        let place = try await transferPlace()
        return try await transfer("put", verifies) { engine in
            await engine.copy(
                [RawPath(local)], from: LocalFileSystem(on: engine.loop), to: RawPath(remote), at: place)
        }
    }

    private func transfer(
        _ operation: String, _ verifies: Bool, _ body: @escaping @Sendable (TransferEngine) async -> TransferSummary
    ) async throws(FairleadError) -> TransferResult {
        var options = TransferOptions()
        options.verifies = verifies
        let engine = TransferEngine(on: session.loop, options: options, progress: TransferProgress())
        let work = Task(executorPreference: session.loop) { await body(engine) }
        let summary = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        let context = session.context(operation)
        if work.isCancelled { throw .cancelled(context) }
        if let failure = summary.failures.first {
            let others = summary.failures.count - 1
            throw FairleadError(failure.error, context)
                .adding(hint: others > 0 ? "\(others) more failed" : nil)
        }
        return TransferResult(summary)
    }

    // MARK: Single files and folders

    /// What is in a folder, in the host's order, at most a million entries. Names with which a hostile host could lead
    /// outside of a folder are left out.
    public func list(_ folder: String = ".") async throws(FairleadError) -> [RemoteFile] {
        try await ask("list", folder) { client, path in
            try await client.list(path).entries.map { RemoteFile($0.name, $0.attributes, kind: $0.kind) }
        }
    }

    /// What the host says about a file or folder; links are followed. Throws when there is none.
    public func info(_ path: String) async throws(FairleadError) -> RemoteFile {
        try await ask("look at", path) { client, path in
            let attributes = try await client.attributes(at: path)
            return RemoteFile(path.lastComponent, attributes, kind: attributes.kind)
        }
    }

    /// Makes a folder in one that exists.
    public func makeFolder(_ path: String) async throws(FairleadError) {
        try await ask("make folder", path) { client, path in try await client.makeDirectory(path) }
    }

    /// Removes a file or a link.
    public func remove(_ path: String) async throws(FairleadError) {
        try await ask("remove", path) { client, path in try await client.remove(path) }
    }

    /// Removes a folder that is empty.
    public func removeFolder(_ path: String) async throws(FairleadError) {
        try await ask("remove folder", path) { client, path in try await client.removeDirectory(path) }
    }

    /// Gives a file or folder another name; one that has that name already is not replaced.
    public func rename(_ path: String, to name: String) async throws(FairleadError) {
        try await ask("rename", path) { client, path in try await client.rename(path, to: RawPath(name)) }
    }

    private func ask<Value: Sendable>(
        _ operation: String, _ path: String,
        _ body: @Sendable (FileTransferClient, RawPath) async throws -> Value
    ) async throws(FairleadError) -> Value {
        let client = try await requests()
        do {
            return try await body(client, RawPath(path))
        } catch let error as RequestError {
            throw FairleadError(error, path: RawPath(path), session.context(operation))
        } catch {
            throw session.failure(error, operation)
        }
    }
}

/// What a transfer moved.
public struct TransferResult: Sendable, Hashable {
    /// Files that were transferred, links not counted.
    public let files: Int
    /// Folders that were gone through.
    public let folders: Int
    /// Of all files that were transferred.
    public let bytes: UInt64
    /// SHA-256 of the files whose both sides were compared, in hexadecimal, by their source's path.
    public let verified: [String: String]

    init(_ summary: TransferSummary) {
        files = summary.files
        folders = summary.folders
        bytes = summary.bytes
        verified = Dictionary(
            summary.verified.map { ($0.path.description, $0.sha256) }, uniquingKeysWith: { first, _ in first })
    }
}
