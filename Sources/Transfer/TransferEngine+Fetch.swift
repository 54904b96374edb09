import Bytes
import Reactor
import SFTP

/// One file from the server.
extension TransferEngine {
    func fetch(_ job: DownloadJob) async throws(TransferError) {
        var target = job.target
        // A link below a folder that is fetched could have been put there to lead out of it.
        let existing = job.isNamed ? try await localStatus(target) : try await localLinkStatus(target)
        switch existing?.kind {
        case .directory?: throw .wrongKind(path: target, "a folder where the file belongs")
        case .characterDevice? where job.isNamed: return try await fetchIntoDevice(job)
        case .characterDevice?, .blockDevice?, .fifo?, .socket?: throw .wrongKind(path: target, "no regular file")
        case .regular?, .symbolicLink?, .unknown?, nil: break
        }
        let isLink = job.isNamed ? try await localLinkStatus(target)?.kind == .symbolicLink : false
        if isLink, existing != nil, options.onConflict == .overwrite {
            target = try await onDisk(target) { () throws(ReactorError) in try await local.realpath(target) }
        }
        guard let target = try await localName(for: target, isTaken: existing != nil) else {
            progress.advance(by: Int(clamping: job.attributes.size ?? 0))
            progress.finish(job.source)
            return skip(job.source, "\(target) exists")
        }
        progress.begin(job.source)
        let temporary = temporaryPath(for: target)
        do throws(TransferError) {
            let replaced = options.onConflict == .overwrite && existing?.kind == .regular ? existing : nil
            try await fetch(job, through: temporary, to: target, replacing: replaced)
        } catch {
            progress.abandon(job.source)
            if !options.resumes || error.isMismatch {
                let local = local
                await uncancelled { try? await local.unlink(temporary) }
            }
            throw error
        }
        progress.finish(job.source)
        summary.files += 1
    }

    private func fetch(
        _ job: DownloadJob, through temporary: RawPath, to target: RawPath, replacing existing: FileStatus?
    ) async throws(TransferError) {
        let handle = try await onServer(job.source) { () throws(RequestError) in
            try await client.open(job.source, .read)
        }
        do throws(TransferError) {
            let permissions = (existing?.permissions ?? job.attributes.mode?.permissions ?? 0o666) & 0o777
            let flags: File.Flags =
                options.resumes ? [.read, .write, .create, .noFollow] : [.write, .create, .exclusive, .noFollow]
            let file = try await onDisk(temporary) { () throws(ReactorError) in
                // A later run has to be able to go on writing.
                try await File.open(temporary, flags, permissions: permissions | 0o600, on: loop)
            }
            let size = try await receive(job, handle, into: file)
            try await onDisk(temporary) { () throws(ReactorError) in
                let status = try await file.stat()
                // A hole at the end, or more than there was before.
                if status.size != size { try await file.truncate(to: size) }
                if let existing {
                    try await file.chmod(existing.permissions & 0o777)
                } else if permissions & 0o600 != 0o600 {
                    try await file.chmod(status.permissions & permissions)
                }
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
            if options.verifies { try await verify(local: temporary, remote: job.source, size: size, named: target) }
            try await onDisk(target) { () throws(ReactorError) in try await local.rename(temporary, to: target) }
            summary.bytes += size
        } catch {
            await client.abandon(handle)
            throw error
        }
        await client.abandon(handle)
    }

    /// Receives the file's bytes, behind those that an earlier transfer left; returns the size.
    private func receive(_ job: DownloadJob, _ handle: Handle, into file: File) async throws(TransferError) -> UInt64 {
        let start = options.resumes ? try await resumePoint(job, handle, file) : 0
        progress.advance(by: Int(clamping: start))
        summary.bytesKept += start
        let expected = job.attributes.size ?? 0
        let download = FileDownload(
            handle, of: job.source, to: file, over: client, requestLength: await client.limits.readLength,
            progress: progress, limiter: limiter, limits: options.limits, budget: downloadBudget)
        do throws(TransferError) {
            let size = try await download.run(from: start, expectedSize: expected)
            if size < expected {
                // Unless it was cut before we came, and is whole as it is now, something is missing.
                let now = try await onServer(job.source) { () throws(RequestError) in
                    try await client.attributes(of: handle).size
                }
                if now != size { throw .sourceChanged(path: job.source, expected: expected, found: size) }
            }
            return size
        } catch {
            if options.resumes {
                let kept = await download.contiguousEnd
                await uncancelled { try? await file.truncate(to: kept) }
            }
            throw error
        }
    }

    /// How much of the file is there already: nothing, unless the last part of it is what the server has. Behind that the
    /// file is cut, since zeros that are received are not written over what is there.
    ///
    /// Pieces reach the disk in any order, so after a sudden end there may be gaps in what was under way then.
    private func resumePoint(_ job: DownloadJob, _ handle: Handle, _ file: File) async throws(TransferError) -> UInt64 {
        let status = try await onDisk(file.path) { () throws(ReactorError) in try await file.stat() }
        guard status.kind == .regular, status.linkCount == 1 else {
            throw .wrongKind(path: file.path, "no partial file of an earlier transfer")
        }
        var start: UInt64 = 0
        if status.size <= job.attributes.size ?? 0, status.size > UInt64(options.limits.bytesUnderWay) {
            let present = status.size - UInt64(options.limits.bytesUnderWay)
            let length = min(present, UInt64(Self.comparedLength))
            let theirs = try await onServer(job.source) { () throws(RequestError) in
                try await client.read(handle, offset: present - length, length: Int(length))
            }
            let ours = try await onDisk(file.path) { () throws(ReactorError) in
                try await file.read(at: present - length, count: Int(length))
            }
            if theirs == ours { start = present }
        }
        if status.size > start {
            try await onDisk(file.path) { () throws(ReactorError) in try await file.truncate(to: start) }
        }
        return start
    }

    /// How much of what is there is compared before a transfer goes on behind it, in bytes.
    static var comparedLength: Int { 32 * 1024 }

    /// Copies into a device such as `/dev/null`, which has no name to be replaced.
    private func fetchIntoDevice(_ job: DownloadJob) async throws(TransferError) {
        progress.begin(job.source)
        let handle = try await onServer(job.source) { () throws(RequestError) in
            try await client.open(job.source, .read)
        }
        do throws(TransferError) {
            let file = try await onDisk(job.target) { () throws(ReactorError) in
                try await File.open(job.target, .write, on: loop)
            }
            let download = FileDownload(
                handle, of: job.source, to: file, over: client, requestLength: await client.limits.readLength,
                progress: progress, limiter: limiter, limits: options.limits, budget: downloadBudget)
            summary.bytes += try await download.run(from: 0, expectedSize: job.attributes.size ?? 0)
        } catch {
            progress.abandon(job.source)
            await client.abandon(handle)
            throw error
        }
        await client.abandon(handle)
        progress.finish(job.source)
        summary.files += 1
    }

    /// Compares both sides' SHA-256.
    func verify(
        local localPath: RawPath, remote: RawPath, size: UInt64, named target: RawPath
    ) async throws(TransferError) {
        let theirs = try await checksums.remote(remote, size: size)
        let ours = try await checksums.local(localPath)
        guard ours == theirs.sha256 else {
            throw .checksumMismatch(path: target, local: ours, remote: theirs.sha256)
        }
        summary.verified.append(
            TransferSummary.Verification(path: target, sha256: ours, method: theirs.method))
    }
}
