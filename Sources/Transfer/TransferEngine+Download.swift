package import Bytes
import Reactor
import SFTP

/// One file to be fetched.
struct DownloadJob: Sendable {
    let source: RawPath
    let target: RawPath
    /// As far as the listing told.
    let attributes: Attributes
    /// Whether the user named it, and did not only find it in a folder.
    let isNamed: Bool
}

/// One folder whose times and permissions are set when everything in it is there.
private struct FetchedFolder: Sendable {
    let target: RawPath
    let attributes: Attributes
}

extension TransferEngine {
    /// Fetches `sources` to `destination`: into it when it is a folder or there are several sources, else under its name.
    ///
    /// Folders are fetched with all that is in them; symbolic links in them are made again, not followed.
    package func get(_ sources: [RawPath], to destination: RawPath) async -> TransferSummary {
        let destination = destination.isEmpty ? "." : destination
        var jobs: [DownloadJob] = []
        var folders: [FetchedFolder] = []
        forgetClaims()
        do throws(TransferError) {
            let status = try await localStatus(destination)
            let isFolder = status?.kind == .directory
            if !isFolder, sources.count > 1 || destination.bytes.last == UInt8(ascii: "/") {
                throw .wrongKind(path: destination, "no existing folder")
            }
            for source in sources {
                let resolved = source.isEmpty ? "." : source
                do throws(TransferError) {
                    guard let attributes = try await remoteAttributes(resolved) else {
                        throw .remote(
                            .status(.noSuchFile, message: "no such file", operation: .request(.stat), path: resolved),
                            path: resolved)
                    }
                    let target = isFolder ? destination.appending(try await name(of: resolved)) : destination
                    switch attributes.kind {
                    case .directory?:
                        let tree = try await planFolder(
                            resolved, attributes, target,
                            // A name that the server chose could be that of a link which leads elsewhere.
                            mayBeLink: target == destination || resolved.lastComponent.isSafeName)
                        jobs += tree.jobs
                        folders += tree.folders
                    case .namedPipe?, .socket?:
                        // The server would wait for a writer, and answer nothing else meanwhile.
                        throw .wrongKind(path: resolved, "a pipe or socket cannot be transferred")
                    case .regular?, .symbolicLink?, .blockDevice?, .characterDevice?, nil:
                        progress.expect(bytes: attributes.size ?? 0)
                        jobs.append(
                            DownloadJob(source: resolved, target: target, attributes: attributes, isNamed: true))
                    }
                } catch {
                    note(error, at: resolved)
                }
            }
        } catch {
            note(error, at: destination)
        }
        progress.totalIsKnown()
        await runAll(jobs) { (job) async throws(TransferError) in
            try await self.fetch(job)
        } path: {
            $0.source
        }
        if options.preserves {
            for folder in folders.reversed() { await self.preserve(folder) }
        }
        return summary
    }

    /// What the folder or file is called that `source` names, also where that is `.` or ends in `..`.
    private func name(of source: RawPath) async throws(TransferError) -> RawPath {
        let name = source.lastComponent
        if name.isSafeName { return name }
        let real = try await onServer(source) { () throws(RequestError) in try await client.realPath(source) }
        return real.lastComponent.isSafeName ? real.lastComponent : "root"
    }

    // MARK: Trees

    private struct Tree: Sendable {
        var jobs: [DownloadJob] = []
        var folders: [FetchedFolder] = []
    }

    /// Lists everything below `source` and makes the folders below `target`, level by level.
    private func planFolder(
        _ source: RawPath, _ attributes: Attributes, _ target: RawPath, mayBeLink: Bool
    ) async throws(TransferError) -> Tree {
        var tree = Tree()
        var count = 0
        try await makeLocalFolder(target, like: attributes, mayBeLink: mayBeLink)
        tree.folders.append(FetchedFolder(target: target, attributes: attributes))
        var level = [(source: source, target: target)]
        var depth = 0
        while !level.isEmpty, ending == nil {
            depth += 1
            var below: [(source: RawPath, target: RawPath)] = []
            for start in stride(from: 0, to: level.count, by: options.limits.listings) {
                let part = level[start..<min(start + options.limits.listings, level.count)]
                for (folder, listing) in await list(Array(part)) {
                    count += listing.entries.count
                    guard count <= options.limits.treeEntries else {
                        throw .remote(.listingTooLong(limit: options.limits.treeEntries), path: source)
                    }
                    for refusal in listing.refusals {
                        note(.unsafeName(refusal, folder: folder.source), at: folder.source)
                    }
                    for entry in listing.entries {
                        let source = folder.source.appending(entry.name)
                        let target = folder.target.appending(entry.name)
                        do throws(TransferError) {
                            switch entry.kind {
                            case .directory?:
                                guard depth < options.limits.depth else {
                                    throw .wrongKind(path: source, "too deep within other folders")
                                }
                                try await makeLocalFolder(target, like: entry.attributes, mayBeLink: false)
                                tree.folders.append(FetchedFolder(target: target, attributes: entry.attributes))
                                below.append((source, target))
                            case .regular?, nil:
                                progress.expect(bytes: entry.attributes.size ?? 0)
                                tree.jobs.append(
                                    DownloadJob(
                                        source: source, target: target, attributes: entry.attributes, isNamed: false))
                            case .symbolicLink?: try await fetchLink(source, target)
                            case .blockDevice?, .characterDevice?, .namedPipe?, .socket?:
                                skip(source, "not a regular file")
                            }
                        } catch {
                            note(error, at: source)
                        }
                    }
                }
            }
            level = below
        }
        return tree
    }

