import Bytes
import Reactor
import SFTP

/// Trees: each folder is listed on its own, many at once, and what is in it is begun as soon as it is known.
extension TransferEngine {
    func visit(_ folder: FolderVisit) async {
        do throws(TransferError) {
            guard folder.depth <= options.limits.depth else {
                throw .wrongKind(path: folder.source, "too deep within other folders")
            }
            async let listing = listSource(folder.source)
            let existing = try await prepare(folder)
            finished.append(FinishedFolder(target: folder.target, facts: folder.facts))
            let found = try await listing.get()
            entryCount += found.entries.count
            guard entryCount <= options.limits.treeEntries else {
                throw .remote(.listingTooLong(limit: options.limits.treeEntries), path: folder.source)
            }
            for refusal in found.refusals { note(.unsafeName(refusal, folder: folder.source), at: folder.source) }
            let same = try await alike(found.entries, folder, existing)
            // A server that is honest sends each name once; the first one counts.
            var names: Set<RawPath> = []
            for entry in found.entries {
                if names.insert(entry.name).inserted {
                    await add(entry, of: folder, existing, same)
                } else {
                    note(
                        .targetExists(path: folder.target.appending(entry.name)),
                        at: folder.source.appending(entry.name))
                }
            }
        } catch {
            note(await route.destination.explaining(error, writing: 0), at: folder.source)
        }
    }

    private func listSource(_ path: RawPath) async -> Result<FolderListing, TransferError> {
        do throws(TransferError) {
            return .success(
                try await persistently { () throws(TransferError) in
                    try await route.source.list(path, limit: options.limits.folderEntries)
                })
        } catch {
            return .failure(error)
        }
    }

    /// Makes the target folder, or looks what is in it; nil when it is new. A link is taken for a folder only where the user
    /// named it, or on a server, where whoever made the link is the user: below, it could have been put here to lead out.
    private func prepare(_ folder: FolderVisit) async throws(TransferError) -> [RawPath: FileFacts]? {
        let destination = route.destination
        // A new folder lets us in.
        let permissions = (folder.facts.plainPermissions ?? 0o777) | 0o700
        let isNew = try await persistently { () throws(TransferError) in
            try await destination.makeFolder(folder.target, permissions: permissions)
        }
        if isNew {
            summary.folders += 1
            return nil
        }
        let limit = options.limits.folderEntries
        let follows = folder.mayBeLink || !destination.isLocal
        return try await persistently { () throws(TransferError) -> [RawPath: FileFacts] in
            let facts = try await destination.facts(of: folder.target, followingLinks: follows)
            guard facts?.kind == .directory else {
                throw .wrongKind(path: folder.target, "in the way of a folder")
            }
            var existing: [RawPath: FileFacts] = [:]
            for entry in try await destination.list(folder.target, limit: limit).entries {
                existing[entry.name] = entry.facts
            }
            return existing
        }
    }

    private func add(
        _ entry: FolderListing.Entry, of folder: FolderVisit, _ existing: [RawPath: FileFacts]?, _ same: Set<RawPath>
    ) async {
        let relative = folder.relative.appending(entry.name)
        var facts = entry.facts
        var trail = folder.trail
        if facts.kind == .symbolicLink {
            switch options.links {
            case .keep: break
            case .skip: return skip(folder.source.appending(entry.name), "a symbolic link")
            case .follow:
                guard let target = await follow(folder.source.appending(entry.name), in: folder.source, &trail) else {
                    return
                }
                facts = target
            }
        }
        let isFolder = facts.kind == .directory
        guard isIncluded(relative, isFolder: isFolder, facts) else { return }
        switch facts.kind {
        case .directory?:
            folders.append(
                FolderVisit(
                    source: folder.source.appending(entry.name), target: folder.target.appending(entry.name),
                    facts: facts, relative: relative, depth: folder.depth + 1, mayBeLink: false, trail: trail))
        case .regular?, nil:
            progress.expect(bytes: facts.size ?? 0)
            addJob(.file, entry.name, of: folder, facts, existing, isSame: same.contains(entry.name))
        case .symbolicLink?: addJob(.link, entry.name, of: folder, facts, existing, isSame: false)
        case .blockDevice?, .characterDevice?, .namedPipe?, .socket?:
            skip(folder.source.appending(entry.name), "not a regular file")
        }
    }

    func isIncluded(_ relative: RawPath, isFolder: Bool, _ facts: FileFacts) -> Bool {
        guard !options.selection.isEmpty else { return true }
        let size = isFolder ? nil : facts.size
        return options.selection.decision(for: relative, isFolder: isFolder, size: size) == .included
    }

    private func addJob(
        _ content: TransferJob.Content, _ name: RawPath, of folder: FolderVisit, _ facts: FileFacts,
        _ existing: [RawPath: FileFacts]?, isSame: Bool
    ) {
        let known = existing?[name].map { isSame ? TransferJob.Existing.same($0) : .found($0) } ?? .nothing
        jobs.append(
            TransferJob(
                sourceFolder: folder.source, sourceName: name, targetFolder: folder.target, targetName: name,
                content: content, facts: facts, existing: known, isNamed: false))
    }

