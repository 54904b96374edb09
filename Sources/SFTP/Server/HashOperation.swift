import Bytes
import Cryptography
import Reactor
import Synchronization

/// A `check-file` request at work: some bytes at a time, so that others have their turn and an end of the connection ends it.
final class HashOperation: Sendable {
    enum Source: Sendable {
        case file(File)
        case path(RawPath)
    }

    /// What is hashed, and how far it is.
    private struct Progress: ~Copyable {
        let file: File
        let algorithm: HashAlgorithm
        var position: UInt64
        let end: UInt64
        var blockEnd: UInt64
        var digest: MessageDigest
        var hashes: [UInt8] = []

        /// Adds the hash of the block that ends here.
        mutating func endBlock() {
            var digest = MessageDigest(algorithm)
            swap(&digest, &self.digest)
            hashes += digest.finish()
        }
    }

    private enum State: ~Copyable {
        case unstarted
        case running(Progress)
        case done
    }

    static let algorithmNames = ["sha256", "sha512"]

    private let id: RequestID
    private let source: Source
    private let check: FileCheck
    private let state = Mutex(State.unstarted)

    init(_ id: RequestID, _ source: Source, _ check: FileCheck) {
        self.id = id
        self.source = source
        self.check = check
    }

    /// Goes on for a slice; returns whether it is done, and then has appended the reply. On a thread of the pool.
    func goOn(_ worker: FileWorker, _ replies: inout ByteBuffer) -> Bool {
        state.withLock { state in
            var current = State.done
            swap(&current, &state)
            do throws(FileFailure) {
                var progress: Progress
                switch consume current {
                case .unstarted: progress = try start(worker)
                case .running(let begun): progress = begun
                case .done: return true
                }
                guard try advance(&progress) else {
                    state = .running(progress)
                    return false
                }
                let hashes = FileHashes(algorithm: Self.name(progress.algorithm), bytes: progress.hashes)
                replies.appendExtendedReply(id) { $0.append(hashes) }
            } catch {
                replies.append(error, id)
            }
            return true
        }
    }

    private func start(_ worker: FileWorker) throws(FileFailure) -> Progress {
        guard let name = check.algorithms.first(where: { Self.algorithm($0) != nil }),
            let algorithm = Self.algorithm(name)
        else { throw .refused("none of the hash algorithms is known") }
        guard check.blockSize == 0 || check.blockSize >= Limits.minimumHashBlockLength else {
            throw .refused("the blocks are too small")
        }
        let file = try open(worker)
        let range = range(try FileFailure.wrap { () throws(ReactorError) in try file.statusBlocking() }.size)
        guard hashCount(range) <= Self.maximumCount(algorithm) else {
            throw .refused("more blocks than one reply has room for")
        }
        return Progress(
            file: file, algorithm: algorithm, position: range.lowerBound, end: range.upperBound,
            blockEnd: blockEnd(range.lowerBound, range.upperBound), digest: MessageDigest(algorithm))
    }

    private func open(_ worker: FileWorker) throws(FileFailure) -> File {
        switch source {
        case .file(let file): file
        case .path(let path):
            try FileFailure.wrap { () throws(ReactorError) in
                try worker.files.openFile(path, .read, on: worker.loop).0
            }
        }
    }

    // MARK: Blocks

    /// The bytes to hash, cut off at the end of the file.
    private func range(_ size: UInt64) -> Range<UInt64> {
        let start = min(check.offset, size)
        let length = check.length == 0 ? size - start : min(check.length, size - start)
        return start..<start + length
    }

    private func hashCount(_ range: Range<UInt64>) -> UInt64 {
        guard check.blockSize > 0 else { return 1 }
        let size = UInt64(check.blockSize)
        let length = range.upperBound - range.lowerBound
        return length / size + (length % size == 0 ? 0 : 1)
    }

    private static func maximumCount(_ algorithm: HashAlgorithm) -> UInt64 {
        let fields = 1024
        return UInt64((Limits.announcedMessageLength - fields) / algorithm.digestLength)
    }

    private func blockEnd(_ position: UInt64, _ end: UInt64) -> UInt64 {
        check.blockSize == 0 ? end : min(position + UInt64(check.blockSize), end)
    }

    /// Hashes a slice; returns whether it was the last. A file that became shorter meanwhile ends where it ends.
    private func advance(_ progress: inout Progress) throws(FileFailure) -> Bool {
        var left = Limits.longOperationSlice
        var buffer = ByteBuffer(capacity: Limits.maximumTransferLength)
        while true {
            if progress.position == progress.blockEnd {
                // A range without bytes has one hash as a whole, and no blocks.
                if check.blockSize == 0 || progress.position > check.offset {
                    progress.endBlock()
                }
                guard progress.position < progress.end else { return true }
                progress.blockEnd = blockEnd(progress.position, progress.end)
            }
            guard left > 0 else { return false }
            let count = Int(min(progress.blockEnd - progress.position, UInt64(Limits.maximumTransferLength)))
            let (file, position) = (progress.file, progress.position)
            buffer.removeAll()
            let read = try FileFailure.wrap { () throws(ReactorError) in
                try file.readBlocking(at: position, count: count, into: &buffer)
            }
            guard read > 0 else {
                progress.endBlock()
                return true
            }
            progress.digest.update(buffer.bytes)
            progress.position += UInt64(read)
            left -= read
        }
    }

    private static func algorithm(_ name: String) -> HashAlgorithm? {
        switch name {
        case "sha256": .sha256
        case "sha512": .sha512
        case _: nil
        }
    }

    private static func name(_ algorithm: HashAlgorithm) -> String {
        switch algorithm {
        case .sha256: "sha256"
        case .sha512: "sha512"
        case .md5, .sha1, .sha384: "\(algorithm)"
        }
    }
}