    private typealias Folder = (source: RawPath, target: RawPath)

    /// Lists several folders at once; those that cannot be listed are noted as failed.
    private func list(_ folders: [Folder]) async -> [(Folder, Listing)] {
        let client = client
        let limit = options.limits.folderEntries
        return await withTaskGroup(of: (Int, Result<Listing, RequestError>).self) { group in
            for (index, folder) in folders.enumerated() {
                group.addTask(executorPreference: loop) {
                    do throws(RequestError) {
                        return (index, .success(try await client.list(folder.source, maximumCount: limit)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var listings: [(Folder, Listing)] = []
            for await (index, result) in group {
                switch result {
                case .success(let listing): listings.append((folders[index], listing))
                case .failure(let error):
                    self.note(TransferError(error, at: folders[index].source), at: folders[index].source)
                }
            }
            return listings
        }
    }

    /// Makes a folder unless it is there; a new one has the permissions of the other side, as far as umask leaves them, and
    /// lets us in. A link is taken for a folder only where the user named it: below, it could have
    /// been put there to lead out of the tree.
    private func makeLocalFolder(
        _ path: RawPath, like attributes: Attributes, mayBeLink: Bool
    ) async throws(TransferError) {
        let permissions = (attributes.mode?.permissions ?? 0o777) & 0o777 | 0o700
        do throws(ReactorError) {
            try await local.mkdir(path, permissions: permissions)
            summary.folders += 1
        } catch  where error.kind == .alreadyExists {
            let status = try await onDisk(path) { () throws(ReactorError) in
                mayBeLink ? try await local.stat(path) : try await local.lstat(path)
            }
            guard status.kind == .directory else { throw .wrongKind(path: path, "in the way of a folder") }
        } catch {
            throw .local(error, path: path)
        }
    }

    /// Makes a symbolic link again, with what it says.
    private func fetchLink(_ source: RawPath, _ target: RawPath) async throws(TransferError) {
        let existing = try await localLinkStatus(target)
        if existing?.kind == .directory { throw .wrongKind(path: target, "a folder where a link belongs") }
        guard let target = try await localName(for: target, isTaken: existing != nil) else {
            return skip(source, "\(target) exists")
        }
        let text = try await onServer(source) { () throws(RequestError) in try await client.readLink(source) }
        let temporary = uniquePath(for: target)
        do throws(TransferError) {
            try await onDisk(target) { () throws(ReactorError) in
                try await local.symlink(text, at: temporary)
                try await local.rename(temporary, to: target)
            }
        } catch {
            let local = local
            await uncancelled { try? await local.unlink(temporary) }
            throw error
        }
        summary.links += 1
    }

    /// The name that becomes of `target` by the rule for conflicts, and that no other source of this run gets; nil to leave
    /// it.
    func localName(for target: RawPath, isTaken: Bool) async throws(TransferError) -> RawPath? {
        switch options.onConflict {
        case .overwrite: break
        case .skip: if isTaken { return nil }
        case .fail: if isTaken { throw .targetExists(path: target) }
        case .rename:
            if !isTaken, claim(target) { return target }
            for candidate in alternatives(to: target) where try await localLinkStatus(candidate) == nil {
                if claim(candidate) { return candidate }
            }
            throw .targetExists(path: target)
        }
        guard claim(target) else { throw .targetExists(path: target) }
        return target
    }

    private func preserve(_ folder: FetchedFolder) async {
        do throws(ReactorError) {
            if let mode = folder.attributes.mode {
                try await local.chmod(folder.target, permissions: mode.permissions & 0o777)
            }
            if let times = folder.attributes.times {
                try await local.utimes(
                    folder.target, accessed: FileTime(seconds: Int64(times.access)),
                    modified: FileTime(seconds: Int64(times.modification)))
            }
        } catch {
            note(.local(error, path: folder.target), at: folder.target)
        }
    }
}
