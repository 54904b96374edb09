import Bytes
import Reactor

/// What of files and folders is sent, and how.
extension SCPUpload {
    func send(
        _ path: RawPath, _ name: RawPath, _ status: FileStatus, isNamed: Bool, depth: Int = 1, _ scp: inout SCPSource,
        _ pipe: SCPPipe
    ) async throws(TransferError) {
        switch status.kind {
        case .symbolicLink: return skip(path, "a link: SCP cannot send one")
        case .directory, .regular: break
        case .fifo, .socket, .characterDevice, .blockDevice, .unknown:
            if isNamed { throw .wrongKind(path: path, "not a regular file") }
            return skip(path, "not a regular file")
        }
        guard SCPSource.canExpress(name) else {
            throw .scp(.unsupported("sending a name with a newline"), path: path)
        }
        if status.kind == .directory {
            try await sendFolder(path, name, status, depth: depth, &scp, pipe)
        } else {
            try await sendFile(path, name, isNamed: isNamed, &scp, pipe)
        }
    }

    private func sendFolder(
        _ path: RawPath, _ name: RawPath, _ status: FileStatus, depth: Int, _ scp: inout SCPSource, _ pipe: SCPPipe
    ) async throws(TransferError) {
        guard depth <= options.limits.depth else { throw .wrongKind(path: path, "too deep within other folders") }
        // Read before it is announced: what cannot be read is not sent.
        let names = try await onDisk(path) { () throws(ReactorError) in
            try await local.scandir(path).map(\.name).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        }
        let times = options.preserves ? SCPTimes(status) : nil
        scp.beginFolder(SCPEntry(name: name, permissions: status.permissions, times: times))
        guard try await begin(.folder, at: path, &scp, pipe) else { return }
        summary.folders += 1
        for name in names {
            let child = path.appending(name)
            do throws(TransferError) {
                let status = try await onDisk(child) { () throws(ReactorError) in try await local.lstat(child) }
                try await send(child, name, status, isNamed: false, depth: depth + 1, &scp, pipe)
            } catch {
                do throws(SCPError) { try pass(error, at: child) } catch {
                    throw error == .cancelled ? .cancelled : .scp(error, path: child)
                }
            }
        }
        scp.endFolder()
        try await flush(&scp, pipe, at: path)
    }

    private func sendFile(
        _ path: RawPath, _ name: RawPath, isNamed: Bool, _ scp: inout SCPSource, _ pipe: SCPPipe
    ) async throws(TransferError) {
        let file = try await onDisk(path) { () throws(ReactorError) in
            try await File.open(path, isNamed ? [.read, .nonBlocking] : [.read, .noFollow, .nonBlocking], on: loop)
        }
        let status = try await onDisk(path) { () throws(ReactorError) in try await file.stat() }
        guard status.kind == .regular else { throw .wrongKind(path: path, "not a regular file") }
        progress.expect(bytes: status.size)
        let times = options.preserves ? SCPTimes(status) : nil
        scp.beginFile(SCPEntry(name: name, permissions: status.permissions, size: status.size, times: times))
        guard try await begin(.file, at: path, &scp, pipe) else { return }
        let ticket = progress.begin(path, size: status.size)
        var failure: TransferError?
        do throws(TransferError) { try await sendBytes(of: file, status, ticket, &scp, pipe) } catch {
            switch error {
            case .local, .sourceChanged: failure = error
            case .remote, .ftp, .checksumMismatch, .targetExists, .wrongKind, .unsafeName, .notFound, .tooManyRemovals,
                .scp,
                .cancelled:
                progress.end(ticket, .failed)
                throw error
            }
            guard scp.left <= SCPLimits.carriedLength else {
                progress.end(ticket, .failed)
                note(error, at: path)
                throw .scp(.ended("given up, as a large file before cannot be read"), path: path)
            }
        }
        try await sendZeros(&scp, pipe, at: path)
        scp.endFile(complaint: failure.map { _ in "the file could not be read to its end" })
        unconfirmed.append(Sent(path: path, size: status.size, ticket: ticket, failure: failure))
        try await flush(&scp, pipe, at: path)
    }

    /// Sends an announcement; whether it was accepted. A refusal is noted.
    private func begin(
        _ question: SCPSource.Question, at path: RawPath, _ scp: inout SCPSource, _ pipe: SCPPipe
    ) async throws(TransferError) -> Bool {
        try await flush(&scp, pipe, at: path)
        let answer: SCPSource.Answer
        do throws(SCPError) { answer = try await self.answer(question, &scp, pipe) } catch {
            throw error == .cancelled ? .cancelled : .scp(error, path: path)
        }
        guard case .refused(let text) = answer else { return true }
        note(.scp(.refused(text), path: path), at: path)
        return false
    }

    private func sendBytes(
        of file: File, _ status: FileStatus, _ ticket: TransferProgress.Ticket, _ scp: inout SCPSource, _ pipe: SCPPipe
    ) async throws(TransferError) {
        while scp.left > 0 {
            let offset = status.size - scp.left
            let count = Int(min(scp.left, UInt64(SCPLimits.pieceLength)))
            let piece = try await onDisk(file.path) { () throws(ReactorError) in
                try await file.read(at: offset, count: count)
            }
            if piece.isEmpty { throw .sourceChanged(path: file.path, expected: status.size, found: offset) }
            try await send(piece, &scp, pipe, at: file.path)
            progress.advance(ticket, by: piece.count)
            if let limiter {
                let delay = limiter.take(piece.count, now: loop.monotonicNanoseconds)
                if delay > .milliseconds(20) { await pipe.pause(delay) }
            }
        }
        let now = try await onDisk(file.path) { () throws(ReactorError) in try await file.stat() }
        if now.size != status.size {
            throw .sourceChanged(path: file.path, expected: status.size, found: now.size)
        }
    }

    /// Sends as many zeros as were announced and are missing, as the protocol has no way to take a file back.
    private func sendZeros(_ scp: inout SCPSource, _ pipe: SCPPipe, at path: RawPath) async throws(TransferError) {
        while scp.left > 0 {
            var zeros = ByteBuffer()
            zeros.append(repeating: 0, count: Int(min(scp.left, UInt64(SCPLimits.pieceLength))))
            try await send(zeros, &scp, pipe, at: path)
        }
    }

    private func send(
        _ piece: ByteBuffer, _ scp: inout SCPSource, _ pipe: SCPPipe, at path: RawPath
    ) async throws(TransferError) {
        scp.sent(piece.count)
        try await write(piece, pipe, at: path)
    }

    private func flush(_ scp: inout SCPSource, _ pipe: SCPPipe, at path: RawPath) async throws(TransferError) {
        try await write(scp.takeOutput(), pipe, at: path)
    }

    private func write(_ bytes: ByteBuffer, _ pipe: SCPPipe, at path: RawPath) async throws(TransferError) {
        do throws(SCPError) {
            guard try await pipe.send(bytes) else {
                throw .ended(pipe.errorText.isEmpty ? "the host ended the transfer in the middle" : pipe.errorText)
            }
        } catch {
            throw error == .cancelled ? .cancelled : .scp(error, path: path)
        }
    }

    func onDisk<Value: Sendable>(
        _ path: RawPath, _ body: () async throws(ReactorError) -> Value
    ) async throws(TransferError) -> Value {
        do throws(ReactorError) { return try await body() } catch {
            throw error.kind == .cancelled ? .cancelled : .local(error, path: path)
        }
    }
}
