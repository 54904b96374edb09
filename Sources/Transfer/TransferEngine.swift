import Bytes
package import Reactor
package import SFTP

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
    let local: FileSystem
    /// What happened so far.
    var summary = TransferSummary()
    /// Set when nothing more can be transferred.
    var ending: TransferError?

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

    /// The temporary name beside `target`; one that a later run finds again where transfers are resumed.
    func temporaryPath(for target: RawPath) -> RawPath {
        let suffix = options.resumes ? "part" : String(UInt64.random(in: 0 ... .max), radix: 36)
        let name = Array(target.lastComponent.bytes.prefix(255 - 40))
        return target.parent.appending(RawPath(bytes: Array(".".utf8) + name + Array(".fairlead-\(suffix)".utf8)))
    }

    /// A free name for `target`: `name (1).ext`, `name (2).ext`, …
    nonisolated func alternatives(to target: RawPath) -> [RawPath] {
        let name = target.lastComponent.bytes
        let dot = name.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > 0 ? $0 : nil } ?? name.endIndex
        return (1...999).map { number in
            target.parent.appending(
                RawPath(bytes: Array(name[..<dot]) + Array(" (\(number))".utf8) + Array(name[dot...])))
        }
    }

    // MARK: Errors of each side

    func onServer<Value: Sendable>(
        _ path: RawPath, _ body: () async throws(RequestError) -> Value
    ) async throws(TransferError) -> Value {
        do throws(RequestError) { return try await body() } catch {
            if case .cancelled = error { throw .cancelled }
            throw .remote(error, path: path)
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

    /// The status of what is at `path`, links followed only where the user chose the name; nil when nothing is there.
    func localStatus(
        _ path: RawPath, _ origin: DownloadJob.Origin = .named
    ) async throws(TransferError) -> FileStatus? {
        try await onDisk(path) { () throws(ReactorError) in
            do throws(ReactorError) {
                return switch origin {
                case .named: try await local.stat(path)
                case .listed: try await local.lstat(path)
                }
            } catch {
                if error.kind == .notFound { return nil }
                throw error
            }
        }
    }

    /// Runs `cleanUp` to its end, even if the task is cancelled.
    func uncancelled(_ cleanUp: @escaping @Sendable () async -> Void) async {
        await Task(executorPreference: loop) { await cleanUp() }.value
    }
}