    /// The names of files that an earlier run has brought: they are compared where both sides can do that by themselves.
    private func alike(
        _ entries: [FolderListing.Entry], _ folder: FolderVisit, _ existing: [RawPath: FileFacts]?
    ) async throws(TransferError) -> Set<RawPath> {
        guard options.resumes, options.onConflict == .overwrite, let existing else { return [] }
        let candidates = entries.filter { isLikely($0.facts, existing[$0.name]) }.map(\.name)
        let pairs = candidates.map { (folder.source.appending($0), folder.target.appending($0)) }
        let same = try await persistently { () throws(TransferError) in try await areSame(pairs) }
        // Where it cannot be found out, those count that look so.
        guard let same else { return Set(candidates) }
        return Set(zip(candidates, same).filter(\.1).map(\.0))
    }

    /// Whether an earlier run may have brought the file: it is as long, and no older than the source.
    func isLikely(_ source: FileFacts, _ existing: FileFacts?) -> Bool {
        guard let existing, existing.kind == .regular, source.kind == .regular, let size = source.size,
            existing.size == size, size > 0, let changed = source.modified, let made = existing.modified
        else { return false }
        return made.seconds >= changed.seconds
    }

    /// Which files have the same content on both sides; nil where that cannot be found out without sending them.
    func areSame(_ pairs: [(source: RawPath, target: RawPath)]) async throws(TransferError) -> [Bool]? {
        let (sources, targets) = (pairs.map(\.source), pairs.map(\.target))
        // The other side first: it may not be able to, and then the local disk need not be read.
        if route.source.isLocal {
            guard let theirs = try await route.destination.sha256(ofEach: targets),
                let ours = try await route.source.sha256(ofEach: sources)
            else { return nil }
            return zip(ours, theirs).map { $0 != nil && $0 == $1 }
        }
        guard let theirs = try await route.source.sha256(ofEach: sources),
            let ours = try await route.destination.sha256(ofEach: targets)
        else { return nil }
        return zip(ours, theirs).map { $0 != nil && $0 == $1 }
    }

    /// What a link leads to; nil, and noted, when that is nothing, or a folder that we are in already.
    func follow(_ link: RawPath, in folder: RawPath, _ trail: inout [RawPath]) async -> FileFacts? {
        let source = route.source
        do throws(TransferError) {
            let facts = try await persistently { () throws(TransferError) in
                try await source.target(of: link)
            }
            guard let facts else {
                skip(link, "a link that leads nowhere")
                return nil
            }
            guard facts.kind == .directory else { return facts }
            let (here, there) = try await persistently { () throws(TransferError) in
                (try await source.realPath(folder), try await source.realPath(link))
            }
            guard !(trail + [here]).contains(where: { $0 == there || $0.isBelow(there) }) else {
                skip(link, "a link to a folder that it is in")
                return nil
            }
            trail += [here, there]
            return facts
        } catch {
            note(error, at: link)
            return nil
        }
    }

    // MARK: At the end

    /// Sets times and permissions of folders, the deepest first.
    func finishFolders() async {
        guard options.preserves || options.preservesOwners, ending == nil else { return }
        let destination = route.destination
        // All at once: requests for different folders do not wait for each other.
        await withDiscardingTaskGroup { group in
            for folder in finished.reversed() {
                let changes = preserved(folder.facts)
                guard !changes.isEmpty else { continue }
                group.addTask(executorPreference: loop) {
                    do throws(TransferError) {
                        try await self.persistently { () throws(TransferError) in
                            try await destination.change(folder.target, changes)
                        }
                    } catch {
                        await self.note(await destination.explaining(error, writing: 0), at: folder.target)
                    }
                }
            }
        }
    }

    /// What is taken over from the source, as far as the options say.
    func preserved(_ facts: FileFacts) -> FileChanges {
        var changes = FileChanges()
        if options.preserves {
            changes.permissions = facts.plainPermissions
            if let modified = facts.modified {
                changes.times = FileChanges.Times(accessed: facts.accessed ?? modified, modified: modified)
            }
        }
        if options.preservesOwners { changes.owner = facts.owner }
        return changes
    }

    func synchronizeDestination() async {
        guard let folder = finished.first?.target else { return }
        do throws(TransferError) { try await route.destination.synchronizeAll(at: folder) } catch {
            note(error, at: folder)
        }
    }
}

extension RawPath {
    /// Whether this path lies somewhere below `folder`; both are absolute and without links.
    func isBelow(_ folder: RawPath) -> Bool {
        let prefix = folder.bytes.last == UInt8(ascii: "/") ? folder.bytes : folder.bytes + [UInt8(ascii: "/")]
        return bytes.count > prefix.count && bytes.starts(with: prefix)
    }
}
