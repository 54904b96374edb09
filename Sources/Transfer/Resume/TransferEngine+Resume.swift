import Bytes
import Cryptography
import Reactor
import SFTP

/// Temporary files: made anew, or gone on with after a loss or an earlier run.
extension TransferEngine {
    /// Opens the temporary file; afterwards `attempt.done` says what is in it already.
    func openSink(
        _ attempt: FileAttempt, _ facts: FileFacts, to target: RawPath
    ) async throws(TransferError) -> any OpenFile {
        let permissions = attributes(for: attempt, facts).permissions | 0o600
        if let temporary = attempt.temporary {
            return try await goOn(attempt, facts, temporary, permissions)
        }
        let destination = route.destination
        let isResumable = facts.kind == .regular && (facts.size ?? 0) >= options.limits.resumableFile
        let part = TemporaryNames.part(beside: target)
        if options.resumes {
            attempt.temporary = part
            if let path = journalPath(for: attempt) {
                let notes = await JournalFile.read(path, on: loop)
                if let notes, notes.header == header(attempt, facts, to: target) { attempt.done = notes.completed }
                // Its lock keeps other runs from the part, from before this one looks what is in it.
                attempt.journal = await beginJournal(attempt, facts, to: target)
                if attempt.journal == nil, await JournalFile.isInUse(path, on: loop) {
                    attempt.startOver()
                    return try await openUnique(attempt, permissions, to: target)
                }
            }
            let noted = attempt.done
            let sink = try await destination.open(part, .update(permissions: permissions))
            do throws(TransferError) {
                try await takeOver(sink, attempt, facts)
            } catch {
                await sink.abandon()
                throw error
            }
            if attempt.done != noted, let journal = attempt.journal {
                await journal.close()
                attempt.journal = await beginJournal(attempt, facts, to: target)
            }
            return sink
        }
        if isResumable {
            do throws(TransferError) {
                let sink = try await destination.open(part, .create(permissions: permissions))
                attempt.temporary = part
                attempt.journal = await beginJournal(attempt, facts, to: target)
                return sink
            } catch {
                // Another run may have left its part, or be at it: then this one has a name of its own.
                if error.endsConnection { throw error }
            }
        }
        return try await openUnique(attempt, permissions, to: target)
    }

    /// Opens a temporary file that no other run knows.
    private func openUnique(
        _ attempt: FileAttempt, _ permissions: UInt32, to target: RawPath
    ) async throws(TransferError) -> any OpenFile {
        let temporary = TemporaryNames.unique(beside: target, tag: tag)
        let sink = try await route.destination.open(temporary, .create(permissions: permissions))
        attempt.temporary = temporary
        return sink
    }

    // MARK: After a loss

    private func goOn(
        _ attempt: FileAttempt, _ facts: FileFacts, _ temporary: RawPath, _ permissions: UInt32
    ) async throws(TransferError) -> any OpenFile {
        let sink = try await route.destination.open(temporary, .update(permissions: permissions))
        do throws(TransferError) {
            let present = try await sink.facts().size ?? 0
            let isSame = attempt.facts?.size == facts.size && attempt.facts?.modified == facts.modified
            if isSame {
                attempt.done.remove(present..<UInt64.max)
                // What was under way when the connection broke has mostly arrived.
                let suspects = attempt.suspects.filter { $0.upperBound <= present }
                for range in try await same(suspects, attempt.job.source, temporary) ?? [] {
                    attempt.done.insert(range)
                }
            } else {
                attempt.startOver()
                try await sink.cut(to: 0)
            }
            attempt.suspects = []
            if temporary == TemporaryNames.part(beside: attempt.target ?? temporary), let target = attempt.target {
                attempt.journal = await beginJournal(attempt, facts, to: target)
            }
            return sink
        } catch {
            await sink.abandon()
            throw error
        }
    }

    // MARK: After an earlier run

