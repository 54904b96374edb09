import Bytes
import Reactor
import SFTP

/// Compares two trees, folder by folder, many at once; nothing but their listings is asked for unless something differs.
extension TransferEngine {
    /// Two folders of one path, or one that only one side has.
    struct FolderPair: Sendable {
        let path: RawPath
        let isInSource: Bool
        let isInDestination: Bool
        var depth = 1
        /// Whether all of it has to go before something else can have its name.
        var isInTheWay = false
        /// The real paths of folders that links have led to on the way here.
        var trail: [RawPath] = []
    }

    /// The two trees.
    struct Roots: Sendable {
        let source: RawPath
        let destination: RawPath

        func source(_ path: RawPath) -> RawPath { path.isEmpty ? source : source.appending(path) }
        func destination(_ path: RawPath) -> RawPath { path.isEmpty ? destination : destination.appending(path) }
    }

    func comparison(of roots: Roots, destinationExists: Bool, _ sync: SyncOptions) async -> SyncPlan {
        var plan = SyncPlan()
        var waiting = [FolderPair(path: "", isInSource: true, isInDestination: destinationExists)]
        await withTaskGroup(of: (SyncPlan, [FolderPair]).self) { group in
            var running = 0
            while running > 0 || !waiting.isEmpty {
                while ending == nil, running < options.limits.listings, let pair = waiting.popLast() {
                    running += 1
                    group.addTask(executorPreference: loop) { await self.compare(pair, roots, sync) }
                }
                guard let (part, below) = await group.next() else { break }
                running -= 1
                plan.add(part)
                if ending == nil { waiting += below } else { waiting = [] }
            }
        }
        // Folders above come before those below, whichever was listed first.
        plan.newFolders.sort { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
        plan.extras.sort { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
        return plan
    }

    private func compare(_ pair: FolderPair, _ roots: Roots, _ sync: SyncOptions) async -> (SyncPlan, [FolderPair]) {
        var plan = SyncPlan()
        var below: [FolderPair] = []
        do throws(TransferError) {
            guard pair.depth <= options.limits.depth else {
                throw .wrongKind(path: roots.source(pair.path), "too deep within other folders")
            }
            async let theirs =
                pair.isInDestination
                ? listing(of: roots.destination(pair.path), in: route.destination) : .success(FolderListing())
            let ours =
                pair.isInSource
                ? try await listing(of: roots.source(pair.path), in: route.source).get() : FolderListing()
            let there = try await theirs.get()
            entryCount += ours.entries.count + there.entries.count
            guard entryCount <= options.limits.treeEntries else {
                throw .remote(.listingTooLong(limit: options.limits.treeEntries), path: roots.source(pair.path))
            }
            for refusal in ours.refusals + there.refusals {
                note(.unsafeName(refusal, folder: roots.source(pair.path)), at: roots.source(pair.path))
            }
            var existing: [RawPath: FileFacts] = [:]
            for entry in there.entries { existing[entry.name] = entry.facts }
            plan.sourceIsEmpty = ours.entries.isEmpty || !pair.isInSource
            var alike: [(name: RawPath, facts: FileFacts, existing: FileFacts)] = []
            for entry in ours.entries {
                let path = pair.path.appending(entry.name)
                let found = existing.removeValue(forKey: entry.name)
                guard let (facts, trail) = await facts(of: entry, path, pair, roots) else { continue }
                switch facts.kind {
                case .directory?:
                    if let found, found.kind == .directory {
                        plan.commonFolders.append((path, facts, found))
                    } else {
                        if let found {
                            guard sync.deletes else {
                                // A link is not followed either: it may lead out of the tree.
                                note(
                                    .wrongKind(path: roots.destination(path), "in the way of a folder"),
                                    at: roots.source(path))
                                continue
                            }
                            addObstacle(found, path, to: &plan, &below, depth: pair.depth, sync, roots)
                        }
                        plan.newFolders.append((path, facts))
                    }
                    below.append(
                        FolderPair(
                            path: path, isInSource: true, isInDestination: found?.kind == .directory,
                            depth: pair.depth + 1, trail: trail))
                case .regular?, nil:
                    guard let found, found.kind == .regular else {
                        if let found, found.kind == .directory {
                            addObstacle(found, path, to: &plan, &below, depth: pair.depth, sync, roots)
                        }
                        plan.files.append(SyncPlan.NewFile(path: path, facts: facts, existing: nil))
                        continue
                    }
                    if found.size == facts.size, sync.comparesContent {
                        alike.append((entry.name, facts, found))
                    } else if found.size == facts.size, isSameTime(facts, found) {
                        addUnchanged(path, facts, found, to: &plan)
                    } else {
                        plan.files.append(SyncPlan.NewFile(path: path, facts: facts, existing: found))
                    }
                case .symbolicLink?: try await compareLink(path, facts, found, roots, &plan, &below, pair.depth, sync)
                case .blockDevice?, .characterDevice?, .namedPipe?, .socket?:
                    skip(roots.source(path), "not a regular file")
                }
            }
            try await compareContent(of: alike, in: pair, roots, &plan)
            // What is left there the source does not have.
            for (name, facts) in existing where sync.deletes {
                let path = pair.path.appending(name)
                guard isIncluded(path, isFolder: facts.kind == .directory, facts),
                    !TemporaryNames.isWanted(name, facts, now: loop.calendarTime)
                else { continue }
                plan.extras.append(SyncPlan.Extra(path: path, facts: facts, isInTheWay: pair.isInTheWay))
                guard facts.kind == .directory else { continue }
                below.append(
                    FolderPair(
                        path: path, isInSource: false, isInDestination: true, depth: pair.depth + 1,
                        isInTheWay: pair.isInTheWay))
            }
        } catch {
            note(error, at: roots.source(pair.path))
        }
        return (plan, below)
    }

    private func listing(
        of path: RawPath, in place: any RemoteFileSystem
    ) async -> Result<FolderListing, TransferError> {
        let limit = options.limits.folderEntries
        do throws(TransferError) {
            return .success(
                try await persistently { () throws(TransferError) in try await place.list(path, limit: limit) })
        } catch {
            return .failure(error)
        }
    }

    /// What an entry of the source is by the rules for names and links; nil when it is left out.
    private func facts(
        of entry: FolderListing.Entry, _ path: RawPath, _ pair: FolderPair, _ roots: Roots
    ) async -> (FileFacts, trail: [RawPath])? {
        var facts = entry.facts
        var trail = pair.trail
        if facts.kind == .symbolicLink {
            switch options.links {
            case .keep: break
            case .skip:
                skip(roots.source(path), "a symbolic link")
                return nil
            case .follow:
                let target = await follow(roots.source(path), in: roots.source(pair.path), &trail)
                guard let target else { return nil }
                facts = target
            }
        }
        guard isIncluded(path, isFolder: facts.kind == .directory, facts) else { return nil }
        return (facts, trail)
    }

    /// Times are the same when their seconds are: version 3 of SFTP keeps no more.
    private func isSameTime(_ facts: FileFacts, _ existing: FileFacts) -> Bool {
        facts.modified?.seconds == existing.modified?.seconds
    }

    private func addUnchanged(_ path: RawPath, _ facts: FileFacts, _ existing: FileFacts, to plan: inout SyncPlan) {
        var changes = preserved(facts)
        if existing.plainPermissions == changes.permissions { changes.permissions = nil }
        if existing.modified?.seconds == facts.modified?.seconds { changes.times = nil }
        if existing.owner == changes.owner { changes.owner = nil }
        if changes.isEmpty {
            plan.unchanged += 1
        } else {
            plan.adjustments.append(SyncPlan.Adjustment(path: path, changes: changes))
        }
    }

    /// What is in the way of something of another kind goes first, where removing is allowed; else that fails.
    private func addObstacle(
        _ facts: FileFacts, _ path: RawPath, to plan: inout SyncPlan, _ below: inout [FolderPair], depth: Int,
        _ sync: SyncOptions, _ roots: Roots
    ) {
        guard sync.deletes else { return }
        plan.extras.append(SyncPlan.Extra(path: path, facts: facts, isInTheWay: true))
        guard facts.kind == .directory else { return }
        below.append(
            FolderPair(path: path, isInSource: false, isInDestination: true, depth: depth + 1, isInTheWay: true))
    }

    private func compareLink(
        _ path: RawPath, _ facts: FileFacts, _ found: FileFacts?, _ roots: Roots, _ plan: inout SyncPlan,
        _ below: inout [FolderPair], _ depth: Int, _ sync: SyncOptions
    ) async throws(TransferError) {
        if let found, found.kind == .symbolicLink {
            let (source, destination) = (route.source, route.destination)
            let isSame = try await persistently { () throws(TransferError) in
                let ours = try await source.readLink(roots.source(path))
                return try await destination.readLink(roots.destination(path)) == ours
            }
            if isSame { return plan.unchanged += 1 }
        }
        if let found, found.kind == .directory {
            addObstacle(found, path, to: &plan, &below, depth: depth, sync, roots)
        }
        plan.files.append(SyncPlan.NewFile(path: path, facts: facts, existing: found, content: .link))
    }

    /// Compares files of the same size by their SHA-256.
    private func compareContent(
        of files: [(name: RawPath, facts: FileFacts, existing: FileFacts)], in pair: FolderPair, _ roots: Roots,
        _ plan: inout SyncPlan
    ) async throws(TransferError) {
        guard !files.isEmpty else { return }
        let paths = files.map { pair.path.appending($0.name) }
        let pairs = paths.map { (roots.source($0), roots.destination($0)) }
        let same = try await persistently { () throws(TransferError) -> [Bool] in
            if let same = try await areSame(pairs) { return same }
            // Nobody computes it there: what is there is read.
            var same: [Bool] = []
            for (index, (source, target)) in pairs.enumerated() {
                let size = files[index].facts.size ?? 0
                let ours = try await route.source.sha256(of: source, size: size).sha256
                same.append(try await route.destination.sha256(of: target, size: size).sha256 == ours)
            }
            return same
        }
        for (index, file) in files.enumerated() {
            if same[index] {
                addUnchanged(paths[index], file.facts, file.existing, to: &plan)
            } else {
                plan.files.append(
                    SyncPlan.NewFile(path: paths[index], facts: file.facts, existing: file.existing))
            }
        }
    }
}
