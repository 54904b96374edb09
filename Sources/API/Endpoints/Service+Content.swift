import Bytes
import Errors
import HTTP
import Reactor
import SFTP
import Sessions
import Synchronization
import Transfer

/// A file on a host that is being read by an answer; it is given back with the answer, however that ends.
private final class OpenContent: Sendable {
    let file: any OpenFile
    private let lease: SessionLease
    private let service: Service

    init(_ file: any OpenFile, _ lease: SessionLease, _ service: Service) {
        self.file = file
        self.lease = lease
        self.service = service
        service.streams.withLock { $0 += 1 }
    }

    deinit {
        service.streams.withLock { $0 -= 1 }
        let file = file
        Task { await file.abandon() }
    }
}

extension Service {
    /// Bytes on the way of one stream, at most and at least; and of all of them together, as far as the least allows.
    private static let window = (512 << 10)...(4 << 20)
    private static let allWindows = 16 << 20

    private var streamWindow: Int {
        let share = Self.allWindows / max(1, streams.withLock { $0 })
        return min(max(share, Self.window.lowerBound), Self.window.upperBound)
    }

    // MARK: Reading

    func readContent(_ call: Call) async throws -> HTTPResponse {
        let path = try queryPath(call)
        let session = try await session(call)
        let isHead = call.request.method == .head
        return try await withFiles(call, "read") { files, lease in
            guard let facts = try await files.facts(of: path, followingLinks: true) else {
                throw Problem.notFound("There is no \(Self.text(path).visible()) on the host.")
            }
            try await requireAllowed(path, at: files)
            guard facts.kind != .directory else {
                throw Problem(.conflict, "\(Self.text(path).visible()) is a folder: list it.", category: .fileSystem)
            }
            let size = facts.size ?? 0
            let content =
                isHead
                ? nil : OpenContent(try await files.open(path, .read(followingLinks: true)), lease, self)
            let modified = facts.modified?.seconds
            var response = HTTPResponse.content(
                call.request, size: size, type: "application/octet-stream",
                etag: "\"\(String(size, radix: 16))-\(String(modified ?? 0, radix: 16))\"", lastModified: modified
            ) { range in self.stream(content, range) }
            response.headers.append(
                "content-disposition",
                "attachment; filename*=UTF-8''\(PercentCoding.encode(path.lastComponent.bytes))")
            await record("read", .done, call, session: session, [("path", .string(Self.text(path).visible()))])
            return response
        }
    }

    private func stream(_ content: OpenContent?, _ range: Range<UInt64>) -> HTTPResponse.Body {
        .stream(length: UInt64(range.count)) { writer in
            guard let content else { return }
            let reader = ContentReader(content.file, on: self.loop)
            try await reader.copy(range, to: writer, window: self.streamWindow)
            self.metrics.countDown(range.count)
        }
    }

    // MARK: Writing

    func writeContent(_ call: Call) async throws -> HTTPResponse {
        let path = try queryPath(call)
        let plan = try UploadPlan(call.request)
        let session = try await session(call)
        try await requireAudit()
        let key = "\(session.id) \(Self.text(path))"
        guard uploads.withLock({ $0.insert(key).inserted }) else {
            throw Problem(
                .conflict, "Somebody is writing this file already: try again later.", category: .fileSystem,
                isRetryable: true)
        }
        defer { _ = uploads.withLock { $0.remove(key) } }
        streams.withLock { $0 += 1 }
        defer { streams.withLock { $0 -= 1 } }
        let details: [(name: String, value: JSONValue)] = [("path", .string(Self.text(path).visible()))]
        do {
            let (answer, isComplete) = try await withFiles(call, "write") { files, lease in
                try await requireAllowed(path, at: files)
                return try await self.write(call, to: path, plan, at: files, lease)
            }
            await record(
                "write", .done, call, session: session,
                details + [("offset", answer["offset"] ?? .null), ("complete", .bool(isComplete))])
            return .json(isComplete ? .created : .ok, answer)
        } catch {
            await recordFailure("write", call, session: session, error, details)
            throw error
        }
    }

