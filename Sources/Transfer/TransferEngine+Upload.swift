package import Bytes
import Reactor
import SFTP

/// One file to be sent.
struct UploadJob: Sendable {
    let source: RawPath
    let target: RawPath
    let status: FileStatus
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
        do throws(TransferError) {
            let isFolder = try await remoteAttributes(wanted)?.kind == .directory
            if !isFolder, sources.count > 1 || wanted.bytes.last == UInt8(ascii: "/") {
                throw .wrongKind(path: wanted, "it has to be an existing folder")
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
                        jobs.append(UploadJob(source: source, target: target, status: status))
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
                    throw .wrongKind(path: folder.source, "folders lie too deep within each other")
                }
                try await makeRemoteFolder(folder.target)
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
                            tree.jobs.append(UploadJob(source: source, target: target, status: status))
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

    private func makeRemoteFolder(_ path: RawPath) async throws(TransferError) {
        do throws(RequestError) {
            try await client.makeDirectory(path)
            summary.folders += 1
        } catch {
            // Version 3 has no code for "exists": look what is there.
            guard let attributes = try await remoteAttributes(path) else { throw .remote(error, path: path) }
            guard attributes.kind == .directory else { throw .wrongKind(path: path, "it is in the way of a folder") }
        }
    }

    private func sendLink(_ source: RawPath, _ target: RawPath) async throws(TransferError) {
        let text = try await onDisk(source) { () throws(ReactorError) in try await local.readlink(source) }
        let temporary = temporaryPath(for: target)
        try await onServer(target) { () throws(RequestError) in
            try await client.makeSymbolicLink(temporary, to: text)
        }
        try await moveIntoPlace(temporary, target)
        summary.links += 1
    }

    private func preserve(_ folder: SentFolder) async {
        do throws(RequestError) {
            try await client.setAttributes(at: folder.target, Attributes(preserving: folder.status))
        } catch {
            note(.remote(error, path: folder.target), at: folder.target)
        }
    }

    // MARK: One file

    private func send(_ job: UploadJob) async throws(TransferError) {
        var target = job.target
        let existing = try await remoteAttributes(target)
        if let existing {
            if existing.kind == .directory {
                throw .wrongKind(path: target, "a folder is in the way of the file")
            }
            switch options.onConflict {
            case .overwrite: break
            case .skip:
                progress.advance(by: Int(clamping: job.status.size))
                progress.finish(job.source)
                return skip(job.source, "\(target) exists")
            case .fail: throw .targetExists(path: target)
            case .rename: target = try await freeRemoteName(target)
            }
            let link = try await onServer(target) { () throws(RequestError) in
                try? await client.linkAttributes(at: target)
            }
            if link?.kind == .symbolicLink {
                target = try await onServer(target) { () throws(RequestError) in try await client.realPath(target) }
            }
        }
        progress.begin(job.source)
        let temporary = temporaryPath(for: target)
        do throws(TransferError) {
            try await send(job, through: temporary, to: target, existing: existing)
        } catch {
            if !options.resumes {
                let client = client
                await uncancelled { try? await client.remove(temporary) }
            }
            throw error
        }
        progress.finish(job.source)
        summary.files += 1
    }

    private func send(
        _ job: UploadJob, through temporary: RawPath, to target: RawPath, existing: Attributes?
    ) async throws(TransferError) {
        let file = try await onDisk(job.source) { () throws(ReactorError) in
            try await File.open(job.source, .read, on: loop)
        }
        let permissions = existing?.mode?.permissions ?? job.status.permissions
        var flags: OpenFlags = [.write, .create]
        flags.insert(options.resumes ? .read : .exclusive)
        let handle = try await onServer(temporary) { () throws(RequestError) in
            try await client.open(
                temporary, flags,
                attributes: Attributes(mode: FileMode(rawValue: permissions & 0o777)))
        }
        do throws(TransferError) {
            try await transmit(job, file, handle, temporary)
            try await onServer(temporary) { () throws(RequestError) in
                if options.preserves {
                    try await client.setAttributes(of: handle, Attributes(preserving: job.status))
                } else if let mode = existing?.mode {
                    try await client.setAttributes(of: handle, Attributes(mode: mode.withoutSpecialBits))
                }
                if options.synchronizes, await client.extensions.supports(.fsync) {
                    try await client.synchronize(handle)
                }
            }
        } catch {
            await client.abandon(handle)
            throw error
        }
        try await onServer(temporary) { () throws(RequestError) in try await client.close(handle) }
        summary.bytes += job.status.size
        if options.verifies { try await verify(local: job.source, remote: temporary, named: target) }
        try await moveIntoPlace(temporary, target)
    }

    /// Sends what has to be sent, and checks that the server has as much afterwards.
    private func transmit(
        _ job: UploadJob, _ file: File, _ handle: Handle, _ temporary: RawPath
    ) async throws(TransferError) {
        let size = job.status.size
        let start = options.resumes ? try await resumePoint(job, handle, file, temporary) : 0
        progress.advance(by: Int(clamping: start))
        let extents: [Range<UInt64>] = try await onDisk(job.source) { () throws(ReactorError) in
            guard job.status.kind == .regular, job.status.blocks * 512 < size else { return [0..<size] }
            return try await file.extents().map { $0.clamped(to: 0..<size) }
        }
        let wanted = extents.map { $0.clamped(to: start..<max(start, size)) }
        let holes = size - start - wanted.reduce(0) { $0 + UInt64($1.count) }
        progress.advance(by: Int(clamping: holes))
        let upload = FileUpload(
            file, to: handle, of: temporary, over: client, requestLength: await client.limits.writeLength,
            progress: progress, limiter: limiter, limits: options.limits)
        try await upload.run(wanted)
        try await onServer(temporary) { () throws(RequestError) in
            // A hole at the end, or more than there was before.
            if try await client.attributes(of: handle).size != size {
                try await client.setAttributes(of: handle, Attributes(size: size))
            }
        }
        let now = try await onDisk(job.source) { () throws(ReactorError) in try await file.stat() }
        if job.status.kind == .regular, now.size != size {
            throw .sourceChanged(path: job.source, expected: size, found: now.size)
        }
    }

    /// How much of the file the server has already: nothing, unless its last part is what we have.
    private func resumePoint(
        _ job: UploadJob, _ handle: Handle, _ file: File, _ temporary: RawPath
    ) async throws(TransferError) -> UInt64 {
        let present = try await onServer(temporary) { () throws(RequestError) in
            try await client.attributes(of: handle).size ?? 0
        }
        guard present > 0, present <= job.status.size else { return 0 }
        let length = min(present, UInt64(Self.comparedLength))
        let theirs = try await onServer(temporary) { () throws(RequestError) in
            try await client.read(handle, offset: present - length, length: Int(length))
        }
        let ours = try await onDisk(file.path) { () throws(ReactorError) in
            try await file.read(at: present - length, count: Int(length))
        }
        return theirs == ours ? present : 0
    }

    /// Gives the temporary file its name: in one step where the server can, else by removing what is there first.
    private func moveIntoPlace(_ temporary: RawPath, _ target: RawPath) async throws(TransferError) {
        try await onServer(target) { () throws(RequestError) in
            if await client.extensions.supports(.posixRename) {
                return try await client.replace(target, with: temporary)
            }
            do throws(RequestError) { try await client.rename(temporary, to: target) } catch {
                guard error.code == .failure else { throw error }
                try await client.remove(target)
                try await client.rename(temporary, to: target)
            }
        }
    }

    private func freeRemoteName(_ target: RawPath) async throws(TransferError) -> RawPath {
        for candidate in alternatives(to: target) where try await remoteAttributes(candidate) == nil {
            return candidate
        }
        throw .targetExists(path: target)
    }
}

extension Attributes {
    /// Times and permissions of a local file; no set-user-ID, set-group-ID or sticky bit.
    fileprivate init(preserving status: FileStatus) {
        self.init(
            mode: FileMode(rawValue: status.permissions & 0o777),
            times: Times(
                access: UInt32(clamping: status.accessed.seconds),
                modification: UInt32(clamping: status.modified.seconds)))
    }
}
