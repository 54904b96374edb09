package import Bytes
package import Reactor

/// Moves files and trees between two places: the local disk and a host, or two hosts.
///
/// Bound to the loop of both. Listing, reading and writing of many files overlap: nothing is awaited that need not be. A
/// file is written under a temporary name beside its target, and gets its name when it is whole; whatever fails stops that
/// file alone. A connection that is lost is made again as the place allows, and what was under way goes on. Cancelling the
/// task stops the transfer and removes temporary files, but for those that `TransferOptions.resumes` keeps. One run at a
/// time.
package actor TransferEngine {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    var options: TransferOptions
    let progress: TransferProgress
    let control: TransferControl
    let limiter: RateLimiter?
    let budget: TransferBudget
    /// Where the current run reads and writes.
    var route: Route
    /// What happened so far.
    var summary = TransferSummary()
    /// Set when nothing more can be transferred.
    var ending: TransferError?
    /// What this run writes: no two sources may become the same file.
    private var claims: Set<RawPath> = []
    /// Folders that wait to be listed, and files and links that wait for their turn.
    var folders = WorkQueue<FolderVisit>()
    var jobs = WorkQueue<TransferJob>()
    /// Folders whose attributes are set when everything in them is there.
    var finished: [FinishedFolder] = []
    var entryCount = 0
    /// How often connections were made again before this run.
    private var recoveriesBefore = 0
    /// Temporary files that a lost connection, or a process that was killed, left.
    var strays: [RawPath] = []
    /// By this a later run with `resumes` knows temporary files of this one; empty without that.
    package private(set) var tag = ""
    /// Notes of trees that this run brings under a new name.
    var markers: [RawPath] = []
    private var listing = 0
    private var running = 0
    /// Bytes that the running jobs hold, at most.
    private var runningBytes = 0
    private var openFiles = 256
    private var waker: CheckedContinuation<Void, Never>?
    private var isAwake = false

    /// Where a run reads and where it writes.
    struct Route: Sendable {
        let source: any RemoteFileSystem
        let destination: any RemoteFileSystem
    }

    /// An engine whose runs happen on `loop`, that of every place it is given.
    package init(
        on loop: EventLoop, options: TransferOptions, progress: TransferProgress,
        control: TransferControl = TransferControl()
    ) {
        self.loop = loop
        self.options = options
        self.progress = progress
        self.control = control
        limiter = options.rateLimit.map { RateLimiter(bytesPerSecond: $0) }
        budget = TransferBudget(limit: options.limits.bytesUnderWay)
        let disk = LocalFileSystem(on: loop)
        route = Route(source: disk, destination: disk)
    }

    // MARK: Runs

    /// Copies `sources` to `destination`: into it when it is a folder or there are several sources, else under its name.
    ///
    /// Folders are copied with all that is in them.
    package func copy(
        _ sources: [RawPath], from source: any RemoteFileSystem, to destination: RawPath,
        at target: any RemoteFileSystem
    ) async -> TransferSummary {
        await run(Route(source: source, destination: target), to: destination) {
            await self.plan(sources, to: destination.isEmpty ? "." : destination)
        }
    }

    /// Copies what `list` names, relative to the folder `base`, to the same places below the folder `destination`.
    package func copy(
        listed list: [RawPath], below base: RawPath, from source: any RemoteFileSystem, to destination: RawPath,
        at target: any RemoteFileSystem
    ) async -> TransferSummary {
        await run(Route(source: source, destination: target), to: destination) {
            await self.plan(listed: list, below: base, to: destination.isEmpty ? "." : destination)
        }
    }

    /// Plans with `plan`, and does what it has found, which begins meanwhile; then `last`, and what folders get at the end.
    func run(
        _ route: Route, to destination: RawPath, _ plan: @escaping @Sendable () async -> Void,
        last: @Sendable () async -> Void = {}
    ) async -> TransferSummary {
        self.route = route
        summary = TransferSummary()
        (ending, claims, finished, entryCount, strays, markers) = (nil, [], [], 0, [], [])
        tag = options.resumes ? TemporaryNames.tag(route.source.place, route.destination.place, destination) : ""
        recoveriesBefore = await route.source.recoveries + route.destination.recoveries
        if let limit = try? await route.destination.capabilities().openFiles { openFiles = limit }
        if let limit = try? await route.source.capabilities().openFiles { openFiles = min(openFiles, limit) }
        await withDiscardingTaskGroup { group in
            listing += 1
            group.addTask(executorPreference: loop) {
                await plan()
                await self.listed()
            }
            while startMore(in: &group) { await sleep() }
        }
        progress.totalIsKnown()
        await removeStrays()
        await last()
        await finishFolders()
        if options.durability == .automatic, summary.files > 0, ending == nil {
            await synchronizeDestination()
        }
        await removeMarkers()
        return summary
    }

    /// Starts what may run by now; false when nothing is left.
    private func startMore(in group: inout DiscardingTaskGroup) -> Bool {
        if Task.isCancelled, ending == nil { note(.cancelled, at: "") }
        if ending != nil {
            folders.removeAll()
            jobs.removeAll()
        }
        if control.isPaused {
            control.whenResumed { self.loop.execute { self.assumeIsolated { $0.wake() } } }
        } else {
            while listing < options.limits.listings, jobs.count < options.limits.waitingFiles,
                let folder = folders.popFirst()
            {
                listing += 1
                group.addTask(executorPreference: loop) {
                    await self.visit(folder)
                    await self.listed()
                }
            }
            while let job = jobs.first, mayStart(job) {
                _ = jobs.popFirst()
                let weight = job.weight
                running += 1
                runningBytes += weight
                group.addTask(executorPreference: loop) {
                    await self.perform(job)
                    await self.performed(weight)
                }
            }
        }
        if listing == 0, folders.isEmpty { progress.totalIsKnown() }
        return listing > 0 || running > 0 || !folders.isEmpty || !jobs.isEmpty
    }

    private func mayStart(_ job: TransferJob) -> Bool {
        guard running > 0 else { return true }
        return running < min(max(1, options.parallelFiles), openFiles)
            && runningBytes + job.weight <= options.limits.bytesUnderWay
    }

    private func listed() {
        listing -= 1
        wake()
    }

    private func performed(_ weight: Int) {
        running -= 1
        runningBytes -= weight
        wake()
    }

    /// Waits until something has ended or come.
    private func sleep() async {
        await withCheckedContinuation(isolation: self) { continuation in
            // Looked at here and not before: others may have had a turn on the way.
            if isAwake { continuation.resume() } else { waker = continuation }
        }
        isAwake = false
    }

    func wake() {
        isAwake = true
        waker.take()?.resume()
    }

    private func removeStrays() async {
        guard ending == nil else { return }
        let destination = route.destination
        await withDiscardingTaskGroup { group in
            for stray in strays {
                group.addTask(executorPreference: loop) { try? await destination.remove(stray) }
            }
        }
    }

    /// Notes temporary files that an earlier run left in `folder`, to be removed at the end.
    func noteStrays(_ names: some Sequence<RawPath>, in folder: RawPath) {
        strays += names.filter { TemporaryNames.isUnique($0, tag: tag) }.map { folder.appending($0) }
    }

    // MARK: Losses

    /// Runs `body` again after a loss of the connection, as long as it can be made again. For what may be done twice.
    func persistently<Value: Sendable>(
        _ body: () async throws(TransferError) -> Value
    ) async throws(TransferError) -> Value {
        while true {
            do throws(TransferError) { return try await body() } catch {
                guard await recovers(from: error) else { throw error }
            }
        }
    }

    /// Whether the connection that `error` tells of the loss of could be made again.
    func recovers(from error: TransferError) async -> Bool {
        guard error.isLoss, ending == nil, !Task.isCancelled else { return false }
        guard await route.source.recover(from: error), await route.destination.recover(from: error) else {
            return false
        }
        // All files that were under way come here after one loss.
        summary.retries = await route.source.recoveries + route.destination.recoveries - recoveriesBefore
        progress.setRetries(summary.retries)
        return ending == nil
    }

    // MARK: Outcomes

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

    /// Takes `target` for one source; false when another source of this run has it.
    func claim(_ target: RawPath) -> Bool { claims.insert(target).inserted }

    /// The name that becomes of `target` by the rule for conflicts, and that no other source of this run gets; nil to leave
    /// it.
    func name(for target: RawPath, isTaken: Bool) async throws(TransferError) -> RawPath? {
        switch options.onConflict {
        case .overwrite: break
        case .skip: if isTaken { return nil }
        case .fail: if isTaken { throw .targetExists(path: target) }
        case .rename:
            if !isTaken, claim(target) { return target }
            for candidate in TemporaryNames.alternatives(to: target) {
                let existing = try await persistently { () throws(TransferError) in
                    try await route.destination.facts(of: candidate, followingLinks: false)
                }
                if existing == nil, claim(candidate) { return candidate }
            }
            throw .targetExists(path: target)
        }
        guard claim(target) else { throw .targetExists(path: target) }
        return target
    }
}
