import Bytes
import Reactor
import SFTP

/// Writes one local file into a remote one, reading ahead from the disk while the server still acknowledges.
///
/// Runs on the client's loop. Holes of the local file are not sent. A source that does not tell its size, such as a device,
/// is read up to its end, one piece after the other.
actor FileUpload {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private let client: FileTransferClient
    private let handle: Handle
    private let file: File
    private let target: RawPath
    private let progress: TransferProgress
    private let limiter: RateLimiter?
    private let limits: TransferLimits
    private let budget: TransferBudget
    private let requestLength: Int

    private var waiter: CheckedContinuation<Result<UInt64, TransferError>, Never>?
    private var failure: TransferError?
    /// What is still to be sent, the first range first.
    private var extents: ArraySlice<Range<UInt64>> = []
    /// Where to read on after `extents` until nothing comes; nil when the size is known.
    private var openEnd: UInt64?
    /// The end of what was sent.
    private var sentEnd: UInt64 = 0
    private var bytesUnderWay = 0
    /// Where the pieces begin that the disk was asked for, and those that it gave; they are sent in order, so that what
    /// the server has has no gaps when the transfer breaks off.
    private var order = ArraySlice<UInt64>()
    private var ready: [UInt64: ByteBuffer] = [:]
    /// While it is set, the rate allows no further piece.
    private var rateTimer: LoopTimer?

    init(
        _ file: File, to handle: Handle, of target: RawPath, over client: FileTransferClient, requestLength: Int,
        progress: TransferProgress, limiter: RateLimiter?, limits: TransferLimits, budget: TransferBudget
    ) {
        loop = client.loop
        self.client = client
        self.handle = handle
        self.file = file
        self.target = target
        self.requestLength = requestLength
        self.progress = progress
        self.limiter = limiter
        self.limits = limits
        self.budget = budget
    }

    /// Transfers the bytes in `extents`, which are in order, then those from `openEnd` on; returns the end of what was sent.
    func run(_ extents: [Range<UInt64>], openEnd: UInt64? = nil) async throws(TransferError) -> UInt64 {
        self.extents = extents.filter { !$0.isEmpty }[...]
        self.openEnd = openEnd
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

    private func pump() {
        while failure == nil, rateTimer == nil, maySend, let piece = nextPiece() { send(piece.offset, piece.length) }
        finishIfDone()
    }

    private var maySend: Bool {
        // One piece is always allowed, or small limits would stop everything.
        bytesUnderWay == 0
            || bytesUnderWay + requestLength <= limits.uploadBytesUnderWay && budget.hasRoom(for: requestLength)
    }

    private func nextPiece() -> (offset: UInt64, length: Int)? {
        guard let extent = extents.first else {
            // How much comes shows when it is there.
            return bytesUnderWay == 0 ? openEnd.map { ($0, requestLength) } : nil
        }
        let length = min(UInt64(requestLength), extent.upperBound - extent.lowerBound)
        if length == extent.upperBound - extent.lowerBound {
            extents.removeFirst()
        } else {
            extents[extents.startIndex] = extent.lowerBound + length..<extent.upperBound
        }
        return (extent.lowerBound, Int(length))
    }

    private func send(_ offset: UInt64, _ length: Int) {
        hold(length)
        order.append(offset)
        if let limiter {
            let delay = limiter.take(length, now: loop.monotonicNanoseconds)
            if delay > .milliseconds(20) { pause(delay) }
        }
        file.read(at: offset, count: length) { result in
            self.assumeIsolated { $0.write(result, at: offset, length) }
        }
    }

    private func pause(_ delay: Duration) {
        rateTimer = loop.schedule(after: delay) {
            self.assumeIsolated { upload in
                upload.rateTimer?.cancel()
                upload.rateTimer = nil
                upload.pump()
            }
        }
    }

    private func hold(_ count: Int) {
        bytesUnderWay += count
        budget.hold(count)
    }

    private func release(_ count: Int) {
        bytesUnderWay -= count
        budget.release(count)
    }

    private func write(_ result: Result<ByteBuffer, ReactorError>, at offset: UInt64, _ length: Int) {
        guard waiter != nil else { return }
        switch result {
        case .failure(let error):
            release(length)
            fail(.local(error, path: file.path))
        case .success(let data) where offset == openEnd:
            release(length - data.count)
            openEnd = data.isEmpty ? nil : offset + UInt64(data.count)
            if data.isEmpty {
                order.removeFirst()
                finishIfDone()
            } else {
                ready[offset] = data
                sendReady()
            }
        case .success(let data) where data.count < length:
            release(length)
            fail(
                .sourceChanged(
                    path: file.path, expected: offset + UInt64(length), found: offset + UInt64(data.count)))
        case .success(let data):
            ready[offset] = data
            sendReady()
        }
    }

    private func sendReady() {
        while let offset = order.first, let data = ready.removeValue(forKey: offset) {
            order.removeFirst()
            let length = data.count
            sentEnd = offset + UInt64(length)
            let completion: @Sendable (Result<Void, RequestError>) -> Void = { result in
                self.assumeIsolated { $0.acknowledged(result, length) }
            }
            client.assumeIsolated { $0.write(handle, offset: offset, data, completion: completion) }
        }
    }

    private func acknowledged(_ result: Result<Void, RequestError>, _ length: Int) {
        // After a failure nobody waits for what still comes.
        guard waiter != nil else { return }
        release(length)
        switch result {
        case .success:
            progress.advance(by: length)
            pump()
        case .failure(let error): fail(.remote(error, path: target))
        }
    }

    private func fail(_ error: TransferError) {
        if failure == nil { failure = error }
        finishIfDone()
    }

    private func finishIfDone() {
        guard let waiter, failure != nil || (bytesUnderWay == 0 && extents.isEmpty && openEnd == nil) else { return }
        self.waiter = nil
        rateTimer?.cancel()
        rateTimer = nil
        ready = [:]
        release(bytesUnderWay)
        waiter.resume(returning: failure.map { .failure($0) } ?? .success(sentEnd))
    }
}
