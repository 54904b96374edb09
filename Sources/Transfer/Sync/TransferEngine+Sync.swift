package import Bytes
import Reactor
import SFTP

/// Makes one tree like another.
extension TransferEngine {
    /// Makes `destination` like `source`, a folder or a file: what differs in size or time is sent, with times and
    /// permissions. What was sent before and has another name now is renamed. A file at the destination that is newer
    /// counts as different, too.
    package func sync(
        _ source: RawPath, in place: any RemoteFileSystem, to destination: RawPath, at target: any RemoteFileSystem,
        _ sync: SyncOptions
    ) async -> TransferSummary {
        options.preserves = true
        options.onConflict = .overwrite
        let roots = Roots(source: source.isEmpty ? "." : source, destination: destination.isEmpty ? "." : destination)
        let plan = PlanBox()
        return await run(Route(source: place, destination: target), to: destination) {
            await plan.set(self.begin(roots, sync))
        } last: {
            if let plan = await plan.plan { await self.end(plan, roots, sync) }
        }
    }

    /// Hands a plan from the beginning of a run to its end.
    private actor PlanBox {
        var plan: SyncPlan?

        func set(_ plan: SyncPlan?) {
            self.plan = plan
        }
    }

    /// Compares, and begins what has to be done; nil when nothing more follows.
    private func begin(_ roots: Roots, _ sync: SyncOptions) async -> SyncPlan? {
        do throws(TransferError) {
            let facts = try await persistently { () throws(TransferError) in
                try await route.source.facts(of: roots.source, followingLinks: true)
            }
            let existing = try await persistently { () throws(TransferError) in
                try await route.destination.facts(of: roots.destination, followingLinks: true)
            }
            switch facts?.kind {
            case nil: throw .notFound(path: roots.source, "no such file or folder")
            case .directory?: break
            case .regular?, .symbolicLink?, .blockDevice?, .characterDevice?, .namedPipe?, .socket?:
                return try await beginFile(facts ?? FileFacts(kind: nil), existing, roots, sync)
            }
            if existing == nil {
                let parent = roots.destination.withoutTrailingSlashes.parent
                let folder = try await persistently { () throws(TransferError) in
                    try await route.destination.facts(of: parent.isEmpty ? "." : parent, followingLinks: true)
                }
                guard folder != nil else { throw .notFound(path: parent, "no such folder") }
            }
            if try await overlap(roots, destinationExists: existing != nil) {
                throw .wrongKind(path: roots.destination, "within \(roots.source), or the reverse")
            }
            if let existing, existing.kind != .directory {
                throw .wrongKind(path: roots.destination, "in the way of a folder")
            }
            var plan = await comparison(of: roots, destinationExists: existing != nil, sync)
            if let facts {
                if existing == nil {
                    plan.newFolders.insert(("", facts), at: 0)
                } else if let existing {
                    plan.commonFolders.append(("", facts, existing))
                }
            }
            if sync.deletes { plan.findMoves() }
            if let tell = sync.plan { for step in plan.steps(deletes: sync.deletes) { tell(step) } }
            summary.unchanged += plan.unchanged
            if sync.isDryRun { return nil }
            guard ending == nil else { return nil }
            try checkRemovals(&plan, roots, sync)
            await carryOut(plan, roots)
            return plan
        } catch {
            note(error, at: roots.source)
            return nil
        }
    }

    /// Whether one of the two folders lies in the other: neither can be made like the other then.
    private func overlap(_ roots: Roots, destinationExists: Bool) async throws(TransferError) -> Bool {
        guard route.source.place == route.destination.place, route.source.isLocal == route.destination.isLocal else {
            return false
        }
        let (source, destination) = (route.source, route.destination)
        return try await persistently { () throws(TransferError) in
            let ours = try await source.realPath(roots.source)
            let theirs: RawPath
            if destinationExists {
                theirs = try await destination.realPath(roots.destination)
            } else {
                let parent = roots.destination.withoutTrailingSlashes.parent
                theirs = try await destination.realPath(parent.isEmpty ? "." : parent)
                    .appending(roots.destination.lastComponent)
            }
            return ours == theirs || ours.isBelow(theirs) || theirs.isBelow(ours)
        }
    }

    /// A source that is one file.
    private func beginFile(
        _ facts: FileFacts, _ existing: FileFacts?, _ roots: Roots, _ sync: SyncOptions
    ) async throws(TransferError) -> SyncPlan? {
        if let existing, existing.kind == .directory {
            throw .wrongKind(path: roots.destination, "a folder, where \(roots.source) is a file")
        }
        let isSame = existing?.size == facts.size && existing?.modified?.seconds == facts.modified?.seconds
        if isSame, !sync.comparesContent {
            summary.unchanged += 1
            return nil
        }
        let name = roots.source.lastComponent
        sync.plan?(.transfer(name, bytes: facts.size ?? 0, isNew: existing == nil))
        if sync.isDryRun { return nil }
        await plan([roots.source], to: roots.destination)
        return nil
    }

    /// Takes the removals out of the plan when they are more than may be.
    private func checkRemovals(_ plan: inout SyncPlan, _ roots: Roots, _ sync: SyncOptions) throws(TransferError) {
        let count = plan.extras.count
        guard count > 0 else { return }
        // A disk that is not mounted looks like an empty folder.
        let limit = sync.maximumRemovals ?? (plan.sourceIsEmpty ? 0 : .max)
        guard count > limit else { return }
        note(.tooManyRemovals(path: roots.destination, count: count, limit: limit), at: roots.destination)
        plan.extras = []
    }

