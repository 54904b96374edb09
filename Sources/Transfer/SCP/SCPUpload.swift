import Bytes
import Reactor
import SSH

/// Sends files and trees by SCP: one `scp -t` for all. Runs on the connection's loop.
actor SCPUpload {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private let connection: Connection
    let options: TransferOptions
    let progress: TransferProgress
    let local: FileSystem
    let limiter: RateLimiter?
    var summary = TransferSummary()
    /// Files that were sent, in their order, and of which the far end has not said that it has them.
    var unconfirmed: [Sent] = []
    /// What has arrived and was not used up.
    private var arrived = ByteBuffer()
    private var refusalCount = 0

    struct Sent {
        let path: RawPath
        let size: UInt64
        let ticket: TransferProgress.Ticket
        /// What was wrong with it on this side.
        let failure: TransferError?
    }

    init(over connection: Connection, options: TransferOptions, progress: TransferProgress) {
        loop = connection.loop
        self.connection = connection
        self.options = options
        self.progress = progress
        local = FileSystem(on: connection.loop)
        limiter = options.rateLimit.map { RateLimiter(bytesPerSecond: $0) }
    }

    func run(_ sources: [RawPath], to destination: RawPath) async -> TransferSummary {
        let destination = destination.isEmpty ? "." : destination
        do throws(SCPError) {
            if let refusal = options.unsupportedBySCP { throw .unsupported(refusal) }
            if options.onConflict != .overwrite { throw .unsupported("telling whether a remote target exists") }
            if Task.isCancelled { throw .cancelled }
            let command = try SCPCommand.sink(
                destination, needsFolder: sources.count > 1 || destination.bytes.last == UInt8(ascii: "/"),
                keepsTimes: options.preserves)
            let (pipe, running) = try await SCPPipe.start(command, on: connection)
            defer { pipe.close() }
            let result = await withTaskCancellationHandler { () async -> Result<Void, SCPError> in
                do throws(SCPError) { return .success(try await converse(sources, pipe)) } catch {
                    return .failure(error)
                }
            } onCancel: {
                pipe.cancel()
            }
            try result.get()
            pipe.endInput()
            let outcome = await pipe.outcome(of: running, within: options.limits.cleanUpTime)
            guard arrived.isEmpty, !pipe.hasLeftover else { throw .violation("an answer that nothing was asked for") }
            if refusalCount == 0, let problem = pipe.problem(outcome) { throw .ended(problem) }
        } catch {
            for sent in unconfirmed { progress.end(sent.ticket, .failed) }
            note(error == .cancelled ? .cancelled : .scp(error, path: destination), at: destination)
        }
        progress.totalIsKnown()
        return summary
    }

    func note(_ error: TransferError, at path: RawPath) {
        summary.failures.append(TransferSummary.Failure(path: path, error: error))
    }

    func skip(_ path: RawPath, _ reason: String) {
        summary.skipped.append((path, reason))
    }

    // MARK: The conversation

    private func converse(_ sources: [RawPath], _ pipe: SCPPipe) async throws(SCPError) {
        var scp = SCPSource()
        _ = try await answer(.greeting, &scp, pipe)
        for source in sources {
            do throws(TransferError) {
                let status = try await onDisk(source) { () throws(ReactorError) in try await local.stat(source) }
                var name = source.lastComponent
                if !name.isSafeName {
                    let real = try await onDisk(source) { () throws(ReactorError) in try await local.realpath(source) }
                    name = real.lastComponent
                }
                try await send(source, name, status, isNamed: true, &scp, pipe)
            } catch {
                try pass(error, at: source)
            }
        }
        while !scp.isSettled { _ = try await nextAnswer(&scp, pipe) }
    }

    /// Notes what concerns one path only, and throws what ends everything.
    func pass(_ error: TransferError, at path: RawPath) throws(SCPError) {
        switch error {
        case .cancelled: throw .cancelled
        case .scp(.refused, _), .scp(.unsupported, _), .remote, .ftp, .local, .sourceChanged, .checksumMismatch,
            .targetExists, .wrongKind, .unsafeName, .notFound, .tooManyRemovals:
            note(error, at: path)
        case .scp(let error, _): throw error
        }
    }

    /// The next answer, which is noted when it is about a file that was sent before.
    private func nextAnswer(
        _ scp: inout SCPSource, _ pipe: SCPPipe
    ) async throws(SCPError) -> (question: SCPSource.Question, answer: SCPSource.Answer) {
        while true {
            let step: SCPSource.Step
            do throws(SCPError) { step = try scp.next(arrived.bytes) } catch {
                guard case .violation = error, !pipe.errorText.isEmpty else { throw error }
                throw .ended(pipe.errorText)
            }
            switch step {
            case .needsMore:
                guard let more = try await pipe.receive() else {
                    throw .ended(
                        pipe.errorText.isEmpty ? "the host ended the transfer in the middle" : pipe.errorText)
                }
                if arrived.isEmpty { arrived = more } else { arrived.append(more.bytes) }
            case .answer(let question, let answer, let consumed):
                arrived.consume(consumed)
                pipe.acknowledge(consumed)
                if case .refused = answer { refusalCount += 1 }
                settle(question, answer)
                return (question, answer)
            }
        }
    }

    /// Waits for the answer to `question`; those before it are taken on the way.
    func answer(
        _ question: SCPSource.Question, _ scp: inout SCPSource, _ pipe: SCPPipe
    ) async throws(SCPError) -> SCPSource.Answer {
        while true {
            let (answered, answer) = try await nextAnswer(&scp, pipe)
            if answered == question { return answer }
        }
    }

    private func settle(_ question: SCPSource.Question, _ answer: SCPSource.Answer) {
        guard question == .fileEnd, !unconfirmed.isEmpty else {
            // Whoever waits for the others handles a refusal; nobody waits for these.
            if case .refused(let text) = answer, question == .folderEnd || question == .times {
                note(.scp(.refused(text), path: unconfirmed.last?.path ?? "."), at: unconfirmed.last?.path ?? ".")
            }
            return
        }
        let sent = unconfirmed.removeFirst()
        let failure: TransferError? =
            switch answer {
            case .accepted: sent.failure
            case .refused(let text): sent.failure ?? .scp(.refused(text), path: sent.path)
            }
        if let failure {
            progress.end(sent.ticket, .failed)
            return note(failure, at: sent.path)
        }
        progress.end(sent.ticket, .done)
        summary.files += 1
        summary.bytes += sent.size
    }
}