    /// Finds out how much of the file an earlier run has left, and cuts off what is behind that.
    private func takeOver(
        _ sink: any OpenFile, _ attempt: FileAttempt, _ facts: FileFacts
    ) async throws(TransferError) {
        let present = try await sink.facts().size ?? 0
        guard present > 0 else { return attempt.startOver() }
        let part = sink.path
        let size = facts.size ?? 0
        var noted = attempt.done
        noted.remove(present..<UInt64.max)
        // What is there beyond the notes was written after the last of them, or by somebody else.
        let rest = noted.gaps(in: 0..<min(present, size)).flatMap { $0.split(Self.comparedParts) }
        let wanted = noted.ranges.flatMap { $0.split(Self.comparedParts) }
        var kept = ByteRangeSet()
        if let good = try await same(wanted + rest, attempt.job.source, part) {
            for range in good { kept.insert(range) }
        } else if !route.destination.isLocal {
            for range in try await readBack(wanted + rest, sink, attempt) { kept.insert(range) }
        } else {
            // To read everything from the server again is what is to be avoided: the ends have to do.
            for range in try await readBack(noted.ranges.map { $0.suffix(Self.comparedLength) }, sink, attempt) {
                if let whole = noted.ranges.first(where: { $0.upperBound == range.upperBound }) { kept.insert(whole) }
            }
        }
        if !kept.contains(all: noted) || noted.isEmpty {
            // Somebody else's bytes are between: only what is in front of them counts.
            let prefix = kept.prefixEnd
            kept = ByteRangeSet(0..<prefix)
            try await sink.cut(to: prefix)
        }
        attempt.done = kept
        summary.bytesKept += kept.count
    }

    /// How much is compared at once, in bytes: what differs costs so much.
    private static var comparedParts: UInt64 { 8 << 20 }
    /// How much of what is there is compared where it would have to be fetched, in bytes.
    private static var comparedLength: UInt64 { 32 * 1024 }

    /// Those of `ranges` that are the same in source and temporary file, by their SHA-256; nil where that cannot be told
    /// without sending them.
    private func same(
        _ ranges: [Range<UInt64>], _ source: RawPath, _ temporary: RawPath
    ) async throws(TransferError) -> [Range<UInt64>]? {
        guard !ranges.isEmpty else { return [] }
        var good: [Range<UInt64>] = []
        for start in stride(from: 0, to: ranges.count, by: 256) {
            let part = Array(ranges[start..<min(start + 256, ranges.count)])
            // The other side first: it may not be able to, and then the local disk need not be read.
            let (first, second) =
                route.source.isLocal ? (route.destination, route.source) : (route.source, route.destination)
            let (firstPath, secondPath) = route.source.isLocal ? (temporary, source) : (source, temporary)
            guard let theirs = try await first.sha256(of: firstPath, ranges: part),
                let ours = try await second.sha256(of: secondPath, ranges: part)
            else { return nil }
            for (index, range) in part.enumerated() where ours[index] == theirs[index] { good.append(range) }
        }
        return good
    }

    /// Those of `ranges` that are the same in source and sink, both read here.
    private func readBack(
        _ ranges: [Range<UInt64>], _ sink: any OpenFile, _ attempt: FileAttempt
    ) async throws(TransferError) -> [Range<UInt64>] {
        guard !ranges.isEmpty else { return [] }
        let follows = attempt.job.isNamed || options.links == .follow
        let file = try await route.source.open(attempt.job.source, .read(followingLinks: follows))
        do throws(TransferError) {
            var good: [Range<UInt64>] = []
            for range in ranges {
                async let theirs = sink.digest(of: range, on: loop)
                let ours = await file.digest(of: range, on: loop)
                if try await theirs.get() == (try ours.get()) { good.append(range) }
            }
            await file.abandon()
            return good
        } catch {
            await file.abandon()
            throw error
        }
    }

    // MARK: Journals

    /// Where the journal of a file is: beside the target where that is here, else in the folder for them.
    func journalPath(for attempt: FileAttempt) -> RawPath? {
        guard let target = attempt.target, let temporary = attempt.temporary,
            temporary == TemporaryNames.part(beside: target)
        else { return nil }
        if route.destination.isLocal { return TemporaryNames.journal(beside: target) }
        let identity = Array("\(route.destination.place)\0".utf8) + target.bytes
        let name = Hexadecimal.encode(MessageDigest.digest(.sha256, of: identity.rawSpan)).prefix(40)
        return options.journalFolder?.appending(RawPath("\(name).journal"))
    }

