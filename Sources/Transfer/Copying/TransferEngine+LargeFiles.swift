import Bytes
import Reactor
import SFTP

/// A file that goes in several pieces, or is to be gone on with.
extension TransferEngine {
    func copyLarge(_ attempt: FileAttempt, to target: RawPath) async throws(TransferError) {
        let size: UInt64
        switch attempt.stage {
        case .content: size = try await copyContent(attempt, to: target)
        case .placing(let whole):
            // The name may have been given when the connection broke.
            size = whole
            if let temporary = attempt.temporary,
                try await route.destination.facts(of: temporary, followingLinks: false) == nil
            {
                let present = try await route.destination.facts(of: target, followingLinks: false)
                guard present?.size == whole else { throw .notFound(path: temporary, "it is gone") }
                return await placed(attempt, size)
            }
        }
        guard let temporary = attempt.temporary else { return }
        if case .content = attempt.stage, options.verifies {
            try await verify(attempt.job.source, temporary, size: size, named: target)
        }
        attempt.stage = .placing(size: size)
        try await place(temporary, target)
        await placed(attempt, size)
    }

    /// Not stopped half-way by a cancellation: one of two files has to have the name.
    private func place(_ temporary: RawPath, _ target: RawPath) async throws(TransferError) {
        let destination = route.destination
        let result = await uncancelled(on: loop, for: options.limits.cleanUpTime) {
            () -> Result<Void, TransferError> in
            do throws(TransferError) { return .success(try await destination.replace(target, with: temporary)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func placed(_ attempt: FileAttempt, _ size: UInt64) async {
        await attempt.journal?.remove()
        if options.resumes, attempt.journal == nil, let path = journalPath(for: attempt) {
            try? await LocalFileSystem(on: loop).remove(path)
        }
        attempt.journal = nil
        summary.bytes += size
    }

    // MARK: Content

    /// Brings everything into the temporary file and closes it; returns its size.
    private func copyContent(_ attempt: FileAttempt, to target: RawPath) async throws(TransferError) -> UInt64 {
        let job = attempt.job
        if route.isOneServer, limiter == nil, let size = try await copyWithin(attempt, to: target) { return size }
        let follows = job.isNamed || options.links == .follow
        let file = try await route.source.open(job.source, .read(followingLinks: follows))
        do throws(TransferError) {
            // A listing has just told what a server would say again, and what is read shows the end.
            let isListed = !route.source.isLocal && job.facts.kind == .regular && job.facts.modified != nil
            let facts = isListed && job.facts.size != nil ? job.facts : try await file.facts()
            await route.destination.prepare(toWrite: facts.size ?? 0)
            let sink = try await openSink(attempt, facts, to: target)
            do throws(TransferError) {
                let size = try await fill(sink, from: file, attempt, facts)
                await file.abandon()
                return size
            } catch {
                await sink.abandon()
                throw error
            }
        } catch {
            await file.abandon()
            throw error
        }
    }

    private func fill(
        _ sink: any OpenFile, from file: any OpenFile, _ attempt: FileAttempt, _ facts: FileFacts
    ) async throws(TransferError) -> UInt64 {
        guard let ticket = attempt.ticket else { return 0 }
        let isLocal = route.source.isLocal
        // Files such as those of /proc are empty as long as nobody reads them; a server's word on sizes is no promise.
        let isSizeKnown = isLocal && facts.kind == .regular && (facts.size ?? 0) > 0
        let expected = facts.size ?? 0
        let present = attempt.done.isEmpty ? 0 : try await sink.facts().size ?? 0
        var ranges = attempt.done.gaps(in: 0..<expected)
        if facts.isSparse, let data = try await file.dataRanges(from: 0) { ranges = ranges.intersection(data) }
        let missing = ranges.reduce(0) { $0 + $1.length }
        progress.restart(ticket)
        // What this run brought before a loss of the connection is no gift of an earlier one.
        if attempt.facts == nil {
            progress.keep(ticket, expected - missing)
        } else {
            progress.advance(ticket, by: Int(clamping: expected - missing))
        }
        let copy = FileCopy(
            from: file, to: sink, sourceIsLocal: isLocal, ranges: ranges,
            end: isSizeKnown ? .known : .open(from: expected), done: attempt.done,
            // What is read here from a disk is known to be data.
            zerosFrom: route.destination.isLocal || !isLocal ? present : nil, ticket: ticket, journal: attempt.journal,
            on: loop,
            conditions)
        let end: UInt64?
        do throws(TransferError) { end = try await copy.run() } catch {
            attempt.done = await copy.done
            attempt.suspects = await copy.suspects
            attempt.facts = facts
            throw error
        }
        attempt.done = await copy.done
        attempt.facts = facts
        let size = end ?? expected
        attempt.change = try await checkSource(file, facts, size: size, isSizeKnown: isSizeKnown)
        try await finish(sink, attempt, facts, size: size)
        return size
    }

    /// Whether what was read is all that there is, which has to be; the error is for a source that was written to
    /// meanwhile, which nobody can help.
    private func checkSource(
        _ file: any OpenFile, _ facts: FileFacts, size: UInt64, isSizeKnown: Bool
    ) async throws(TransferError) -> TransferError? {
        guard facts.kind == .regular else { return nil }
        let expected = facts.size ?? 0
        let now = try await file.facts()
        let present = now.size ?? size
        // A file that grew is taken as far as it went: what is appended to a log belongs to the next time.
        guard size < expected ? present == size : present >= size || !isSizeKnown else {
            throw .sourceChanged(path: file.path, expected: expected, found: min(present, size))
        }
        guard try await route.source.capabilities().tellsTimesAlike, present == expected, let before = facts.modified,
            let after = now.modified,
            before.seconds != after.seconds || route.source.isLocal && before != after
        else { return nil }
        return .sourceChanged(path: file.path, expected: expected, found: present)
    }

    /// Gives the temporary file its size and attributes, brings it to the disk and closes it.
    private func finish(
        _ sink: any OpenFile, _ attempt: FileAttempt, _ facts: FileFacts, size: UInt64
    ) async throws(TransferError) {
        let synchronizes = synchronizes(attempt.job)
        async let synchronized: Result<Void, TransferError> = synchronizes ? synchronize(sink) : .success(())
        let present = try await sink.facts()
        try await synchronized.get()
        // Zeros at the end may be a hole that is made now.
        let written = route.source.isLocal && !route.destination.isLocal ? attempt.done.end : 0
        if let size = present.size, size < written {
            throw .remote(
                .status(
                    .failure, message: "the server has \(size) bytes of the \(written) that it took",
                    operation: .request(.write), path: sink.path), path: sink.path)
        }
        var (permissions, changes) = attributes(for: attempt, facts)
        // It was made so that a later run can go on writing.
        if changes.permissions == nil, permissions & 0o600 != 0o600, let made = present.permissions {
            permissions &= made
            changes.permissions = permissions
        }
        // A hole at the end, or more than there was before.
        if present.size != size { changes.size = size }
        if !changes.isEmpty { try await sink.change(changes) }
        // What is on the disk is not lost by closing.
        if synchronizes, try await route.destination.capabilities().synchronizes {
            await sink.abandon()
        } else {
            try await sink.close()
        }
    }

    private func synchronize(_ sink: any OpenFile) async -> Result<Void, TransferError> {
        do throws(TransferError) { return .success(try await sink.synchronize()) } catch { return .failure(error) }
    }

    /// Has the server copy by itself; nil where it does not.
    private func copyWithin(_ attempt: FileAttempt, to target: RawPath) async throws(TransferError) -> UInt64? {
        let destination = route.destination
        let temporary = TemporaryNames.unique(beside: target, tag: tag)
        let facts = attempt.job.facts
        let (permissions, changes) = attributes(for: attempt, facts)
        attempt.temporary = temporary
        do throws(TransferError) {
            let isDone = try await destination.copyWithin(
                attempt.job.source, to: temporary, permissions: permissions | 0o600)
            guard isDone, let present = try await destination.facts(of: temporary, followingLinks: false) else {
                attempt.temporary = nil
                return nil
            }
            var wanted = changes
            if wanted.permissions == nil, permissions & 0o600 != 0o600 { wanted.permissions = permissions }
            if !wanted.isEmpty { try await destination.change(temporary, wanted) }
            let size = present.size ?? facts.size ?? 0
            if let ticket = attempt.ticket { progress.advance(ticket, by: Int(clamping: size)) }
            return size
        } catch {
            if error.endsConnection { throw error }
            // What the server cannot do by itself is sent to and fro.
            try? await destination.remove(temporary)
            attempt.temporary = nil
            return nil
        }
    }

    // MARK: Checksums

    /// Compares both sides' SHA-256.
    private func verify(
        _ source: RawPath, _ temporary: RawPath, size: UInt64, named target: RawPath
    ) async throws(TransferError) {
        let route = route
        async let theirs = digest(source, size, in: route.source)
        let ours = try await route.destination.sha256(of: temporary, size: size)
        let original = try await theirs.get()
        guard original.sha256 == ours.sha256 else {
            let (local, remote) = route.source.isLocal ? (original, ours) : (ours, original)
            throw .checksumMismatch(path: target, local: local.sha256, remote: remote.sha256)
        }
        // How the other side's was found says how good the proof is.
        let method = route.source.isLocal ? ours.method : original.method
        summary.verified.append(
            TransferSummary.Verification(path: target, sha256: ours.sha256, method: method))
    }

    private func digest(
        _ path: RawPath, _ size: UInt64, in place: any RemoteFileSystem
    ) async -> Result<(sha256: String, method: ChecksumMethod), TransferError> {
        do throws(TransferError) { return .success(try await place.sha256(of: path, size: size)) } catch {
            return .failure(error)
        }
    }
}

extension TransferEngine.Route {
    /// Whether both ends are files of one server, so that it may copy by itself.
    var isOneServer: Bool {
        guard let source = source as? SFTPFileSystem, let destination = destination as? SFTPFileSystem else {
            return false
        }
        return source === destination
    }
}

extension [Range<UInt64>] {
    /// What is in these ranges and in `others`; both are in order and apart.
    func intersection(_ others: [Range<UInt64>]) -> [Range<UInt64>] {
        var common: [Range<UInt64>] = []
        var (mine, theirs) = (startIndex, others.startIndex)
        while mine < endIndex, theirs < others.endIndex {
            let lower = Swift.max(self[mine].lowerBound, others[theirs].lowerBound)
            let upper = Swift.min(self[mine].upperBound, others[theirs].upperBound)
            if lower < upper { common.append(lower..<upper) }
            if self[mine].upperBound < others[theirs].upperBound { mine += 1 } else { theirs += 1 }
        }
        return common
    }
}
