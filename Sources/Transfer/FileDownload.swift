import Bytes
import Reactor
import SFTP

/// Reads one remote file into a local one, with as many requests under way as fill the path.
///
/// Runs on the client's loop. Requests are asked for ahead, answers go to the disk in any order; what is asked for and
/// what waits for the disk together stay within `TransferLimits.bytesUnderWay`. Runs of zeros become holes.
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
    private var writesUnderWay = 0
    private var bytesUnderWay = 0
    /// Where the pieces begin that are asked for or on their way to the disk.
    private var openOffsets: Set<UInt64> = []
    private var allowance: Int
    private var isWaitingForRate = false

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
        allowance = limits.initialBytesUnderWay
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
            let length = nextOffset < expectedSize ? min(UInt64(requestLength), expectedSize - nextOffset) : UInt64(requestLength)
            ask(nextOffset, Int(length))
            nextOffset += length
        }
        finishIfDone()
    }

    private var mayAsk: Bool {
        nextOffset < expectedSize
            ? bytesUnderWay + requestLength <= allowance || bytesUnderWay == 0
            : requestsUnderWay == 0 || nextOffset == expectedSize
    }

    private func ask(_ offset: UInt64, _ length: Int) {
        requestsUnderWay += 1
        bytesUnderWay += length
        openOffsets.insert(offset)
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
        _ = loop.schedule(after: delay) {
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
            allowance = min(allowance + length, limits.bytesUnderWay)
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
        let count = data.count
        if data.bytes.isAllZeros {
            return stored(offset, count)
        }
        writesUnderWay += 1
        file.write(data, at: offset) { result in
            self.assumeIsolated { download in
                download.writesUnderWay -= 1
                switch result {
                case .success: download.stored(offset, count)
                case .failure(let error): download.fail(.local(error, path: download.file.path))
                }
                download.pump()
            }
        }
    }

    private func stored(_ offset: UInt64, _ count: Int) {
        bytesUnderWay -= count
        openOffsets.remove(offset)
        progress.advance(by: count)
    }

    private func fail(_ error: TransferError) {
        if failure == nil { failure = error }
        finishIfDone()
    }

    private func finishIfDone() {
        guard let waiter, writesUnderWay == 0, failure != nil || (requestsUnderWay == 0 && end != nil) else { return }
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
