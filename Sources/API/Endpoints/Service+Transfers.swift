import Bytes
import Errors
import HTTP
import Reactor
import Sessions
import Transfer

extension Service {
    /// How often progress is told.
    private static let progressInterval = Duration.milliseconds(100)

    private var localFolders: LocalFolders {
        LocalFolders([configuration.data.appending("files")] + settings.fileFolders, on: loop)
    }

    func download(_ call: Call) async throws -> HTTPResponse {
        let remote = RawPath(call.text("remotePath") ?? "")
        let name = call.text("localPath") ?? Self.text(remote.lastComponent)
        return try await transfer(call, .download, remote, local: name) { files, disk, local in
            let summary = try await self.run(call, .download, remote) { engine in
                await engine.copy([remote], from: files, to: local, at: disk)
            }
            return (
                .ok,
                [
                    "local_path": .string(name), "size": .integer(Int64(clamping: summary.bytes)),
                    "sha256": JSONValue(summary.verified.first?.sha256),
                ]
            )
        }
    }

    func upload(_ call: Call) async throws -> HTTPResponse {
        let remote = RawPath(call.text("remotePath") ?? "")
        let name = call.text("localPath") ?? ""
        return try await transfer(call, .upload, remote, local: name) { files, disk, local in
            let summary = try await self.run(call, .upload, remote) { engine in
                await engine.copy([local], from: disk, to: remote, at: files)
            }
            return (
                .ok,
                [
                    "message": .string("\(name) is on the host as \(Self.text(remote))."),
                    "size": .integer(Int64(clamping: summary.bytes)),
                    "sha256": JSONValue(summary.verified.first?.sha256),
                ]
            )
        }
    }

    /// What both directions have in common: paths, the audit log, and errors that name no path of this machine.
    private func transfer(
        _ call: Call, _ direction: SessionTransfer.Direction, _ remote: RawPath, local name: String,
        _ body: @Sendable (any RemoteFileSystem, LocalFileSystem, RawPath) async throws -> (HTTPStatus, JSONValue)
    ) async throws -> HTTPResponse {
        let session = try await session(call)
        try await requireAudit()
        let details: [(name: String, value: JSONValue)] = [
            ("remote_path", .string(Self.text(remote).visible())), ("local_path", .string(name.visible())),
        ]
        do {
            let local = try await localFolders.resolve(name)
            let (status, value) = try await withFiles(call, direction.rawValue) { files, lease in
                try await self.requireAllowed(remote, at: files)
                return try await body(files, LocalFileSystem(on: self.loop), local)
            }
            await record(direction.rawValue, .done, call, session: session, details + Self.sum(of: value))
            return .json(status, value)
        } catch {
            await recordFailure(direction.rawValue, call, session: session, error, details)
            throw Self.hidingLocalPath(error, named: name)
        }
    }

    private static func sum(of value: JSONValue) -> [(name: String, value: JSONValue)] {
        ["size", "sha256"].compactMap { name in value[name].map { (name, $0) } }
    }

    private static func hidingLocalPath(_ error: any Error, named name: String) -> any Error {
        guard let error = error as? FairleadError, case .local(let cause, _) = error.cause as? TransferError else {
            return error
        }
        var shown = error
        shown.message = "\(name): \(cause.text)"
        shown.path = name
        return shown
    }

    /// Runs an engine that verifies, and tells how far it is; throws the first failure.
    private func run(
        _ call: Call, _ direction: SessionTransfer.Direction, _ remote: RawPath,
        _ body: @Sendable (TransferEngine) async -> TransferSummary
    ) async throws -> TransferSummary {
        var options = TransferOptions()
        options.verifies = true
        let progress = TransferProgress()
        let engine = TransferEngine(on: loop, options: options, progress: progress)
        let session = try await session(call)
        let (id, path) = (call.id, Self.text(remote))
        let telling = Task(executorPreference: loop) {
            for await state in progress.events(every: Self.progressInterval) {
                await session.tell(
                    SessionTransfer(
                        id: id, direction: direction, path: path, bytesDone: state.bytesDone,
                        bytesTotal: state.isTotalKnown ? state.bytesTotal : nil, phase: .running))
            }
        }
        let summary = await body(engine)
        telling.cancel()
        let hasFailed = !summary.failures.isEmpty
        await session.tell(
            SessionTransfer(
                id: id, direction: direction, path: path, bytesDone: summary.bytes, bytesTotal: summary.bytes,
                phase: hasFailed ? .failed : .completed))
        if let failure = summary.failures.first { throw failure.error }
        if let skipped = summary.skipped.first {
            throw Problem(.conflict, "\(Self.text(skipped.path)) was not transferred: \(skipped.reason).")
        }
        return summary
    }
}
