import Bytes
import Reactor
import SFTP

/// One file or link.
extension TransferEngine {
    func perform(_ job: TransferJob) async {
        let attempt = FileAttempt(job)
        while true {
            do throws(TransferError) {
                switch job.content {
                case .file: try await copyFile(attempt)
                case .link: try await copyLink(attempt)
                }
                return
            } catch {
                await attempt.journal?.close()
                attempt.journal = nil
                if await recovers(from: error) { continue }
                return await giveUp(attempt, error)
            }
        }
    }

    private func giveUp(_ attempt: FileAttempt, _ error: TransferError) async {
        if let ticket = attempt.ticket { progress.end(ticket, .failed) }
        // Before the part is removed, which makes room.
        let error = await route.destination.explaining(error, writing: attempt.job.facts.size ?? 0)
            .named(attempt.target)
        if let temporary = attempt.temporary, !keeps(attempt, after: error) {
            let (destination, journal) = (route.destination, journalPath(for: attempt))
            await uncancelled(on: loop, for: options.limits.cleanUpTime) {
                try? await destination.remove(temporary)
                if let journal { try? await LocalFileSystem(on: destination.loop).remove(journal) }
            }
        }
        note(error, at: attempt.job.source)
    }

    /// Whether the part of a file that failed stays: where the user wants to go on with it, or could want to.
    private func keeps(_ attempt: FileAttempt, after error: TransferError) -> Bool {
        if error.isMismatch { return false }
        return options.resumes
    }

    // MARK: Files

    private func copyFile(_ attempt: FileAttempt) async throws(TransferError) {
        let job = attempt.job
        if attempt.target == nil {
            switch try await decide(attempt) {
            case .copy: break
            case .leave(let reason):
                progress.skip(bytes: job.facts.size ?? 0)
                if let reason { skip(job.source, reason) }
                return
            case .intoDevice: return try await copyIntoDevice(job)
            }
        }
        guard let target = attempt.target else { return }
        let ticket = attempt.ticket ?? progress.begin(job.source, size: job.facts.size)
        attempt.ticket = ticket
        if isSmall(job.facts), try await copySmall(attempt, to: target) {
            progress.advance(ticket, by: Int(clamping: job.facts.size ?? 0))
        } else {
            try await copyLarge(attempt, to: target)
        }
        progress.end(ticket, .done)
        summary.files += 1
    }

    private enum Decision {
        case copy
        /// The reason, unless it is there as it should be.
        case leave(String?)
        case intoDevice
    }

    /// Finds out what is in the target's place, and what becomes of it.
    private func decide(_ attempt: FileAttempt) async throws(TransferError) -> Decision {
        let job = attempt.job
        let destination = route.destination
        var target = job.target
        var existing: FileFacts?
        switch job.existing {
        case .nothing: existing = nil
        case .found(let facts), .same(let facts): existing = facts
        case .unknown: existing = try await destination.facts(of: target, followingLinks: false)
        }
        let isLink = existing?.kind == .symbolicLink
        if isLink, job.isNamed {
            // What the user named is followed; below, a link is replaced: it could lead out of the tree.
            existing = try await destination.facts(of: target, followingLinks: true) ?? existing
        }
        switch existing?.kind {
        case .directory?: throw .wrongKind(path: target, "a folder where the file belongs")
        case .characterDevice? where job.isNamed: return .intoDevice
        case .characterDevice?, .blockDevice?, .namedPipe?, .socket?:
            throw .wrongKind(path: target, "no regular file")
        case .regular?, .symbolicLink?, nil: break
        }
        if isLink, job.isNamed, existing?.kind == .regular, options.onConflict == .overwrite {
            target = try await destination.realPath(target)
        }
        if try await isThere(job, existing, as: target) {
            summary.unchanged += 1
            guard claim(target) else { throw .targetExists(path: target) }
            return .leave(nil)
        }
        guard let name = try await name(for: target, isTaken: existing != nil) else {
            return .leave("\(target) exists")
        }
        attempt.target = name
        if options.onConflict == .overwrite, existing?.kind == .regular { attempt.replaced = existing }
        return .copy
    }

    /// Whether an earlier run has brought the file.
    private func isThere(
        _ job: TransferJob, _ existing: FileFacts?, as target: RawPath
    ) async throws(TransferError) -> Bool {
        switch job.existing {
        case .same: return true
        case .nothing, .found: return false
        case .unknown:
            guard options.resumes, options.onConflict == .overwrite, isLikely(job.facts, existing) else { return false }
            return try await areSame([(job.source, target)])?.first ?? true
        }
    }

