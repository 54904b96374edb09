package import Bytes
package import Reactor

/// The audit log on disk, line by line, each chained to the one before.
///
/// A line is in the file when `append` returns: the death of the process loses none. On one loop; lines that come at once
/// are written together.
package actor AuditLog {
    private let loop: EventLoop
    private let clock: @Sendable () -> Int64
    private let file: File
    private let headFile: File
    private var size: UInt64
    private var number: Int64
    private var previous: String
    private var pending = ByteBuffer()
    /// The number of the last line that is in the file, or could not be written.
    private var settled: Int64
    private var flushing: Task<Void, Never>?
    /// Why the last line could not be written; nil when all is well.
    package private(set) var failure: ReactorError?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private init(
        _ file: File, head: File, size: UInt64, last: AuditHead, on loop: EventLoop,
        clock: @escaping @Sendable () -> Int64
    ) {
        self.file = file
        headFile = head
        self.size = size
        number = last.number
        settled = last.number
        previous = last.hash
        self.loop = loop
        self.clock = clock
    }

    /// Opens or makes the log at `path`, for this user alone, and goes on behind its last line. What a killed process left
    /// of a line is cut off, which is a line of its own.
    ///
    /// A last line that is none is kept, and the chain begins anew behind it:
    /// `AuditVerification` will say so.
    package static func open(
        _ path: RawPath, on loop: EventLoop, clock: @escaping @Sendable () -> Int64 = { EventLoop.calendarMilliseconds }
    ) async throws(ReactorError) -> AuditLog {
        let file = try await File.open(path, [.read, .write, .create], permissions: 0o600, on: loop)
        let head = try await File.open(
            AuditHead.path(for: path), [.read, .write, .create], permissions: 0o600, on: loop)
        let size = try await file.stat().size
        let start = size - min(size, UInt64(2 * AuditLine.maximumLength))
        let tail = try await file.read(at: start, count: Int(size - start)).array
        let end = tail.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let torn = tail.count - end
        if torn > 0 { try await file.truncate(to: size - UInt64(torn)) }
        let line = tail[..<max(0, end - 1)].split(separator: UInt8(ascii: "\n")).last
        let known = AuditHead(try await head.read(at: 0, count: AuditHead.length).array)
        var last = known ?? AuditHead(number: 0, hash: AuditLine.origin)
        if let line, let read = AuditLine.read(line) { last = AuditHead(number: read.number, hash: read.hash) }
        let log = AuditLog(file, head: head, size: size - UInt64(torn), last: last, on: loop, clock: clock)
        if torn > 0 { await log.append(AuditEntry("repair", .done, details: [("torn_bytes", .integer(Int64(torn)))])) }
        return log
    }

    /// Adds a line, and waits until it is in the file; false when it could not be written.
    @discardableResult
    package func append(_ entry: AuditEntry) async -> Bool {
        number += 1
        let mine = number
        let (line, hash) = AuditLine.make(entry, number: number, time: clock(), previous: previous)
        previous = hash
        pending.append(line)
        while settled < mine {
            if flushing == nil { startFlushing() }
            await flushing?.value
        }
        return failure == nil
    }

    private func startFlushing() {
        let (batch, last) = (pending, AuditHead(number: number, hash: previous))
        pending = ByteBuffer()
        flushing = Task(executorPreference: loop) { await self.flush(batch, last) }
    }

    private func flush(_ batch: ByteBuffer, _ last: AuditHead) async {
        do throws(ReactorError) {
            try await file.write(batch, at: size)
            size += UInt64(batch.count)
            try await headFile.write(ByteBuffer(last.bytes), at: 0)
            failure = nil
        } catch {
            // What is in the file of these lines is written over by the next; their numbers will be missing, which shows.
            failure = error
        }
        settled = last.number
        flushing = nil
    }

    /// Brings everything to the disk and closes.
    package func close() async {
        while let flushing { await flushing.value }
        try? await file.datasync()
        try? await file.close()
        try? await headFile.close()
    }
}
