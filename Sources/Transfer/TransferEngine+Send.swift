import Bytes
import Reactor
import SFTP

/// One file to the server.
extension TransferEngine {
    func send(_ job: UploadJob) async throws(TransferError) {
        var target = job.target
        let existing = try await remoteAttributes(target)
        if existing?.kind == .directory { throw .wrongKind(path: target, "a folder where the file belongs") }
        if existing != nil, options.onConflict == .overwrite,
            try await remoteLinkAttributes(target)?.kind == .symbolicLink
        {
            target = try await onServer(target) { () throws(RequestError) in try await client.realPath(target) }
        }
        guard let target = try await remoteName(for: target, isTaken: existing != nil) else {
            progress.advance(by: Int(clamping: job.status.size))
            progress.finish(job.source)
            return skip(job.source, "\(target) exists")
        }
        progress.begin(job.source)
        let temporary = temporaryPath(for: target)
        do throws(TransferError) {
            let replaced = options.onConflict == .overwrite ? existing : nil
            try await send(job, through: temporary, to: target, replacing: replaced)
        } catch {
            progress.abandon(job.source)
            if !options.resumes || error.isMismatch {
                let client = client
                await uncancelled { try? await client.remove(temporary) }
            }
            throw error
        }
        progress.finish(job.source)
        summary.files += 1
    }