    private func write(
        _ call: Call, to path: RawPath, _ plan: UploadPlan, at files: any RemoteFileSystem, _ lease: SessionLease
    ) async throws -> (JSONValue, Bool) {
        let existing = try await files.facts(of: path, followingLinks: true)
        guard existing?.kind != .directory, path.lastComponent.isSafeName else {
            throw Problem(
                .conflict, "\(Self.text(path).visible()) is a folder: name a file in it.", category: .fileSystem)
        }
        // A link stays, and what it leads to is replaced.
        let target = existing == nil ? path : try await files.realPath(path)
        let part = UploadPlan.part(beside: target)
        let permissions = existing?.plainPermissions ?? 0o644
        let file = try await open(part, plan, permissions, at: files)
        let writer = ContentWriter(file, at: plan.offset, window: streamWindow, on: loop)
        let progress = StreamProgress(
            SessionTransfer(
                id: call.id, direction: .upload, path: Self.text(path), bytesDone: plan.offset, bytesTotal: plan.total,
                phase: .running), in: lease.session
        ) { await writer.offset }
        do {
            let size = try await writer.copy(call.request.body, limit: plan.limit)
            await progress.end(.completed, bytesDone: size)
            metrics.countUp(Int(clamping: size - plan.offset))
            let isComplete = plan.isComplete(at: size)
            if isComplete { try await file.synchronize() }
            try await file.close()
            if isComplete { try await files.replace(target, with: part) }
            let sum = isComplete && plan.offset == 0 ? await writer.sum() : nil
            let answer: JSONValue = [
                "path": .string(Self.text(path)), "offset": .integer(Int64(clamping: size)),
                "complete": .bool(isComplete), "sha256": JSONValue(sum),
            ]
            return (answer, isComplete)
        } catch {
            await progress.end(.failed, bytesDone: await writer.offset)
            await giveUp(file, part, plan, whole: await writer.offset, at: files)
            throw error
        }
    }

    /// The file to write into: a new one from offset 0 on, else the one that is there, when it is as long as that.
    private func open(
        _ part: RawPath, _ plan: UploadPlan, _ permissions: UInt32, at files: any RemoteFileSystem
    ) async throws -> any OpenFile {
        guard plan.offset > 0 else {
            if try await files.facts(of: part, followingLinks: false) != nil { try await files.remove(part) }
            return try await files.open(part, .create(permissions: permissions))
        }
        let size = try await files.facts(of: part, followingLinks: false)?.size ?? 0
        guard size == plan.offset else {
            var problem = Problem(
                .conflict, "The upload has \(size) bytes, not \(plan.offset): go on from there.", category: .fileSystem,
                isRetryable: true)
            problem.headers.append("upload-offset", "\(size)")
            problem.members = [("offset", .integer(Int64(clamping: size)))]
            throw problem
        }
        return try await files.open(part, .update(permissions: permissions))
    }

    /// Leaves what can be gone on with, and nothing else. What the host took out of order behind a gap is cut off.
    private func giveUp(
        _ file: any OpenFile, _ part: RawPath, _ plan: UploadPlan, whole: UInt64, at files: any RemoteFileSystem
    ) async {
        // Also when the client is gone, and this task cancelled with it.
        let work = Task(executorPreference: loop) {
            guard plan.isResumable else {
                await file.abandon()
                try? await files.remove(part)
                return
            }
            var changes = FileChanges()
            changes.size = whole
            try? await file.change(changes)
            await file.abandon()
        }
        await work.value
    }

    // MARK: Uploads that are not complete

    func uploadState(_ call: Call) async throws -> HTTPResponse {
        let path = try queryPath(call)
        return try await withFiles(call, "look") { files, _ in
            try await requireAllowed(path, at: files)
            let size = try await files.facts(of: try await Self.part(of: path, at: files), followingLinks: false)?.size
            var response = HTTPResponse.json(
                .ok,
                [
                    "path": .string(Self.text(path)), "offset": .integer(Int64(clamping: size ?? 0)),
                    "complete": false, "sha256": .null,
                ])
            response.headers.append("upload-offset", "\(size ?? 0)")
            return response
        }
    }

    func abandonUpload(_ call: Call) async throws -> HTTPResponse {
        let path = try queryPath(call)
        return try await withFiles(call, "remove") { files, _ in
            try await requireAllowed(path, at: files)
            let part = try await Self.part(of: path, at: files)
            guard try await files.facts(of: part, followingLinks: false) != nil else {
                throw Problem.notFound("There is no upload of this file.")
            }
            try await files.remove(part)
            return .message("What was there of the upload is gone.")
        }
    }

    private static func part(of path: RawPath, at files: any RemoteFileSystem) async throws -> RawPath {
        let exists = try await files.facts(of: path, followingLinks: true) != nil
        return UploadPlan.part(beside: exists ? try await files.realPath(path) : path)
    }
}
