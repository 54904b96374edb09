package import Bytes
import Reactor
import SFTP

/// One file to be sent.
struct UploadJob: Sendable {
    let source: RawPath
    let target: RawPath
    let status: FileStatus
    /// Whether the user named it, and did not only have it in a folder.
    let isNamed: Bool
}

/// One folder whose times and permissions are set when everything in it is there.
private struct SentFolder: Sendable {
    let target: RawPath
    let status: FileStatus
}

extension TransferEngine {
    /// Sends `sources` to `destination`: into it when it is a folder or there are several sources, else under its name.
    ///
    /// Folders are sent with all that is in them; symbolic links in them are made again, not followed.
    package func put(_ sources: [RawPath], to destination: RawPath) async -> TransferSummary {
        let wanted = destination.isEmpty ? "." : destination
        var jobs: [UploadJob] = []
        var folders: [SentFolder] = []
        forgetClaims()
        do throws(TransferError) {
            let isFolder = try await remoteAttributes(wanted)?.kind == .directory
            if !isFolder, sources.count > 1 || wanted.bytes.last == UInt8(ascii: "/") {
                throw .wrongKind(path: wanted, "no existing folder")
            }
            for source in sources {
                do throws(TransferError) {
                    let status = try await onDisk(source) { () throws(ReactorError) in try await local.stat(source) }
                    let target = isFolder ? wanted.appending(try await name(ofLocal: source)) : wanted
                    switch status.kind {
                    case .directory:
                        let tree = try await planLocalFolder(source, status, target)
                        jobs += tree.jobs
                        folders += tree.folders
                    case .fifo, .socket:
                        // Opening a FIFO waits for a writer in a way that no cancellation ends.
                        throw .wrongKind(path: source, "a pipe or socket cannot be transferred")
                    case .regular, .symbolicLink, .characterDevice, .blockDevice, .unknown:
                        progress.expect(bytes: status.size)
                        jobs.append(UploadJob(source: source, target: target, status: status, isNamed: true))
                    }
                } catch {
                    note(error, at: source)
                }
            }
        } catch {
            note(error, at: wanted)
        }
        progress.totalIsKnown()
        await runAll(jobs) { (job) async throws(TransferError) in
            try await self.send(job)
        } path: {
            $0.source
        }
        if options.preserves {
            for folder in folders.reversed() { await preserve(folder) }
        }
        return summary
    }

    private func name(ofLocal source: RawPath) async throws(TransferError) -> RawPath {
        let name = source.lastComponent
        if name.isSafeName { return name }
        let real = try await onDisk(source) { () throws(ReactorError) in try await local.realpath(source) }
        return real.lastComponent.isSafeName ? real.lastComponent : "root"
    }

    // MARK: Trees

    private struct LocalTree: Sendable {
        var jobs: [UploadJob] = []
        var folders: [SentFolder] = []
    }

    private func planLocalFolder(
        _ source: RawPath, _ status: FileStatus, _ target: RawPath
    ) async throws(TransferError) -> LocalTree {
        var tree = LocalTree()
        var waiting = [(source: source, target: target, status: status, depth: 1)]
        while let folder = waiting.popLast(), ending == nil {
            do throws(TransferError) {
                guard folder.depth <= options.limits.depth else {
                    throw .wrongKind(path: folder.source, "too deep within other folders")
                }
                try await makeRemoteFolder(folder.target, like: folder.status)
                tree.folders.append(SentFolder(target: folder.target, status: folder.status))
                let names = try await onDisk(folder.source) { () throws(ReactorError) in
                    try await local.scandir(folder.source).map(\.name)
                }
                for name in names {
                    let source = folder.source.appending(name)
                    let target = folder.target.appending(name)
                    do throws(TransferError) {
                        let status = try await onDisk(source) { () throws(ReactorError) in
                            try await local.lstat(source)
                        }
                        switch status.kind {
                        case .directory: waiting.append((source, target, status, folder.depth + 1))
                        case .regular:
                            progress.expect(bytes: status.size)
                            tree.jobs.append(
                                UploadJob(source: source, target: target, status: status, isNamed: false))
                        case .symbolicLink: try await sendLink(source, target)
                        case .fifo, .socket, .characterDevice, .blockDevice, .unknown:
                            skip(source, "not a regular file")
                        }
                    } catch {
                        note(error, at: source)
                    }
                }
            } catch {
                note(error, at: folder.source)
            }
        }
        return tree
    }

    /// Makes a folder unless it is there; a new one is no more open than ours, and lets us in.
    private func makeRemoteFolder(_ path: RawPath, like status: FileStatus) async throws(TransferError) {
        do throws(RequestError) {
            try await client.makeDirectory(
                path, attributes: Attributes(mode: FileMode(rawValue: status.permissions & 0o777 | 0o700)))
            summary.folders += 1
        } catch {
            // Version 3 has no code for "exists": look what is there.
            let refusal = TransferError(error, at: path)
            if refusal.endsConnection { throw refusal }
            guard let attributes = try await remoteAttributes(path) else { throw refusal }
            guard attributes.kind == .directory else { throw .wrongKind(path: path, "in the way of a folder") }
        }
    }

    private func sendLink(_ source: RawPath, _ target: RawPath) async throws(TransferError) {
        let existing = try await remoteLinkAttributes(target)
        if existing?.kind == .directory { throw .wrongKind(path: target, "a folder where a link belongs") }
        guard let target = try await remoteName(for: target, isTaken: existing != nil) else {
            return skip(source, "\(target) exists")
        }
        let text = try await onDisk(source) { () throws(ReactorError) in try await local.readlink(source) }
        let result = await makeRemoteLink(target, text, replacing: existing != nil && options.onConflict == .overwrite)
        if case .failure(let error) = result { throw TransferError(error, at: target) }
        summary.links += 1
    }

    /// Makes a link, in place of what is there if `replaces`. A link is never renamed but in the way that replaces: by the
    /// other one, ProFTPD renames the file that it leads to.
    private func makeRemoteLink(
        _ target: RawPath, _ text: RawPath, replacing replaces: Bool
    ) async -> Result<Void, RequestError> {
        let client = client
        let temporary = uniquePath(for: target)
        return await uncancelled { () -> Result<Void, RequestError> in
            do throws(RequestError) {
                if replaces, await client.extensions.supports(.posixRename) {
                    try await client.makeSymbolicLink(temporary, to: text)
                    do throws(RequestError) {
                        try await client.replace(target, with: temporary)
                        return .success(())
                    } catch {
                        try? await client.remove(temporary)
                        guard case .status = error else { throw error }
                    }
                }
                if replaces { try await client.remove(target) }
                try await client.makeSymbolicLink(target, to: text)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
    }

    /// The name that becomes of `target` by the rule for conflicts, and that no other source of this run gets; nil to leave
    /// it.
    func remoteName(for target: RawPath, isTaken: Bool) async throws(TransferError) -> RawPath? {
        switch options.onConflict {
        case .overwrite: break
        case .skip: if isTaken { return nil }
        case .fail: if isTaken { throw .targetExists(path: target) }
        case .rename:
            if !isTaken, claim(target) { return target }
            for candidate in alternatives(to: target) where try await remoteLinkAttributes(candidate) == nil {
                if claim(candidate) { return candidate }
            }
            throw .targetExists(path: target)
        }
        guard claim(target) else { throw .targetExists(path: target) }
        return target
    }

    private func preserve(_ folder: SentFolder) async {
        do throws(RequestError) {
            try await client.setAttributes(at: folder.target, Attributes(preserving: folder.status))
        } catch {
            note(TransferError(error, at: folder.target), at: folder.target)
        }
    }
}