    private func send(
        _ job: UploadJob, through temporary: RawPath, to target: RawPath, replacing existing: Attributes?
    ) async throws(TransferError) {
        let file = try await onDisk(job.source) { () throws(ReactorError) in
            try await File.open(job.source, job.isNamed ? .read : [.read, .noFollow], on: loop)
        }
        let status = try await onDisk(job.source) { () throws(ReactorError) in try await file.stat() }
        let permissions = (existing?.mode?.permissions ?? status.permissions) & 0o777
        var flags: OpenFlags = [.write, .create]
        flags.insert(options.resumes ? .read : .exclusive)
        let handle = try await onServer(temporary) { () throws(RequestError) in
            // A later run has to be able to go on writing.
            try await client.open(
                temporary, flags, attributes: Attributes(mode: FileMode(rawValue: permissions | 0o600)))
        }
        let size: UInt64
        do throws(TransferError) {
            size = try await transmit(job, status, file, handle, temporary)
            try await onServer(temporary) { () throws(RequestError) in
                if options.preserves {
                    try await client.setAttributes(of: handle, Attributes(preserving: status))
                } else if let mode = existing?.mode {
                    try await client.setAttributes(of: handle, Attributes(mode: mode.withoutSpecialBits))
                } else if permissions & 0o600 != 0o600, let mode = try await client.attributes(of: handle).mode {
                    try await client.setAttributes(
                        of: handle, Attributes(mode: FileMode(rawValue: mode.permissions & permissions)))
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
        if options.verifies { try await verify(local: job.source, remote: temporary, size: size, named: target) }
        try await moveIntoPlace(temporary, target)
        summary.bytes += size
    }

    /// Sends what has to be sent, and checks that the server has as much afterwards; returns the size.
    private func transmit(
        _ job: UploadJob, _ status: FileStatus, _ file: File, _ handle: Handle, _ temporary: RawPath
    ) async throws(TransferError) -> UInt64 {
        // Files such as those of /proc are empty as long as nobody reads them.
        let isSizeKnown = status.kind == .regular && status.size > 0
        let start = options.resumes ? try await resumePoint(status.size, handle, file, temporary) : 0
        progress.advance(by: Int(clamping: start))
        summary.bytesKept += start
        let wanted = isSizeKnown ? try await extents(of: file, status, from: start) : []
        let sent = wanted.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
        if isSizeKnown { progress.advance(by: Int(clamping: status.size - start - sent)) }
        let upload = FileUpload(
            file, to: handle, of: temporary, over: client, requestLength: await client.limits.writeLength,
            progress: progress, limiter: limiter, limits: options.limits, budget: uploadBudget)
        let end = max(start, try await upload.run(wanted, openEnd: isSizeKnown ? nil : 0))
        let size = isSizeKnown ? status.size : end
        try await onServer(temporary) { () throws(RequestError) in
            let present = try await client.attributes(of: handle).size
            if let present, present < end {
                throw .status(
                    .failure, message: "the server has \(present) bytes of the \(end) that it took",
                    operation: .request(.write), path: temporary)
            }
            // A hole at the end, or more than there was before.
            if present != size { try await client.setAttributes(of: handle, Attributes(size: size)) }
        }
        let now = try await onDisk(job.source) { () throws(ReactorError) in try await file.stat() }
        if isSizeKnown, now.size != size {
            throw .sourceChanged(path: job.source, expected: size, found: now.size)
        }
        return size
    }

    /// Where the file has data from `start` on.
    private func extents(
        of file: File, _ status: FileStatus, from start: UInt64
    ) async throws(TransferError) -> [Range<UInt64>] {
        guard start < status.size else { return [] }
        let rest = start..<status.size
        guard status.blocks * 512 < status.size else { return [rest] }
        var extents = try await onDisk(file.path) { () throws(ReactorError) in
            try await file.extents(from: start, limit: Self.maximumExtents)
        }
        // Behind the last one that is known, anything may be data.
        if extents.count >= Self.maximumExtents, let last = extents.last, last.upperBound < rest.upperBound {
            extents.append(last.upperBound..<rest.upperBound)
        }
        return extents.map { $0.clamped(to: rest) }
    }

    /// How many stretches of data of a sparse file are told apart; what follows is sent as a whole.
    private static var maximumExtents: Int { 1 << 16 }

    /// How much of the file the server has already: nothing, unless its last part is what we have. Behind that the file is
    /// cut, since holes are not written over what is there.
    private func resumePoint(
        _ size: UInt64, _ handle: Handle, _ file: File, _ temporary: RawPath
    ) async throws(TransferError) -> UInt64 {
        let present = try await onServer(temporary) { () throws(RequestError) in
            try await client.attributes(of: handle).size ?? 0
        }
        guard present > 0 else { return 0 }
        if present <= size {
            let length = min(present, UInt64(Self.comparedLength))
            let theirs = try await onServer(temporary) { () throws(RequestError) in
                try await client.read(handle, offset: present - length, length: Int(length))
            }
            let ours = try await onDisk(file.path) { () throws(ReactorError) in
                try await file.read(at: present - length, count: Int(length))
            }
            if theirs == ours { return present }
        }
        try await onServer(temporary) { () throws(RequestError) in
            try await client.setAttributes(of: handle, Attributes(size: 0))
        }
        return 0
    }

    /// Gives the temporary file its name: in one step where the server can. Else what is there first is moved aside, so that
    /// one of the two files has the name whatever fails.
    func moveIntoPlace(_ temporary: RawPath, _ target: RawPath) async throws(TransferError) {
        let client = client
        let aside = uniquePath(for: target)
        let result = await uncancelled { () -> Result<Void, RequestError> in
            do throws(RequestError) {
                try await client.rename(temporary, replacing: target, aside: aside)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        if case .failure(let error) = result { throw TransferError(error, at: target) }
    }
}

extension FileTransferClient {
    /// Renames a file, in one step where the server can; else what has the name already is called `aside` meanwhile and
    /// removed at last. ProFTPD's one step does not replace links.
    fileprivate func rename(_ path: RawPath, replacing target: RawPath, aside: RawPath) async throws(RequestError) {
        let refusal: RequestError
        do throws(RequestError) {
            return extensions.supports(.posixRename)
                ? try await replace(target, with: path) : try await rename(path, to: target)
        } catch { refusal = error }
        guard case .status = refusal, let existing = try? await linkAttributes(at: target), existing.kind != .directory
        else { throw refusal }
        if existing.kind == .symbolicLink {
            // Nothing is lost with a link, and some servers rename what it leads to.
            try await remove(target)
            return try await rename(path, to: target)
        }
        try await rename(target, to: aside)
        do throws(RequestError) { try await rename(path, to: target) } catch {
            try? await rename(aside, to: target)
            throw error
        }
        try? await remove(aside)
    }
}

extension Attributes {
    /// Times and permissions of a local file; no set-user-ID, set-group-ID or sticky bit.
    init(preserving status: FileStatus) {
        self.init(
            mode: FileMode(rawValue: status.permissions & 0o777),
            times: Times(
                access: UInt32(clamping: status.accessed.seconds),
                modification: UInt32(clamping: status.modified.seconds)))
    }
}
