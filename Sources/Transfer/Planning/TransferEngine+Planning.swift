import Bytes
import SFTP

/// From what the user named to folders and files.
extension TransferEngine {
    func plan(_ sources: [RawPath], to destination: RawPath) async {
        do throws(TransferError) {
            let facts = try await persistently { () throws(TransferError) in
                try await route.destination.facts(of: destination, followingLinks: true)
            }
            let isFolder = facts?.kind == .directory
            let found = await expand(sources)
            if !isFolder, found.count > 1 || destination.bytes.last == UInt8(ascii: "/") {
                throw .wrongKind(path: destination, "no existing folder")
            }
            for source in found {
                do throws(TransferError) {
                    var target = destination
                    let isTree = source.facts.kind == .directory
                    if isFolder {
                        // As with cp, `.` or `folder/.` is what is in the folder.
                        let isContent = isTree && source.path.lastComponent == "."
                        let goesOn = isTree && found.count == 1 ? await isBegun(source.path, as: destination) : false
                        if !isContent, !goesOn {
                            target = destination.appending(try await name(of: source.path))
                        }
                    } else if isTree {
                        await noteBegin(source.path, as: destination)
                    }
                    // A name that the other side chose could be that of a link which leads elsewhere.
                    let isChosenByUser = target == destination || source.path.lastComponent.isSafeName
                    try plan(source, to: target, mayBeLink: isChosenByUser)
                } catch {
                    note(error, at: source.path)
                }
            }
        } catch {
            note(error, at: destination)
        }
    }

    private typealias Source = (path: RawPath, facts: FileFacts)

    /// Plans one source that was named.
    private func plan(_ source: Source, to target: RawPath, mayBeLink: Bool) throws(TransferError) {
        switch source.facts.kind {
        case .directory?:
            folders.append(
                FolderVisit(
                    source: source.path, target: target, facts: source.facts, relative: "", depth: 1,
                    mayBeLink: mayBeLink))
        case .namedPipe?, .socket?:
            // Reading waits for a writer in a way that no cancellation ends.
            throw .wrongKind(path: source.path, "a pipe or socket cannot be transferred")
        case .regular?, .symbolicLink?, .blockDevice?, .characterDevice?, nil:
            progress.expect(bytes: source.facts.size ?? 0)
            jobs.append(
                TransferJob(
                    sourceFolder: "", sourceName: source.path, targetFolder: "", targetName: target, content: .file,
                    facts: source.facts, existing: .unknown, isNamed: true))
        }
        wake()
    }

    /// What the sources are; a pattern stands for all that it matches. Those that are nothing are noted as failed.
    private func expand(_ sources: [RawPath]) async -> [Source] {
        var found: [Source] = []
        for source in sources {
            let path: RawPath = source.isEmpty ? "." : source
            do throws(TransferError) {
                let facts = try await persistently { () throws(TransferError) in
                    try await route.source.facts(of: path, followingLinks: true)
                }
                if let facts {
                    // It would never end.
                    if !route.source.isLocal, facts.kind == .characterDevice {
                        throw .wrongKind(path: path, "a device of a host cannot be transferred")
                    }
                    found.append((path, facts))
                } else {
                    found += try await matches(of: path)
                }
            } catch {
                note(error, at: path)
            }
        }
        return found
    }

    private func matches(of path: RawPath) async throws(TransferError) -> [Source] {
        guard options.expandsPatterns, let pattern = try? GlobPattern(path), pattern.isGlob else {
            throw .notFound(path: path, "no such file")
        }
        let source = route.source
        let limits = options.limits
        let found = try await persistently { () throws(TransferError) in
            try await pattern.expand(in: source, limits)
        }
        if found.isEmpty { throw .notFound(path: path, "nothing matches") }
        return found
    }