    /// Removes what is in the way, makes folders, renames what has moved, and begins to send.
    private func carryOut(_ plan: SyncPlan, _ roots: Roots) async {
        await remove(plan.extras.filter(\.isInTheWay), roots)
        let destination = route.destination
        // Level by level: a folder needs the one above it.
        let levels = Dictionary(grouping: plan.newFolders) { $0.path.components.count }
        for level in levels.keys.sorted() {
            await forEach(levels[level] ?? []) { (engine, folder) throws(TransferError) in
                let permissions = (folder.facts.plainPermissions ?? 0o777) | 0o700
                if try await destination.makeFolder(roots.destination(folder.path), permissions: permissions) {
                    await engine.count { $0.folders += 1 }
                } else if try await destination.facts(of: roots.destination(folder.path), followingLinks: true)?.kind
                    != .directory
                {
                    throw .wrongKind(path: roots.destination(folder.path), "in the way of a folder")
                }
            } path: {
                roots.destination($0.path)
            }
        }
        await forEach(plan.moves) { (engine, move) throws(TransferError) in
            try await destination.replace(roots.destination(move.to), with: roots.destination(move.from))
            await engine.count { $0.moved += 1 }
        } path: {
            roots.destination($0.to)
        }
        for file in plan.files {
            if file.content == .file { progress.expect(bytes: file.facts.size ?? 0) }
            let folder = file.path.parent
            jobs.append(
                TransferJob(
                    sourceFolder: roots.source(folder), sourceName: file.path.lastComponent,
                    targetFolder: roots.destination(folder), targetName: file.path.lastComponent,
                    content: file.content, facts: file.facts,
                    existing: file.existing.map { .found($0) } ?? .nothing, isNamed: false))
        }
        wake()
    }

    /// Adjusts attributes, removes what is too much, and says which folders get their attributes back.
    private func end(_ plan: SyncPlan, _ roots: Roots, _ sync: SyncOptions) async {
        guard ending == nil else { return }
        let destination = route.destination
        await forEach(plan.adjustments) { (_, adjustment) throws(TransferError) in
            try await destination.change(roots.destination(adjustment.path), adjustment.changes)
        } path: {
            roots.destination($0.path)
        }
        let extras = plan.extras.filter { !$0.isInTheWay }
        if !extras.isEmpty, !summary.failures.isEmpty {
            skip(roots.destination, "nothing was removed, since not everything was transferred")
        } else {
            await remove(extras, roots)
        }
        // Whatever changes in a folder changes its time.
        var touched: Set<RawPath> = []
        for file in plan.files { touched.insert(file.path.parent) }
        for folder in plan.newFolders where !folder.path.isEmpty { touched.insert(folder.path.parent) }
        for move in plan.moves { touched.formUnion([move.from.parent, move.to.parent]) }
        for extra in plan.extras { touched.insert(extra.path.parent) }
        finished = plan.newFolders.map { FinishedFolder(target: roots.destination($0.path), facts: $0.facts) }
        for folder in plan.commonFolders {
            let isSame =
                folder.source.modified?.seconds == folder.target.modified?.seconds
                && folder.source.plainPermissions == folder.target.plainPermissions
            guard !isSame || touched.contains(folder.path) else { continue }
            finished.append(FinishedFolder(target: roots.destination(folder.path), facts: folder.source))
        }
    }

    /// Files at once, then folders, the deepest first.
    private func remove(_ extras: [SyncPlan.Extra], _ roots: Roots) async {
        guard !extras.isEmpty else { return }
        let destination = route.destination
        await forEach(extras.filter { !$0.isFolder }) { (engine, extra) throws(TransferError) in
            do throws(TransferError) { try await destination.remove(roots.destination(extra.path)) } catch {
                // The attempt before a loss may have done it.
                guard !error.endsConnection,
                    try await destination.facts(of: roots.destination(extra.path), followingLinks: false) == nil
                else { throw error }
            }
            await engine.count { $0.removed += 1 }
        } path: {
            roots.destination($0.path)
        }
        let levels = Dictionary(grouping: extras.filter(\.isFolder)) { $0.path.components.count }
        for level in levels.keys.sorted(by: >) {
            await forEach(levels[level] ?? []) { (engine, extra) throws(TransferError) in
                try await destination.removeFolder(roots.destination(extra.path))
                await engine.count { $0.removed += 1 }
            } path: {
                roots.destination($0.path)
            }
        }
    }

    func count(_ change: @Sendable (inout TransferSummary) -> Void) {
        change(&summary)
    }

    /// Does something for each item, many at once; what fails is noted.
    private func forEach<Item: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (TransferEngine, Item) async throws(TransferError) -> Void,
        path: @escaping @Sendable (Item) -> RawPath
    ) async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for item in items where ending == nil {
                if running == 256 {
                    await group.next()
                    running -= 1
                }
                running += 1
                group.addTask(executorPreference: loop) {
                    do throws(TransferError) {
                        try await self.persistently { () throws(TransferError) in try await body(self, item) }
                    } catch {
                        await self.note(error, at: path(item))
                    }
                }
            }
        }
    }
}
