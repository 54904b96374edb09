import Bytes
import Cryptography
import Reactor

/// A file that is being received, under its temporary name.
struct SCPIncomingFile: Sendable {
    let source: RawPath
    let target: RawPath
    let temporary: RawPath
    let entry: SCPEntry
    let file: File
    /// The file that gives way to this one.
    let replaced: FileStatus?
    let ticket: TransferProgress.Ticket
    var offset: UInt64 = 0
    /// What went wrong on this side.
    var failure: TransferError?
}

/// What becomes of files on this side.
extension SCPDownload {
    /// Opens the temporary file for `entry`; nil when the target is to stay as it is.
    func begin(
        _ entry: SCPEntry, source: RawPath, target: RawPath, isNamed: Bool
    ) async throws(TransferError) -> SCPIncomingFile? {
        // A link below a folder that is fetched could have been put there to lead out of it.
        let existing = isNamed ? try await status(target) : try await linkStatus(target)
        switch existing?.kind {
        case .directory?: throw .wrongKind(path: target, "a folder where the file belongs")
        case .characterDevice?, .blockDevice?, .fifo?, .socket?: throw .wrongKind(path: target, "no regular file")
        case .regular?, .symbolicLink?, .unknown?, nil: break
        }
        var wanted = target
        if isNamed, existing != nil, options.onConflict == .overwrite,
            try await linkStatus(target)?.kind == .symbolicLink
        {
            wanted = try await onDisk(target) { () throws(ReactorError) in try await local.realpath(target) }
        }
        guard let target = try await name(for: wanted, isTaken: existing != nil) else {
            summary.skipped.append((source, "\(wanted) exists"))
            return nil
        }
        let temporary = TemporaryNames.unique(beside: target)
        let replaced = options.onConflict == .overwrite && existing?.kind == .regular ? existing : nil
        let permissions = (replaced?.permissions ?? entry.permissions) & 0o777
        let file = try await onDisk(temporary) { () throws(ReactorError) in
            try await File.open(
                temporary, [.write, .create, .exclusive, .noFollow], permissions: permissions | 0o600, on: loop)
        }
        progress.expect(bytes: entry.size)
        return SCPIncomingFile(
            source: source, target: target, temporary: temporary, entry: entry, file: file, replaced: replaced,
            ticket: progress.begin(source, size: entry.size))
    }

    /// Gives a file that is whole its permissions, times and name.
    func complete(_ incoming: SCPIncomingFile) async throws(TransferError) {
        let entry = incoming.entry
        try await onDisk(incoming.temporary) { () throws(ReactorError) in
            let file = incoming.file
            if options.preserves {
                try await file.chmod(entry.permissions)
                if let times = entry.times { try await file.utimes(accessed: times.accessed, modified: times.modified) }
            } else if let replaced = incoming.replaced {
                try await file.chmod(replaced.permissions & 0o777)
            } else if entry.permissions & 0o600 != 0o600 {
                try await file.chmod(try await file.stat().permissions & entry.permissions)
            }
            if options.durability != .never { try await file.datasync() }
            try await file.close()
        }
        try await onDisk(incoming.target) { () throws(ReactorError) in
            try await local.rename(incoming.temporary, to: incoming.target)
        }
        progress.end(incoming.ticket, .done)
        summary.files += 1
        summary.bytes += entry.size
    }

    /// Removes what came of a file that failed, whether the task is cancelled or not.
    func discard(_ incoming: SCPIncomingFile) async {
        try? await incoming.file.close()
        try? await local.unlink(incoming.temporary)
    }

    /// Makes a folder unless it is there. A link is taken for one only where the user named it.
    func makeFolder(_ path: RawPath, _ entry: SCPEntry, mayBeLink: Bool) async throws(TransferError) {
        do throws(ReactorError) {
            try await local.mkdir(path, permissions: entry.permissions | 0o700)
            summary.folders += 1
        } catch  where error.kind == .alreadyExists {
            let status = mayBeLink ? try await status(path) : try await linkStatus(path)
            guard status?.kind == .directory else { throw .wrongKind(path: path, "in the way of a folder") }
        } catch {
            throw .local(error, path: path)
        }
    }

    /// The name that becomes of `target` by the rule for conflicts; nil to leave it.
    private func name(for target: RawPath, isTaken: Bool) async throws(TransferError) -> RawPath? {
        switch options.onConflict {
        case .overwrite: break
        case .skip: if isTaken { return nil }
        case .fail: if isTaken { throw .targetExists(path: target) }
        case .rename:
            if !isTaken, claim(target) { return target }
            for candidate in TemporaryNames.alternatives(to: target) where try await linkStatus(candidate) == nil {
                if claim(candidate) { return candidate }
            }
            throw .targetExists(path: target)
        }
        guard claim(target) else { throw .targetExists(path: target) }
        return target
    }

    func onDisk<Value: Sendable>(
        _ path: RawPath, _ body: () async throws(ReactorError) -> Value
    ) async throws(TransferError) -> Value {
        do throws(ReactorError) { return try await body() } catch {
            throw error.kind == .cancelled ? .cancelled : .local(error, path: path)
        }
    }

    /// The status of what is at `path`, links followed; nil when nothing is there.
    func status(_ path: RawPath) async throws(TransferError) -> FileStatus? {
        try await onDisk(path) { () throws(ReactorError) in
            do throws(ReactorError) { return try await local.stat(path) } catch {
                if error.kind == .notFound { return nil }
                throw error
            }
        }
    }

    /// The status of what is at `path` itself; nil when nothing is there.
    func linkStatus(_ path: RawPath) async throws(TransferError) -> FileStatus? {
        try await onDisk(path) { () throws(ReactorError) in
            do throws(ReactorError) { return try await local.lstat(path) } catch {
                if error.kind == .notFound { return nil }
                throw error
            }
        }
    }
}
