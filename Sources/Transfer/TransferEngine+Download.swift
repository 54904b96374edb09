package import Bytes
import Reactor
import SFTP

/// One file to be fetched.
struct DownloadJob: Sendable {
    /// Who chose the name of the target.
    enum Origin {
        /// The user, who may name a link and mean what it leads to.
        case named
        /// The server. A link under that name may be one that the server had made before, and lead anywhere.
        case listed
    }

    let source: RawPath
    let target: RawPath
    /// As far as the listing told.
    let attributes: Attributes
    let origin: Origin
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
        var jobs: [DownloadJob] = []
        var folders: [FetchedFolder] = []
        do throws(TransferError) {
            let status = try await localStatus(destination)
            let isFolder = status?.kind == .directory
            if !isFolder, sources.count > 1 || destination.bytes.last == UInt8(ascii: "/") {
                throw .wrongKind(path: destination, "it has to be an existing folder")
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
                        let tree = try await planFolder(resolved, attributes, target)
                        jobs += tree.jobs
                        folders += tree.folders
                    case .regular?, .symbolicLink?, .blockDevice?, .characterDevice?, .namedPipe?, .socket?, nil:
                        progress.expect(bytes: attributes.size ?? 0)
                        jobs.append(
                            DownloadJob(source: resolved, target: target, attributes: attributes, origin: .named))
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
        _ source: RawPath, _ attributes: Attributes, _ target: RawPath
    ) async throws(TransferError) -> Tree {
        var tree = Tree()
        try await makeLocalFolder(target, mayBeLink: true)
        tree.folders.append(FetchedFolder(target: target, attributes: attributes))
        var level = [(source: source, target: target)]
        var depth = 0
        while !level.isEmpty, ending == nil {
            depth += 1
            var below: [(source: RawPath, target: RawPath)] = []
            for start in stride(from: 0, to: level.count, by: options.limits.listings) {
                let part = level[start..<min(start + options.limits.listings, level.count)]
                for (folder, listing) in await list(Array(part)) {
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
                                    throw .wrongKind(path: source, "folders lie too deep within each other")
                                }
                                try await makeLocalFolder(target, mayBeLink: false)
                                tree.folders.append(FetchedFolder(target: target, attributes: entry.attributes))
                                below.append((source, target))
                            case .regular?, nil:
                                progress.expect(bytes: entry.attributes.size ?? 0)
                                tree.jobs.append(
                                    DownloadJob(
                                        source: source, target: target, attributes: entry.attributes,
                                        origin: .listed))
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
                    self.note(.remote(error, path: folders[index].source), at: folders[index].source)
                }
            }
            return listings
        }
    }

    /// Makes a folder unless it is there. A link is taken for a folder only where the user named it: below, it could have
    /// been put there to lead out of the tree.
    private func makeLocalFolder(_ path: RawPath, mayBeLink: Bool) async throws(TransferError) {
        do throws(ReactorError) {
            try await local.mkdir(path)
            summary.folders += 1
        } catch  where error.kind == .alreadyExists {
            let status = try await onDisk(path) { () throws(ReactorError) in
                mayBeLink ? try await local.stat(path) : try await local.lstat(path)
            }
            guard status.kind == .directory else { throw .wrongKind(path: path, "it is in the way of a folder") }
        } catch {
            throw .local(error, path: path)
        }
    }