    private func header(
        _ attempt: FileAttempt, _ facts: FileFacts, to target: RawPath
    ) -> TransferJournal.Header? {
        guard let temporary = attempt.temporary, let size = facts.size, let modified = facts.modified else {
            return nil
        }
        let direction: TransferJournal.Direction =
            route.destination.isLocal ? .get : route.source.isLocal ? .put : .copy
        return TransferJournal.Header(
            direction: direction,
            source: TransferJournal.Source(
                place: route.source.place, path: attempt.job.source, size: size,
                modificationSeconds: modified.seconds, modificationNanoseconds: UInt32(clamping: modified.nanoseconds)),
            targetPlace: route.destination.place, target: target, temporary: temporary, pieceLength: 0)
    }

    /// Begins the journal of a file, where there is a place for it.
    private func beginJournal(
        _ attempt: FileAttempt, _ facts: FileFacts, to target: RawPath
    ) async -> JournalFile? {
        // One that lies elsewhere is for those who said that they will come back.
        guard options.resumes || route.destination.isLocal, let path = journalPath(for: attempt),
            let header = header(attempt, facts, to: target)
        else { return nil }
        return await JournalFile.begin(path, header, done: attempt.done, on: loop)
    }
}

extension ByteRangeSet {
    /// Whether everything in `others` is here, too.
    fileprivate func contains(all others: ByteRangeSet) -> Bool { others.ranges.allSatisfy { contains($0) } }
}

extension Range<UInt64> {
    /// Parts of at most `length` bytes.
    fileprivate func split(_ length: UInt64) -> [Range<UInt64>] {
        stride(from: lowerBound, to: upperBound, by: Int(length)).map { $0..<Swift.min($0 + length, upperBound) }
    }

    /// The last `length` bytes, or all.
    fileprivate func suffix(_ length: UInt64) -> Range<UInt64> {
        upperBound - Swift.min(length, self.length)..<upperBound
    }
}

extension OpenFile {
    func cut(to size: UInt64) async throws(TransferError) {
        var changes = FileChanges()
        changes.size = size
        try await change(changes)
    }

    /// The SHA-256 of a range, read here, several pieces at a time; one that is cut short has another one.
    fileprivate func digest(of range: Range<UInt64>, on loop: EventLoop) async -> Result<[UInt8], TransferError> {
        let piece = min(readLength, 256 << 10)
        var digest = MessageDigest(.sha256)
        var next = range.lowerBound
        while next < range.upperBound {
            let offsets = (0..<16).map { next + UInt64($0 * piece) }.filter { $0 < range.upperBound }
            let tasks = offsets.map { offset in
                let length = Int(min(UInt64(piece), range.upperBound - offset))
                return Task(executorPreference: loop) { await self.read(at: offset, exactly: length, on: loop) }
            }
            var failure: TransferError?
            for task in tasks {
                switch await task.value {
                case .success(let data): digest.update(data.bytes)
                case .failure(let error): failure = failure ?? error
                }
            }
            if let failure { return .failure(failure) }
            next = min(range.upperBound, next + UInt64(offsets.count * piece))
        }
        return .success(digest.finish())
    }

    /// Reads `length` bytes unless the file ends before.
    private func read(at offset: UInt64, exactly length: Int, on loop: EventLoop) async -> Result<
        ByteBuffer, TransferError
    > {
        var whole = ByteBuffer(capacity: length)
        while whole.count < length {
            let (position, rest) = (offset + UInt64(whole.count), length - whole.count)
            let result: Result<ByteBuffer, TransferError> = await withCheckedContinuation { continuation in
                loop.execute {
                    self.read(at: position, length: rest) { continuation.resume(returning: $0) }
                }
            }
            switch result {
            case .success(let data) where data.isEmpty: return .success(whole)
            case .success(let data): whole.append(data.bytes)
            case .failure(let error): return .failure(error)
            }
        }
        return .success(whole)
    }
}
