import Bytes
import Cryptography
package import Reactor
package import SFTP
import Synchronization

/// Moves files and trees between the local disk and one host over SFTP.
///
/// Bound to the client's loop. A file is written under a temporary name beside its target, and gets its name when it is
/// whole; whatever fails stops that file alone. Cancelling the task stops the transfer and removes temporary files, but
/// for those that `TransferOptions.resumes` keeps.
package actor TransferEngine {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    let client: FileTransferClient
    let options: TransferOptions
    let progress: TransferProgress
    let checksums: Checksums
    let limiter: RateLimiter?
    let downloadBudget: TransferBudget
    let uploadBudget: TransferBudget
    let local: FileSystem
    /// What happened so far.
    var summary = TransferSummary()
    /// Set when nothing more can be transferred.
    var ending: TransferError?
    /// What this run writes: no two sources may become the same file.
    private var claims: Set<RawPath> = []

    package init(
        client: FileTransferClient, options: TransferOptions, progress: TransferProgress,
        checksumCommand: Checksums.Command? = nil
    ) {
        loop = client.loop
        self.client = client
        self.options = options
        self.progress = progress
        checksums = Checksums(client: client, command: checksumCommand)
        limiter = options.rateLimit.map { RateLimiter(bytesPerSecond: $0) }
        downloadBudget = TransferBudget(limit: options.limits.bytesUnderWay)
        uploadBudget = TransferBudget(limit: options.limits.totalUploadBytesUnderWay)
        local = FileSystem(on: client.loop)
    }

    /// Runs `transfer` for every job, so many at once as the options say, until all are done or the connection is gone.
    func runAll<Job: Sendable>(
        _ jobs: [Job], _ transfer: @escaping @Sendable (Job) async throws(TransferError) -> Void,
        path: @escaping @Sendable (Job) -> RawPath
    ) async {
        await withTaskGroup(of: Void.self) { group in
            var next = jobs.startIndex
            var running = 0
            while next < jobs.endIndex || running > 0 {
                while next < jobs.endIndex, running < max(1, options.parallelFiles), ending == nil {
                    let job = jobs[next]
                    next += 1
                    running += 1
                    group.addTask(executorPreference: loop) {
                        do throws(TransferError) { try await transfer(job) } catch {
                            await self.note(error, at: path(job))
                        }
                    }
                }
                guard running > 0 else { return }
                await group.next()
                running -= 1
            }
        }
    }

    /// Notes that one path failed; after an error that ends the connection nothing more is begun.
    func note(_ error: TransferError, at path: RawPath) {
        if error.endsConnection {
            if ending == nil { summary.failures.append(TransferSummary.Failure(path: path, error: error)) }
            ending = ending ?? error
        } else {
            summary.failures.append(TransferSummary.Failure(path: path, error: error))
        }
    }

    func skip(_ path: RawPath, _ reason: String) {
        summary.skipped.append((path, reason))
    }

    // MARK: Names

    /// Forgets which targets were claimed: a new run begins.
    func forgetClaims() {
        claims = []
    }

    /// Takes `target` for one source; false when another source of this run has it.
    func claim(_ target: RawPath) -> Bool { claims.insert(target).inserted }

    /// The temporary name beside `target`; one that a later run finds again where transfers are resumed.
    func temporaryPath(for target: RawPath) -> RawPath {
        options.resumes ? temporaryPath(for: target, suffix: "part") : uniquePath(for: target)
    }

    /// A temporary name beside `target` that nobody else uses.
    nonisolated func uniquePath(for target: RawPath) -> RawPath {
        temporaryPath(for: target, suffix: String(UInt64.random(in: 0 ... .max), radix: 36))
    }

    private nonisolated func temporaryPath(for target: RawPath, suffix: String) -> RawPath {
        var name = target.lastComponent.bytes
        // The name with everything around it has to fit into 255 bytes, and two long names must not become one.
        if name.count > 200 { name = Array(Hexadecimal.encode(MessageDigest.digest(.sha256, of: name.rawSpan)).utf8) }
        return target.parent.appending(RawPath(bytes: Array(".".utf8) + name + Array(".fairlead-\(suffix)".utf8)))
    }

    /// Other names for `target`: `name (1).ext`, `name (2).ext`, …
    nonisolated func alternatives(to target: RawPath) -> [RawPath] {
        let name = target.lastComponent.bytes
        let dot = name.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > 0 ? $0 : nil } ?? name.endIndex
        return (1...999).map { number in
            let ending = Array(" (\(number))".utf8) + Array(name[dot...])
            let stem = name[..<dot].prefix(max(1, 255 - ending.count))
            return target.parent.appending(RawPath(bytes: Array((stem + ending).prefix(255))))
        }
    }

    // MARK: Errors of each side

    func onServer<Value: Sendable>(
        _ path: RawPath, _ body: () async throws(RequestError) -> Value
    ) async throws(TransferError) -> Value {
        do throws(RequestError) { return try await body() } catch {
            throw TransferError(error, at: path)
        }
    }

    func onDisk<Value: Sendable>(
        _ path: RawPath, _ body: () async throws(ReactorError) -> Value
    ) async throws(TransferError) -> Value {
        do throws(ReactorError) { return try await body() } catch {
            if error.kind == .cancelled { throw .cancelled }
            throw .local(error, path: path)
        }
    }

    /// The attributes of what is at `path`, links followed; nil when nothing is there.
    func remoteAttributes(_ path: RawPath) async throws(TransferError) -> Attributes? {
        try await onServer(path) { () throws(RequestError) in
            do throws(RequestError) { return try await client.attributes(at: path) } catch {
                if error.code == .noSuchFile { return nil }
                throw error
            }
        }
    }

    /// The status of what is at `path`, links followed; nil when nothing is there.
    func localStatus(_ path: RawPath) async throws(TransferError) -> FileStatus? {
        try await onDisk(path) { () throws(ReactorError) in
            do throws(ReactorError) { return try await local.stat(path) } catch {
                if error.kind == .notFound { return nil }
                throw error
            }
        }
    }

    /// The status of what is at `path` itself; nil when nothing is there.
    func localLinkStatus(_ path: RawPath) async throws(TransferError) -> FileStatus? {
        try await onDisk(path) { () throws(ReactorError) in
            do throws(ReactorError) { return try await local.lstat(path) } catch {
                if error.kind == .notFound { return nil }
                throw error
            }
        }
    }

    /// The attributes of what is at `path` itself; nil when nothing is there.
    func remoteLinkAttributes(_ path: RawPath) async throws(TransferError) -> Attributes? {
        try await onServer(path) { () throws(RequestError) in
            do throws(RequestError) { return try await client.linkAttributes(at: path) } catch {
                if error.code == .noSuchFile { return nil }
                throw error
            }
        }
    }

    /// Runs `body` to its end, even if the task is cancelled; a server that does not answer has some time from then on.
    func uncancelled<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
        let task = Task(executorPreference: loop) { await body() }
        let limit = TimeLimit()
        let (loop, time) = (loop, options.limits.cleanUpTime)
        let value = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            loop.execute { limit.start(after: time, on: loop) { task.cancel() } }
        }
        limit.end()
        return value
    }
}

/// A timer that may be ended before it was started.
private final class TimeLimit: Sendable {
    private enum Phase {
        case waiting
        case running(LoopTimer)
        case ended
    }

    private let phase = Mutex(Phase.waiting)

    /// On `loop`.
    func start(after time: Duration, on loop: EventLoop, _ body: @escaping @Sendable () -> Void) {
        phase.withLock { phase in
            guard case .waiting = phase else { return }
            phase = .running(
                loop.schedule(after: time) {
                    body()
                    self.end()
                })
        }
    }

    func end() {
        phase.withLock { phase in
            if case .running(let timer) = phase { timer.cancel() }
            phase = .ended
        }
    }
}