    /// What the folder or file is called that `source` names, also where that ends in `..`.
    private func name(of source: RawPath) async throws(TransferError) -> RawPath {
        let name = source.lastComponent
        if name.isSafeName { return name }
        let real = try await persistently { () throws(TransferError) in try await route.source.realPath(source) }
        return real.lastComponent.isSafeName ? real.lastComponent : "root"
    }

    // MARK: Lists

    func plan(listed list: [RawPath], below base: RawPath, to destination: RawPath) async {
        var made: Set<RawPath> = []
        do throws(TransferError) {
            _ = try await persistently { () throws(TransferError) in
                try await route.destination.makeFolder(destination, permissions: 0o777)
            }
        } catch {
            return note(error, at: destination)
        }
        for path in list {
            do throws(TransferError) {
                guard !path.isAbsolute, path.components.allSatisfy(\.isSafeName), !path.components.isEmpty else {
                    throw .wrongKind(path: path, "not a path below the folder")
                }
                let source = base.appending(path)
                let facts = try await persistently { () throws(TransferError) in
                    try await route.source.facts(of: source, followingLinks: true)
                }
                guard let facts else { throw .notFound(path: source, "no such file") }
                var folder = destination
                // A folder in a list is that folder, and not all that is in it: what is wanted of that is in the list.
                let isFolder = facts.kind == .directory
                for component in isFolder ? path.components : path.components.dropLast() {
                    folder = folder.appending(component)
                    guard made.insert(folder).inserted else { continue }
                    let target = folder
                    _ = try await persistently { () throws(TransferError) in
                        try await route.destination.makeFolder(target, permissions: 0o777)
                    }
                }
                if !isFolder {
                    try plan((source, facts), to: folder.appending(path.lastComponent), mayBeLink: false)
                }
            } catch {
                note(error, at: path)
                if ending != nil { return }
            }
        }
    }
}

extension RemoteFileSystem {
    /// What the link at `path` leads to; nil when that is nothing that can be looked at.
    func target(of path: RawPath) async throws(TransferError) -> FileFacts? {
        do throws(TransferError) { return try await facts(of: path, followingLinks: true) } catch {
            if error.endsConnection { throw error }
            return nil
        }
    }
}

extension GlobPattern {
    /// What there is in `place` that the pattern stands for, in the order of names; folders deeper than the limit are not
    /// looked into.
    func expand(
        in place: any RemoteFileSystem, _ limits: TransferLimits
    ) async throws(TransferError) -> [(path: RawPath, facts: FileFacts)] {
        var found: [(path: RawPath, facts: FileFacts)] = []
        // Folders that are looked into, each with the components that are still to be matched below it.
        var waiting: [(folder: RawPath, rest: ArraySlice<Component>)] = [(literalPrefix, components[...])]
        var count = 0
        let deepest = literalPrefix.components.count + limits.depth
        while let (folder, rest) = waiting.popLast() {
            guard let component = rest.first, folder.components.count <= deepest else { continue }
            let listed = try await place.list(folder.isEmpty ? "." : folder, limit: limits.folderEntries).entries
            count += listed.count
            guard count <= limits.treeEntries else {
                throw .remote(.listingTooLong(limit: limits.treeEntries), path: folder)
            }
            for entry in listed where component.matches(name: entry.name.bytes) {
                let path = folder.appending(entry.name)
                var facts = entry.facts
                if facts.kind == .symbolicLink {
                    // A link is what it leads to; one that leads nowhere is itself.
                    facts = try await place.target(of: path) ?? facts
                }
                let isFolder = facts.kind == .directory
                if component == .anyDepth {
                    // No link is followed here, so that there is an end.
                    if entry.facts.kind == .directory { waiting.append((path, rest)) }
                } else if rest.count > 1 {
                    if isFolder { waiting.append((path, rest.dropFirst())) }
                } else if isFolder || !isFolderOnly {
                    found.append((path, facts))
                }
            }
            if component == .anyDepth { waiting.append((folder, rest.dropFirst())) }
        }
        return found.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
    }
}
