import Bytes
import Errors
import SFTP
import Sessions

extension Concatenate: Verb {
    /// Requests under way while a file is read.
    private static let parallelReads = 32
    /// Bytes of one request, where the server does not allow less.
    private static let pieceLength = 64 << 10

    package func run(_ console: Console) async throws -> ExitStatus {
        var failures = PathFailures(console, of: paths.count)
        try await HostAccess(connection, console).withFiles(of: paths) { files, paths, console in
            for path in paths {
                do { try await copy(path, files, console) } catch { try failures.note(error) }
            }
        }
        return failures.status
    }

    private func copy(_ path: RawPath, _ files: RemoteFiles, _ console: Console) async throws {
        switch files.way {
        case .sftp(let client, let session): try await copy(path, by: client, session, console)
        case .ftp(let system, let host):
            try await files.stream(path, from: system, host) { try console.out([UInt8]($0.bytes)) }
        }
    }

    private func copy(
        _ path: RawPath, by client: FileTransferClient, _ session: HostSession, _ console: Console
    ) async throws {
        let handle: Handle
        do throws(RequestError) { handle = try await client.open(path, .read) } catch {
            throw FairleadError(error, path: path, session.context("read"))
        }
        var reads: [(offset: UInt64, task: Task<Result<ByteBuffer, RequestError>, Never>)] = []
        defer {
            for (_, task) in reads { task.cancel() }
            Task { await client.abandon(handle) }
        }
        var offset: UInt64 = 0
        while true {
            try Task.checkCancellation()
            while reads.count < Self.parallelReads {
                let start = offset
                let task = Task { () -> Result<ByteBuffer, RequestError> in
                    do throws(RequestError) {
                        return .success(try await client.read(handle, offset: start, length: Self.pieceLength))
                    } catch {
                        return .failure(error)
                    }
                }
                reads.append((start, task))
                offset += UInt64(Self.pieceLength)
            }
            let (start, task) = reads.removeFirst()
            let piece: ByteBuffer
            switch await task.value {
            case .success(let data): piece = data
            case .failure(let error): throw FairleadError(error, path: path, session.context("read"))
            }
            if piece.isEmpty { return }
            try console.out([UInt8](piece.bytes))
            guard piece.count < Self.pieceLength else { continue }
            // Less than asked for: the end, or a server that gives less at a time. What was asked for behind it is asked anew.
            for (_, task) in reads { task.cancel() }
            reads = []
            offset = start + UInt64(piece.count)
        }
    }
}
