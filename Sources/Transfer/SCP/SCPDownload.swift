import Bytes
import Cryptography
import Reactor
import SSH

/// Fetches files and trees by SCP: one `scp -f` a source, one after the other. Runs on the connection's loop.
actor SCPDownload {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    let connection: Connection
    let options: TransferOptions
    let progress: TransferProgress
    let local: FileSystem
    private let limiter: RateLimiter?
    var summary = TransferSummary()
    /// What this run writes: no two files may become the same.
    private var claims: Set<RawPath> = []
    private var entryCount = 0
    private var ending: TransferError?

    init(over connection: Connection, options: TransferOptions, progress: TransferProgress) {
        loop = connection.loop
        self.connection = connection
        self.options = options
        self.progress = progress
        local = FileSystem(on: connection.loop)
        limiter = options.rateLimit.map { RateLimiter(bytesPerSecond: $0) }
    }

    func run(_ sources: [RawPath], to destination: RawPath, expandsPatterns: Bool) async -> TransferSummary {
        let destination = destination.isEmpty ? "." : destination
        do throws(TransferError) {
            if let refusal = options.unsupportedBySCP { throw .scp(.unsupported(refusal), path: destination) }
            let isFolder = try await status(destination)?.kind == .directory
            if !isFolder, sources.count > 1 || destination.bytes.last == UInt8(ascii: "/") {
                throw .wrongKind(path: destination, "no existing folder")
            }
            for source in sources where ending == nil {
                do throws(TransferError) {
                    let (path, pattern) = expandsPatterns ? try SCPPlace.expand(source) : (source, nil)
                    if pattern != nil, !isFolder { throw .wrongKind(path: destination, "no existing folder") }
                    try await fetch(
                        SCPPlace(source: path, pattern: pattern, destination: destination, isInFolder: isFolder))
                } catch {
                    note(error, at: source)
                }
            }
        } catch {
            note(error, at: destination)
        }
        progress.totalIsKnown()
        return summary
    }

    func note(_ error: TransferError, at path: RawPath) {
        if error.endsConnection {
            if ending == nil { summary.failures.append(TransferSummary.Failure(path: path, error: error)) }
            ending = ending ?? error
        } else {
            summary.failures.append(TransferSummary.Failure(path: path, error: error))
        }
    }

    /// Takes `target` for one file; false when another one of this run has it.
    func claim(_ target: RawPath) -> Bool { claims.insert(target).inserted }

    // MARK: One source

    private func fetch(_ place: SCPPlace) async throws(TransferError) {
        let refusalsBefore = summary.failures.count + summary.skipped.count
        var file: SCPIncomingFile?
        do throws(SCPError) {
            if Task.isCancelled { throw .cancelled }
            let command = try SCPCommand.source(
                place.source, isPattern: place.pattern != nil, keepsTimes: options.preserves)
            let (pipe, running) = try await SCPPipe.start(command, on: connection)
            defer { pipe.close() }
            try await withCancellation(of: pipe) { () throws(SCPError) in
                try await receive(place, pipe, &file)
            }
            try await conclude(
                pipe, running, hasRefused: summary.failures.count + summary.skipped.count > refusalsBefore)
        } catch {
            if let file {
                progress.end(file.ticket, .failed)
                await discard(file)
            }
            if error == .cancelled { throw .cancelled }
            if case .unsafeName(let refusal) = error { throw .unsafeName(refusal, folder: place.source) }
            throw .scp(error, path: place.source)
        }
    }

    /// Runs `body`; a cancellation of the task ends what it waits for.
    private func withCancellation(
        of pipe: SCPPipe, _ body: () async throws(SCPError) -> Void
    ) async throws(SCPError) {
        let result = await withTaskCancellationHandler { () async -> Result<Void, SCPError> in
            do throws(SCPError) { return .success(try await body()) } catch { return .failure(error) }
        } onCancel: {
            pipe.cancel()
        }
        try result.get()
    }

    /// Ends the conversation, and looks how the program there ended.
    private func conclude(_ pipe: SCPPipe, _ running: RemoteCommand, hasRefused: Bool) async throws(SCPError) {
        pipe.endInput()
        let outcome = await pipe.outcome(of: running, within: options.limits.cleanUpTime)
        // After a file that failed, on either side, its status is not 0, and says nothing new.
        if !hasRefused, let problem = pipe.problem(outcome) { throw .ended(problem) }
    }

    private func receive(_ place: SCPPlace, _ pipe: SCPPipe, _ file: inout SCPIncomingFile?) async throws(SCPError) {
        let request = place.pattern?.components.last.map { SCPSink.Request.pattern($0) } ?? .path
        var sink = SCPSink(request, maximumDepth: options.limits.depth)
        var folders: [SCPOpenFolder] = []
        var arrived = ByteBuffer()
        var hasCome = false
        try await pipe.send(sink.takeOutput())
        while true {
            let step: SCPSink.Step
            do throws(SCPError) { step = try sink.next(arrived.bytes) } catch {
                // Text instead of the protocol is explained better by what else the program said.
                guard case .violation = error, !hasCome, !pipe.errorText.isEmpty else { throw error }
                throw .ended(pipe.errorText)
            }
            switch step {
            case .needsMore:
                guard let more = try await pipe.receive() else {
                    do throws(SCPError) { try sink.finish(left: arrived.count) } catch {
                        throw pipe.errorText.isEmpty ? error : .ended(pipe.errorText)
                    }
                    guard hasCome || !summary.failures.isEmpty else {
                        throw .ended(pipe.errorText.isEmpty ? "the host sent nothing" : pipe.errorText)
                    }
                    return
                }
                if arrived.isEmpty { arrived = more } else { arrived.append(more.bytes) }
            case .consumed(let count):
                arrived.consume(count)
                pipe.acknowledge(count)
            case .event(.data(let count), _):
                let piece = arrived.split(count)
                try await take(piece, &file, of: pipe)
            case .event(let event, let consumed):
                arrived.consume(consumed)
                pipe.acknowledge(consumed)
                hasCome = true
                try await handle(event, &sink, place, &folders, &file)
            }
            try await pipe.send(sink.takeOutput())
        }
    }

    private func handle(
        _ event: SCPSink.Event, _ sink: inout SCPSink, _ place: SCPPlace, _ folders: inout [SCPOpenFolder],
        _ file: inout SCPIncomingFile?
    ) async throws(SCPError) {
        switch event {
        case .data: break
        case .complaint(let text):
            note(.scp(.refused(text), path: place.source), at: place.source)
        case .folderEnd:
            if let folder = folders.popLast(), options.preserves, !folder.isMerged { await preserve(folder) }
        case .folder(let entry), .file(let entry):
            entryCount += 1
            guard entryCount <= options.limits.treeEntries else {
                throw .violation("more than \(options.limits.treeEntries) files")
            }
            let isTop = folders.isEmpty
            let target = folders.last?.target.appending(entry.name) ?? place.target(entry)
            let source = folders.last?.source.appending(entry.name) ?? place.source(of: entry)
            do throws(TransferError) {
                if case .folder = event {
                    try await makeFolder(target, entry, mayBeLink: isTop && place.pattern == nil)
                    folders.append(
                        SCPOpenFolder(source: source, target: target, entry: entry, isMerged: isTop && place.isMerged))
                } else {
                    if isTop, place.isMerged { throw .wrongKind(path: source, "a file where a folder was named") }
                    guard
                        let begun = try await begin(
                            entry, source: source, target: target, isNamed: isTop && place.pattern == nil)
                    else {
                        sink.refuse("not wanted")
                        return
                    }
                    file = begun
                }
                sink.accept()
            } catch {
                note(error, at: source)
                sink.refuse("not written")
            }
        case .fileEnd(let complaint):
            guard let finished = file.take() else { return }
            do throws(TransferError) {
                if let failure = finished.failure { throw failure }
                if let complaint { throw .scp(.refused(complaint), path: finished.source) }
                try await complete(finished)
                sink.accept()
            } catch {
                progress.end(finished.ticket, .failed)
                await discard(finished)
                note(error, at: finished.source)
                sink.refuse("not written")
            }
        }
    }

    /// Writes a piece of a file, or only counts it when the file has failed.
    private func take(_ piece: ByteBuffer, _ file: inout SCPIncomingFile?, of pipe: SCPPipe) async throws(SCPError) {
        guard var current = file else { return pipe.acknowledge(piece.count) }
        if current.failure == nil {
            do throws(ReactorError) { try await current.file.write(piece, at: current.offset) } catch {
                current.failure = .local(error, path: current.target)
            }
        }
        current.offset += UInt64(piece.count)
        file = current
        progress.advance(current.ticket, by: piece.count)
        pipe.acknowledge(piece.count)
        if let failure = current.failure, current.entry.size - current.offset > SCPLimits.carriedLength {
            // What is behind it can only be had with all that is left of it.
            note(failure, at: current.source)
            throw .ended("given up, as a large file before cannot be written")
        }
        if let limiter {
            let delay = limiter.take(piece.count, now: loop.monotonicNanoseconds)
            if delay > .milliseconds(20) { await pipe.pause(delay) }
        }
    }

    private func preserve(_ folder: SCPOpenFolder) async {
        do throws(ReactorError) {
            try await local.chmod(folder.target, permissions: folder.entry.permissions)
            if let times = folder.entry.times {
                try await local.utimes(folder.target, accessed: times.accessed, modified: times.modified)
            }
        } catch {
            note(.local(error, path: folder.target), at: folder.target)
        }
    }
}