    /// What a new file is made with, and what is set besides.
    func attributes(
        for attempt: FileAttempt, _ facts: FileFacts
    ) -> (permissions: UInt32, changes: FileChanges) {
        let permissions = attempt.replaced?.plainPermissions ?? facts.plainPermissions ?? 0o666
        var changes = preserved(facts)
        if changes.permissions == nil { changes.permissions = attempt.replaced?.plainPermissions }
        return (permissions, changes)
    }

    // MARK: Small files

    private func isSmall(_ facts: FileFacts) -> Bool {
        guard let size = facts.size, size > 0, !options.verifies else { return false }
        return size < UInt64(min(options.limits.smallFile, options.limits.pieceLength))
    }

    /// Copies a file that goes in one piece; false when it turns out not to be one.
    private func copySmall(_ attempt: FileAttempt, to target: RawPath) async throws(TransferError) -> Bool {
        let job = attempt.job
        let (source, destination) = (route.source, route.destination)
        let (size, limit) = (job.facts.size ?? 0, options.limits.smallFile)
        guard try await size <= UInt64(source.capabilities().readLength),
            try await size <= UInt64(destination.capabilities().writeLength)
        else { return false }
        let follows = job.isNamed || options.links == .follow
        let content = try await source.readSmall(
            job.source, limit: limit, expecting: size, followingLinks: follows)
        guard let content else { return false }
        try await pace(content.count)
        let (permissions, changes) = attributes(for: attempt, job.facts)
        let temporary = TemporaryNames.unique(beside: target)
        do throws(TransferError) {
            try await destination.writeSmall(
                content, to: target, through: temporary, permissions: permissions, changes,
                synchronizes: synchronizes(job))
        } catch {
            // It may be there, and could not be removed.
            if error.isLoss { strays.append(temporary) }
            throw error
        }
        summary.bytes += UInt64(content.count)
        return true
    }

    /// Waits as long as `count` bytes cost under the limit of the rate.
    private func pace(_ count: Int) async throws(TransferError) {
        guard let limiter else { return }
        let delay = limiter.take(count, now: loop.monotonicNanoseconds)
        guard delay > .milliseconds(20) else { return }
        do { try await Task.sleep(for: delay) } catch { throw .cancelled }
    }

    /// Whether a file of this job is brought to the disk by itself.
    func synchronizes(_ job: TransferJob) -> Bool {
        switch options.durability {
        case .never: false
        case .everyFile: true
        case .automatic: job.isNamed || (job.facts.size ?? 0) >= options.limits.resumableFile
        }
    }

    // MARK: Others

    /// Makes a symbolic link again, with what it says.
    private func copyLink(_ attempt: FileAttempt) async throws(TransferError) {
        let job = attempt.job
        var isTaken = false
        if case .found(let facts) = job.existing {
            if facts.kind == .directory { throw .wrongKind(path: job.target, "a folder where a link belongs") }
            isTaken = true
        }
        if attempt.target == nil {
            guard let target = try await name(for: job.target, isTaken: isTaken) else {
                return skip(job.source, "\(job.target) exists")
            }
            attempt.target = target
        } else {
            // The attempt before may have made it.
            isTaken = try await route.destination.facts(of: job.target, followingLinks: false) != nil
        }
        guard let target = attempt.target else { return }
        let text = try await route.source.readLink(job.source)
        try await route.destination.makeLink(
            target, saying: text, replaces: isTaken && options.onConflict == .overwrite)
        summary.links += 1
    }

    /// Copies into a device such as `/dev/null`, which has no name to be replaced.
    private func copyIntoDevice(_ job: TransferJob) async throws(TransferError) {
        let ticket = progress.begin(job.source, size: job.facts.size)
        do throws(TransferError) {
            let file = try await route.source.open(job.source, .read(followingLinks: true))
            do throws(TransferError) {
                let sink = try await route.destination.open(job.target, .overwrite)
                let size = job.facts.size ?? 0
                let copy = FileCopy(
                    from: file, to: sink, sourceIsLocal: route.source.isLocal, ranges: [0..<size],
                    end: .open(from: size), done: ByteRangeSet(), zerosFrom: nil, ticket: ticket, journal: nil,
                    on: loop, conditions)
                summary.bytes += try await copy.run() ?? size
                await sink.abandon()
            } catch {
                await file.abandon()
                throw error
            }
            await file.abandon()
        } catch {
            progress.end(ticket, .failed)
            throw error
        }
        progress.end(ticket, .done)
        summary.files += 1
    }

    var conditions: FileCopy.Conditions {
        FileCopy.Conditions(
            limits: options.limits, budget: budget, limiter: limiter, control: control, progress: progress)
    }
}
