import Bytes
import Reactor
import SFTP

/// Writes one local file into a remote one, reading ahead from the disk while the server still acknowledges.
///
/// Runs on the client's loop. Holes of the local file are not sent.
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
    private let requestLength: Int

    private var waiter: CheckedContinuation<Result<Void, TransferError>, Never>?
    private var failure: TransferError?
    /// What is still to be sent, the first range first.
    private var extents: ArraySlice<Range<UInt64>> = []
    private var bytesUnderWay = 0
    /// Where the pieces begin that the disk was asked for, and those that it gave; they are sent in order, so that what
    /// the server has has no gaps when the transfer breaks off.
    private var order = ArraySlice<UInt64>()
    private var ready: [UInt64: ByteBuffer] = [:]
    private var isWaitingForRate = false

    init(
        _ file: File, to handle: Handle, of target: RawPath, over client: FileTransferClient, requestLength: Int,
        progress: TransferProgress, limiter: RateLimiter?, limits: TransferLimits
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
    }

    /// Transfers the bytes in `extents`, which are in order.
    func run(_ extents: [Range<UInt64>]) async throws(TransferError) {
        self.extents = extents.filter { !$0.isEmpty }[...]
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation(isolation: self) { continuation in
                waiter = continuation
                pump()
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.fail(.cancelled) } }
        }
        try result.get()
    }

    private func pump() {
        while failure == nil, !isWaitingForRate, bytesUnderWay + requestLength <= limits.uploadBytesUnderWay,
            let extent = extents.first
        {
            let length = min(UInt64(requestLength), extent.upperBound - extent.lowerBound)
            let rest = extent.lowerBound + length..<extent.upperBound
            extents = extents.dropFirst()
            if !rest.isEmpty { extents = [rest] + extents }
            send(extent.lowerBound, Int(length))
        }
        finishIfDone()
    }

    private func send(_ offset: UInt64, _ length: Int) {
        bytesUnderWay += length
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
        isWaitingForRate = true
        loop.execute(after: delay) {
            self.assumeIsolated { upload in
                upload.isWaitingForRate = false
                upload.pump()
            }
        }
    }

    private func write(_ result: Result<ByteBuffer, ReactorError>, at offset: UInt64, _ length: Int) {
        guard waiter != nil else { return }
        switch result {
        case .failure(let error):
            bytesUnderWay -= length
            fail(.local(error, path: file.path))
        case .success(let data) where data.count < length:
            bytesUnderWay -= length
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
            let completion: @Sendable (Result<Void, RequestError>) -> Void = { result in
                self.assumeIsolated { $0.acknowledged(result, length) }
            }
            client.assumeIsolated { $0.write(handle, offset: offset, data, completion: completion) }
        }
    }

    private func acknowledged(_ result: Result<Void, RequestError>, _ length: Int) {
        // After a failure nobody waits for what still comes.
        guard waiter != nil else { return }
        bytesUnderWay -= length
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
        guard let waiter, failure != nil || (bytesUnderWay == 0 && extents.isEmpty) else { return }
        self.waiter = nil
        waiter.resume(returning: failure.map { .failure($0) } ?? .success(()))
    }
}
