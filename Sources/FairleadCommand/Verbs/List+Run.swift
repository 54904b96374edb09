import Bytes
import Errors

extension List: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        var status = ExitStatus.done
        try await HostAccess(connection, console).withFiles(of: [target]) { files, paths, console in
            for path in paths { status = try await list(path, of: files, console) }
        }
        return status
    }

    /// One directory with what is in it.
    private struct Folder {
        let path: RawPath
        var entries: [ListingEntry]
    }

    private func list(_ path: RawPath, of files: RemoteFiles, _ console: Console) async throws -> ExitStatus {
        let found = try await files.present(path, followingLinks: true, "list")
        guard found.kind == .directory || found.kind == .unknown else {
            var entries = [try await files.entry(path, "list") ?? found]
            await addLinkTargets(&entries, below: nil, files)
            try show([Folder(path: path, entries: entries)], console, isFile: true)
            return .done
        }
        var folders: [Folder] = []
        var status = ExitStatus.done
        var waiting = [path]
        while let next = waiting.popLast() {
            do {
                let folder = try await read(next, files, console)
                if isRecursive {
                    let below = layout(console).selected(folder.entries).filter { $0.kind == .directory }
                    waiting += below.reversed().map { next == "." ? $0.name : next.appending($0.name) }
                }
                folders.append(folder)
                if isRecursive, !output.isJSON {
                    try showFolder(folder, console, isFirst: folders.count == 1)
                }
            } catch let error as FairleadError where next != path && error.category != .network {
                _ = console.report(FailureReport(error))
                status = .partialFailure
            }
        }
        if output.isJSON || !isRecursive { try show(folders, console, isFile: false) }
        return status
    }

    private func read(_ path: RawPath, _ files: RemoteFiles, _ console: Console) async throws -> Folder {
        let found = try await files.list(path, "list")
        for refusal in found.refusals { console.note("fairlead: \(path): a name is left out: \(refusal)") }
        var entries = found.entries
        if isLong || output.isJSON { await addLinkTargets(&entries, below: path, files) }
        return Folder(path: path, entries: entries)
    }

    /// Where symbolic links lead; one that cannot be read has none.
    private func addLinkTargets(_ entries: inout [ListingEntry], below folder: RawPath?, _ files: RemoteFiles) async {
        let links = entries.indices.filter { entries[$0].kind == .link && entries[$0].linkTarget == nil }
        let paths = links.map { folder?.appending(entries[$0].name) ?? entries[$0].name }
        let targets = await withTaskGroup(of: (Int, RawPath?).self) { group in
            var targets: [Int: RawPath] = [:]
            for (position, path) in zip(links, paths) {
                group.addTask { (position, await files.linkTarget(path)) }
            }
            for await (position, target) in group { targets[position] = target }
            return targets
        }
        for (position, target) in targets { entries[position].linkTarget = target }
    }

    // MARK: Showing

    private func layout(_ console: Console) -> FairleadCommand.Listing {
        FairleadCommand.Listing(listing, width: console.outputWidth, style: console.outputStyle)
    }

    private func showFolder(_ folder: Folder, _ console: Console, isFirst: Bool) throws {
        let layout = layout(console)
        try console.out(layout.heading(folder.path, isFirst: isFirst) + layout.text(folder.entries))
    }

    private func show(_ folders: [Folder], _ console: Console, isFile: Bool) throws {
        var layout = layout(console)
        guard output.isJSON else {
            // A file that was named is shown, whatever its name begins with.
            if isFile { layout.options.showsHidden = true }
            for folder in folders { try console.out(layout.text(folder.entries)) }
            return
        }
        let documents = folders.map { folder -> JSON in
            let entries = isFile ? folder.entries : layout.selected(folder.entries)
            return .object(JSON.members("path", of: folder.path) + [("entries", .array(entries.map(\.json)))])
        }
        guard let first = documents.first, case .object(var members) = first else { return }
        if isRecursive { members.append(("directories", .array(Array(documents.dropFirst())))) }
        try console.out(.object(members))
    }
}
