import Bytes
import Reactor

/// The journal of one file that is being transferred, on the disk: ranges are appended as they arrive.
///
/// What was noted and not written yet when the process ends is found again by comparing, or sent again.
actor JournalFile {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// So many bytes of the file make a record, so that a journal of 100 GiB has some megabytes.
    private static let recordLength: UInt64 = 1 << 20

    private enum Phase {
        case idle
        case writing([CheckedContinuation<Void, Never>])
        /// The disk refused: the transfer goes on without.
        case failed
    }

    private let file: File
    private var length: UInt64
    private var phase = Phase.idle
    private var noted = ByteRangeSet()

    private init(_ file: File, length: UInt64) {
        loop = file.loop
        self.file = file
        self.length = length
    }

    nonisolated var path: RawPath { file.path }

    /// Whether another run is at the file of the journal at `path`: it holds the journal's lock.
    static func isInUse(_ path: RawPath, on loop: EventLoop) async -> Bool {
        guard let file = try? await File.open(path, [.read, .noFollow, .nonBlocking], on: loop) else { return false }
        let isFree = try? await file.lock()
        try? await file.close()
        return isFree == false
    }

    /// Reads the journal at `path`; nil where there is none that can be read.
    static func read(_ path: RawPath, on loop: EventLoop) async -> TransferJournal.Contents? {
        guard let file = try? await File.open(path, [.read, .noFollow, .nonBlocking], on: loop),
            let size = try? await file.stat().size, size <= UInt64(JournalLimits.journalLength),
            let bytes = try? await file.read(at: 0, count: Int(size))
        else { return nil }
        return try? TransferJournal.decode(bytes.bytes)
    }

    /// Begins a journal at `path` with `header` and what `done` holds; nil when that cannot be done, and none is kept.
    static func begin(
        _ path: RawPath, _ header: TransferJournal.Header, done: ByteRangeSet, on loop: EventLoop
    ) async -> JournalFile? {
        guard var start = try? TransferJournal.encode(header) else { return nil }
        if !done.isEmpty { start.append(TransferJournal.encode(record: done.ranges).bytes) }
        do throws(ReactorError) {
            let file = try await File.open(path, [.write, .create, .noFollow], permissions: 0o600, on: loop)
            // Held until the file is closed: two runs must not write one part.
            guard try await file.lock() else { return nil }
            try await file.truncate(to: 0)
            try await file.write(start, at: 0)
            return JournalFile(file, length: UInt64(start.count))
        } catch {
            return nil
        }
    }

    /// Notes that `range` has arrived; written once there is enough of it.
    func record(_ range: Range<UInt64>) {
        noted.insert(range)
        if noted.count >= Self.recordLength { write() }
    }

    private func write() {
        guard case .idle = phase, !noted.isEmpty else { return }
        let record = TransferJournal.encode(record: noted.ranges)
        noted = ByteRangeSet()
        phase = .writing([])
        let start = length
        length += UInt64(record.count)
        file.write(record, at: start) { result in
            self.assumeIsolated { $0.written(result) }
        }
    }

    private func written(_ result: Result<Void, ReactorError>) {
        guard case .writing(let waiting) = phase else { return }
        switch result {
        case .success: phase = .idle
        case .failure: phase = .failed
        }
        if waiting.isEmpty {
            if noted.count >= Self.recordLength { write() }
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Writes what was noted and closes the file, which stays.
    func close() async {
        while true {
            if case .writing = phase {
                await withCheckedContinuation(isolation: self) { continuation in
                    // Looked at again: others may have had a turn on the way.
                    guard case .writing(let waiting) = phase else { return continuation.resume() }
                    phase = .writing(waiting + [continuation])
                }
            } else if case .idle = phase, !noted.isEmpty {
                write()
            } else {
                break
            }
        }
        try? await file.close()
    }

    /// Closes and removes it: nothing is left to go on with.
    func remove() async {
        noted = ByteRangeSet()
        await close()
        try? await FileSystem(on: loop).unlink(path)
    }
}
