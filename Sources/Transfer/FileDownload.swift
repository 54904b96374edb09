import Bytes
import Reactor
import SFTP
import SSH

/// Reads one remote file into a local one, with as many requests under way as fill the path.
///
/// Runs on the client's loop. Requests are asked for ahead, as many bytes as the path holds: that is found out as a
/// receive window is, from what arrives in a round trip. What is asked for and what waits for the disk together stay
/// within `TransferLimits.bytesUnderWay`. The disk gets what has come while it was busy, in one piece: several threads
/// that write one file only wait for each other. Runs of zeros become holes.
actor FileDownload {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private let client: FileTransferClient
    private let handle: Handle
    private let file: File
    private let source: RawPath
    private let progress: TransferProgress
    private let limiter: RateLimiter?
    private let limits: TransferLimits
    private let requestLength: Int

    private var waiter: CheckedContinuation<Result<UInt64, TransferError>, Never>?
    private var failure: TransferError?
    /// Up to here requests were made.
    private var nextOffset: UInt64 = 0
    /// What the server said the size is; requests beyond it are made one at a time, until the end shows.
    private var expectedSize: UInt64 = 0
    /// The end of the file, once the server has shown it.
    private var end: UInt64?
    /// The end of what was written.
    private var writtenEnd: UInt64 = 0
    private var requestsUnderWay = 0
    private var bytesUnderWay = 0
    /// What has come and waits for the disk.
    private var arrived: [(offset: UInt64, data: ByteBuffer)] = []
    private var disk = DiskState.idle
    /// Where the pieces begin that are asked for or on their way to the disk.
    private var openOffsets: Set<UInt64> = []
    private var allowance: WindowTuner
    /// The request whose answer tells the round trip, and when it was made, in monotonic nanoseconds.
    private var timed: (offset: UInt64, at: UInt64)?
    private var roundTrip: UInt64?
    private var isWaitingForRate = false

    private enum DiskState {
        case idle, writing
    }

    init(
        _ handle: Handle, of source: RawPath, to file: File, over client: FileTransferClient, requestLength: Int,
        progress: TransferProgress, limiter: RateLimiter?, limits: TransferLimits
    ) {
        loop = client.loop
        self.client = client
        self.handle = handle
        self.file = file
        self.source = source
        self.requestLength = requestLength
        self.progress = progress
        self.limiter = limiter
        self.limits = limits
        allowance = WindowTuner(
            initial: UInt32(clamping: limits.initialBytesUnderWay), maximum: UInt32(clamping: limits.bytesUnderWay))
    }

    /// Transfers what lies behind `offset`; returns the size of the whole file.
    func run(from offset: UInt64, expectedSize: UInt64) async throws(TransferError) -> UInt64 {
        nextOffset = offset
        writtenEnd = offset
        self.expectedSize = expectedSize
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation(isolation: self) { continuation in
                waiter = continuation
                pump()
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.fail(.cancelled) } }
        }
        return try result.get()
    }

    /// Up to here every byte is in the local file, also after a failure: where a later transfer may go on.
    var contiguousEnd: UInt64 { openOffsets.min() ?? min(nextOffset, writtenEnd) }

    /// Makes as many requests as may be under way.
    private func pump() {
        while failure == nil, end == nil, mayAsk, !isWaitingForRate {
            let length =
                nextOffset < expectedSize
                ? min(UInt64(requestLength), expectedSize - nextOffset) : UInt64(requestLength)
            ask(nextOffset, Int(length))
            nextOffset += length
        }
        finishIfDone()
    }

    private var mayAsk: Bool {
        nextOffset < expectedSize
            ? bytesUnderWay + requestLength <= Int(allowance.target) || bytesUnderWay == 0
            : requestsUnderWay == 0 || nextOffset == expectedSize
    }

    private func ask(_ offset: UInt64, _ length: Int) {
        requestsUnderWay += 1
        bytesUnderWay += length
        openOffsets.insert(offset)
        if timed == nil { timed = (offset, loop.monotonicNanoseconds) }
        if let limiter {
            let delay = limiter.take(length, now: loop.monotonicNanoseconds)
            if delay > .milliseconds(20) { pause(delay) }
        }
        let completion: @Sendable (Result<ByteBuffer, RequestError>) -> Void = { result in
            self.assumeIsolated { $0.received(result, at: offset, of: length) }
        }
        client.assumeIsolated { $0.read(handle, offset: offset, length: length, completion: completion) }
    }

    private func pause(_ delay: Duration) {
        isWaitingForRate = true
        loop.execute(after: delay) {
            self.assumeIsolated { download in
                download.isWaitingForRate = false
                download.pump()
            }
        }
    }

    private func received(_ result: Result<ByteBuffer, RequestError>, at offset: UInt64, of length: Int) {
        // After a failure nobody waits for what still comes.
        guard waiter != nil else { return }
        requestsUnderWay -= 1
        if let timed, timed.offset == offset {
            roundTrip = min(roundTrip ?? .max, loop.monotonicNanoseconds - timed.at)
            self.timed = nil
        }
        switch result {
        case .failure(let error):
            bytesUnderWay -= length
            fail(.remote(error, path: source))
        case .success(let data) where data.isEmpty:
            bytesUnderWay -= length
            openOffsets.remove(offset)
            end = min(end ?? .max, offset)
        case .success where failure != nil:
            bytesUnderWay -= length
        case .success(let data):
            allowance.receive(data.count)
            bytesUnderWay -= length - data.count
            writtenEnd = max(writtenEnd, offset + UInt64(data.count))
            store(data, at: offset)
            if data.count < length {
                // Servers may give less than is asked for, in the middle of a file too.
                ask(offset + UInt64(data.count), length - data.count)
            }
        }
        pump()
    }

    private func store(_ data: ByteBuffer, at offset: UInt64) {
        if data.bytes.isAllZeros {
            return stored([offset], data.count)
        }
        arrived.append((offset, data))
        writeArrived()
    }

    /// Writes what has come and lies together, unless the disk is busy.
    private func writeArrived() {
        guard case .idle = disk, let first = arrived.first else { return }
        disk = .writing
        var pieces: [ByteBuffer] = []
        var length = 0
        for piece in arrived where piece.offset == first.offset + UInt64(length) {
            pieces.append(piece.data)
            length += piece.data.count
        }
        // What was taken is at the front, in its order, but for pieces that came out of turn.
        let taken = first.offset..<first.offset + UInt64(length)
        arrived.removeAll { taken.contains($0.offset) }
        let count = length
        let offsets = pieces.reduce(into: [first.offset]) { $0.append(($0.last ?? 0) + UInt64($1.count)) }.dropLast()
        file.write(pieces, at: first.offset) { result in
            self.assumeIsolated { download in
                download.disk = .idle
                switch result {
                case .success:
                    download.stored(offsets, count)
                    download.writeArrived()
                case .failure(let error): download.fail(.local(error, path: download.file.path))
                }
                download.pump()
            }
        }
    }

    private func stored(_ offsets: ArraySlice<UInt64>, _ count: Int) {
        bytesUnderWay -= count
        for offset in offsets { openOffsets.remove(offset) }
        allowance.consume(count, now: loop.monotonicNanoseconds, roundTrip: roundTrip, mayGrow: true)
        progress.advance(by: count)
    }

    private func fail(_ error: TransferError) {
        if failure == nil { failure = error }
        finishIfDone()
    }

    private func finishIfDone() {
        guard let waiter, case .idle = disk else { return }
        guard failure != nil || (requestsUnderWay == 0 && arrived.isEmpty && end != nil) else { return }
        self.waiter = nil
        if let failure {
            waiter.resume(returning: .failure(failure))
        } else if let end, end < writtenEnd {
            waiter.resume(returning: .failure(.sourceChanged(path: source, expected: writtenEnd, found: end)))
        } else {
            waiter.resume(returning: .success(writtenEnd))
        }
    }
}

extension RawSpan {
    /// Whether every byte is 0; for data that is not, this is known after a few bytes.
    var isAllZeros: Bool {
        var offset = 0
        while offset + 8 <= byteCount {
            if integer(at: offset, as: UInt64.self) != 0 { return false }
            offset += 8
        }
        while offset < byteCount {
            if self[offset] != 0 { return false }
            offset += 1
        }
        return true
    }
}