    /// Makes a symbolic link again, with what it says.
    private func fetchLink(_ source: RawPath, _ target: RawPath) async throws(TransferError) {
        var target = target
        if try await localStatus(target, .listed) != nil {
            switch options.onConflict {
            case .overwrite: break
            case .skip: return skip(source, "\(target) exists")
            case .fail: throw .targetExists(path: target)
            case .rename: target = try await freeLocalName(target)
            }
        }
        let text = try await onServer(source) { () throws(RequestError) in try await client.readLink(source) }
        let temporary = temporaryPath(for: target)
        try await onDisk(target) { () throws(ReactorError) in
            try await local.symlink(text, at: temporary)
            do throws(ReactorError) { try await local.rename(temporary, to: target) } catch {
                try? await local.unlink(temporary)
                throw error
            }
        }
        summary.links += 1
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

    // MARK: One file

    private func fetch(_ job: DownloadJob) async throws(TransferError) {
        var target = job.target
        var existing = try await localStatus(target, job.origin)
        if let found = existing {
            switch found.kind {
            case .directory: throw .wrongKind(path: target, "a folder is in the way of the file")
            case .characterDevice: return try await fetchIntoDevice(job)
            case .regular, .symbolicLink, .blockDevice, .fifo, .socket, .unknown: break
            }
            switch options.onConflict {
            case .overwrite: break
            case .skip:
                progress.advance(by: Int(clamping: job.attributes.size ?? 0))
                progress.finish(job.source)
                return skip(job.source, "\(target) exists")
            case .fail: throw .targetExists(path: target)
            case .rename: target = try await freeLocalName(target)
            }
            switch job.origin {
            case .named:
                if try await onDisk(target, { () throws(ReactorError) in try? await local.lstat(target) })?.kind
                    == .symbolicLink
                {
                    target = try await onDisk(target) { () throws(ReactorError) in try await local.realpath(target) }
                }
            case .listed:
                // The file takes the link's place; a link's permissions are nobody's.
                if found.kind == .symbolicLink { existing = nil }
            }
        }
        progress.begin(job.source)
        let temporary = temporaryPath(for: target)
        do throws(TransferError) {
            try await fetch(job, through: temporary, to: target, existing: existing)
        } catch {
            if !options.resumes {
                let local = local
                await uncancelled { try? await local.unlink(temporary) }
            }
            throw error
        }
        progress.finish(job.source)
        summary.files += 1
    }

    private func fetch(
        _ job: DownloadJob, through temporary: RawPath, to target: RawPath, existing: FileStatus?
    ) async throws(TransferError) {
        let handle = try await onServer(job.source) { () throws(RequestError) in
            try await client.open(job.source, .read)
        }
        do throws(TransferError) {
            let permissions = existing?.permissions ?? job.attributes.mode?.permissions ?? 0o666
            let flags: File.Flags =
                options.resumes ? [.read, .write, .create, .noFollow] : [.write, .create, .exclusive, .noFollow]
            let file = try await onDisk(temporary) { () throws(ReactorError) in
                try await File.open(temporary, flags, permissions: permissions & 0o777, on: loop)
            }
            let size = try await receive(job, handle, into: file)
            try await onDisk(temporary) { () throws(ReactorError) in
                // A hole at the end, or more than there was before.
                if try await file.stat().size != size { try await file.truncate(to: size) }
                if let existing { try await file.chmod(existing.permissions & 0o777) }
                if options.preserves {
                    if let mode = job.attributes.mode { try await file.chmod(mode.permissions & 0o777) }
                    if let times = job.attributes.times {
                        try await file.utimes(
                            accessed: FileTime(seconds: Int64(times.access)),
                            modified: FileTime(seconds: Int64(times.modification)))
                    }
                }
                if options.synchronizes { try await file.datasync() }
                try await file.close()
            }
            summary.bytes += size
            if options.verifies { try await verify(local: temporary, remote: job.source, named: target) }
            try await onDisk(target) { () throws(ReactorError) in try await local.rename(temporary, to: target) }
        } catch {
            await client.abandon(handle)
            throw error
        }
        await client.abandon(handle)
    }

    /// Receives the file's bytes, behind those that an earlier transfer left; returns the size.
    private func receive(_ job: DownloadJob, _ handle: Handle, into file: File) async throws(TransferError) -> UInt64 {
        var start: UInt64 = 0
        if options.resumes {
            start = try await resumePoint(job, handle, file)
            // What lies behind could be another file's, and runs of zeros are not written over it.
            try await onDisk(file.path) { [start] () throws(ReactorError) in try await file.truncate(to: start) }
        }
        progress.advance(by: Int(clamping: start))
        let download = FileDownload(
            handle, of: job.source, to: file, over: client, requestLength: await client.limits.readLength,
            progress: progress, limiter: limiter, limits: options.limits)
        do throws(TransferError) {
            return try await download.run(from: start, expectedSize: job.attributes.size ?? 0)
        } catch {
            if options.resumes {
                let kept = await download.contiguousEnd
                await uncancelled { try? await file.truncate(to: kept) }
            }
            throw error
        }
    }

    /// How much of the file is there already: nothing, unless the last part of it is what the server has.
    ///
    /// Pieces reach the disk in any order, so after a sudden end there may be gaps in what was under way then.
    private func resumePoint(_ job: DownloadJob, _ handle: Handle, _ file: File) async throws(TransferError) -> UInt64 {
        let size = try await onDisk(file.path) { () throws(ReactorError) in try await file.stat().size }
        guard size <= job.attributes.size ?? 0, size > UInt64(options.limits.bytesUnderWay) else { return 0 }
        let present = size - UInt64(options.limits.bytesUnderWay)
        let length = min(present, UInt64(Self.comparedLength))
        let theirs = try await onServer(job.source) { () throws(RequestError) in
            try await client.read(handle, offset: present - length, length: Int(length))
        }
        let ours = try await onDisk(file.path) { () throws(ReactorError) in
            try await file.read(at: present - length, count: Int(length))
        }
        return theirs == ours ? present : 0
    }

    /// How much of what is there is compared before a transfer goes on behind it, in bytes.
    static var comparedLength: Int { 32 * 1024 }

    /// Copies into a device such as `/dev/null`, which has no name to be replaced.
    private func fetchIntoDevice(_ job: DownloadJob) async throws(TransferError) {
        progress.begin(job.source)
        let handle = try await onServer(job.source) { () throws(RequestError) in
            try await client.open(job.source, .read)
        }
        let file = try await onDisk(job.target) { () throws(ReactorError) in
            try await File.open(job.target, .write, on: loop)
        }
        let download = FileDownload(
            handle, of: job.source, to: file, over: client, requestLength: await client.limits.readLength,
            progress: progress, limiter: limiter, limits: options.limits)
        summary.bytes += try await download.run(from: 0, expectedSize: job.attributes.size ?? 0)
        await client.abandon(handle)
        progress.finish(job.source)
        summary.files += 1
    }

    private func freeLocalName(_ target: RawPath) async throws(TransferError) -> RawPath {
        for candidate in alternatives(to: target) where try await localStatus(candidate, .listed) == nil {
            return candidate
        }
        throw .targetExists(path: target)
    }

    /// Compares both sides' SHA-256.
    func verify(local localPath: RawPath, remote: RawPath, named target: RawPath) async throws(TransferError) {
        let theirs = try await checksums.remote(remote)
        let ours = try await checksums.local(localPath)
        guard ours == theirs.sha256 else {
            throw .checksumMismatch(path: target, local: ours, remote: theirs.sha256)
        }
        summary.verified.append(
            TransferSummary.Verification(path: target, sha256: ours, method: theirs.method))
    }
}
