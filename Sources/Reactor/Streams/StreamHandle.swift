package import Bytes
import CUV

/// What the streams of libuv have in common: reading into `received`, and writing once per turn.
///
/// It keeps itself alive until `close()`, an error, or the end of the loop. May be closed within each of the handler's
/// calls.
@safe
package class StreamHandle: LoopHandle, ByteStream, @unchecked Sendable {
    // Sendable because everything that changes is touched on the loop's thread alone; the entries check that.

    private enum Input {
        case idle
        case reading
        case ended
    }

    private enum Output {
        case open
        /// To be half-closed when the queue is empty.
        case ending
        case ended
    }

    private enum Pressure {
        case normal
        case congested
    }

    private enum Flush {
        case unscheduled
        case scheduled
    }

    package var received = ByteBuffer()
    let options: StreamOptions
    private var readSize: Int
    private var handler: (any ByteStreamHandler)?
    private var input = Input.idle
    private var output = Output.open
    private var pressure = Pressure.normal
    private var flushState = Flush.unscheduled
    private var closeError: ReactorError?

    private var outgoing: [ByteBuffer] = []
    private var outgoingCount = 0
    /// What the one write request in libuv's hands refers to.
    private var inFlight: [ByteBuffer] = []
    private let writeRequest = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
    private let shutdownRequest = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)

    init(
        loop: EventLoop, kind: uv_handle_type, options: StreamOptions,
        _ initialize: (UnsafeMutablePointer<uv_loop_t>, UnsafeMutableRawPointer) -> CInt
    ) {
        self.options = options
        readSize = max(options.readSize.lowerBound, 1)
        unsafe super.init(loop: loop, kind: kind, initialize)
    }

    deinit {
        // Libuv is done with both: it lets go of a handle only after its requests, and this object lives until then.
        unsafe writeRequest.deallocate()
        unsafe shutdownRequest.deallocate()
    }

    private var stream: UnsafeMutablePointer<uv_stream_t> { unsafe pointer() }

    /// Whether a read error is how this kind of stream ends; a pseudo-terminal's EIO is.
    func isEnd(_ status: CInt) -> Bool { status == UV_EOF.rawValue }

    /// Appends to `received` what is still to be had when libuv says that the stream has ended. For subclasses.
    func readRest() {}

    // MARK: Reading

    package func start(_ handler: any ByteStreamHandler) {
        loop.preconditionCurrent()
        precondition(self.handler == nil, "a stream has one handler")
        guard handleState == .open else {
            let error = closeError
            loop.execute { handler.streamDidClose(self, error: error) }
            return
        }
        self.handler = handler
        isReading = true
    }

    package var isReading: Bool {
        get { input == .reading }
        set {
            loop.preconditionCurrent()
            guard handleState == .open else { return }
            switch (input, newValue) {
            case (.idle, true):
                guard options.direction == .both, unsafe uv_is_readable(stream) != 0 else {
                    input = .ended
                    return
                }
                input = .reading
                let status = unsafe uv_read_start(
                    stream, { handle, _, buffer in unsafe StreamHandle.owner(of: handle).provideSpace(buffer) },
                    { handle, count, _ in unsafe StreamHandle.owner(of: handle).didRead(count) })
                if status < 0 { fail(ReactorError(uv: status, operation: "read")) }
            case (.reading, false):
                input = .idle
                unsafe uv_read_stop(stream)
            case (.idle, false), (.reading, true), (.ended, _): break
            }
        }
    }

    private func provideSpace(_ buffer: UnsafeMutablePointer<uv_buf_t>?) {
        received.reserve(readSize)
        let limit = max(options.readSize.upperBound, 1)
        // Libuv reads at once, before anything else can touch `received`; its storage stays where it is until then.
        unsafe received.withFreeSpace(minimum: readSize) { space in
            unsafe buffer?.pointee = uv_buf_init(
                space.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(min(space.count, limit)))
            return 0
        }
    }

    private func didRead(_ count: Int) {
        guard handleState == .open else { return }
        if count > 0 {
            // `provideSpace` has made the room that libuv filled.
            unsafe received.withFreeSpace(minimum: count) { _ in count }
            adaptReadSize(to: count)
            handler?.streamDidReceive(self)
            releaseSpaceIfSlow(count)
        } else if count < 0 {
            let status = CInt(truncatingIfNeeded: count)
            if isEnd(status) {
                input = .ended
                unsafe uv_read_stop(stream)
                let count = received.count
                readRest()
                if received.count > count { handler?.streamDidReceive(self) }
                if handleState == .open { handler?.streamDidEnd(self) }
            } else {
                fail(ReactorError(uv: status, operation: "read"))
            }
        }
        loop.endTurn()
    }

    private func adaptReadSize(to count: Int) {
        if count >= readSize {
            readSize = min(readSize * 2, max(options.readSize.upperBound, 1))
        } else if count < readSize / 8 {
            readSize = max(readSize / 2, max(options.readSize.lowerBound, 1))
        }
    }

    /// Gives large space back when the peer has become slow, so that many quiet connections cost little.
    private func releaseSpaceIfSlow(_ count: Int) {
        guard received.isEmpty, received.freeCapacity > 2 * readSize, count < readSize / 8 else { return }
        received = ByteBuffer()
    }

    // MARK: Writing

    package var pendingWriteCount: Int {
        loop.preconditionCurrent()
        return outgoingCount + (inFlight.isEmpty ? 0 : unsafe uv_stream_get_write_queue_size(stream))
    }

    package func write(_ buffer: ByteBuffer) {
        loop.preconditionCurrent()
        guard handleState == .open, output == .open, !buffer.isEmpty else { return }
        outgoing.append(buffer)
        outgoingCount += buffer.count
        if pendingWriteCount >= options.highWaterMark { pressure = .congested }
        scheduleFlush()
    }

    package func shutdownOutput() {
        loop.preconditionCurrent()
        guard handleState == .open, output == .open else { return }
        output = .ending
        scheduleFlush()
    }

    private func scheduleFlush() {
        guard flushState == .unscheduled, inFlight.isEmpty else { return }
        flushState = .scheduled
        loop.scheduleFlush(self)
    }

    /// Writes what is queued; called by the loop at the end of a turn.
    func flush() {
        flushState = .unscheduled
        guard handleState == .open, inFlight.isEmpty else { return }
        if let status = tryWrite() {
            fail(ReactorError(uv: status, operation: "write"))
            return
        }
        if !outgoing.isEmpty { submitWrite() }
        endOutputIfDrained()
        reportDrain()
    }

    /// Writes as much as the kernel takes without waiting; returns libuv's error, if any.
    private func tryWrite() -> CInt? {
        while !outgoing.isEmpty {
            let (status, offered) = unsafe withDescriptors { descriptors, count, offered in
                (unsafe uv_try_write(stream, descriptors, count), offered)
            }
            if status == UV_EAGAIN.rawValue { return nil }
            if status < 0 { return status }
            removeFront(Int(status))
            if Int(status) < offered { return nil }
        }
        return nil
    }

    private func removeFront(_ count: Int) {
        outgoingCount -= count
        var left = count
        var whole = 0
        while whole < outgoing.count, left >= outgoing[whole].count {
            left -= outgoing[whole].count
            whole += 1
        }
        outgoing.removeFirst(whole)
        if left > 0 { outgoing[0].consume(left) }
    }

    private func submitWrite() {
        let status = unsafe withDescriptors { descriptors, count, _ in
            unsafe uv_write(writeRequest, stream, descriptors, count) { request, status in
                guard let handle = unsafe request?.pointee.handle else { return }
                unsafe StreamHandle.owner(of: handle).didWrite(status)
            }
        }
        if status < 0 {
            fail(ReactorError(uv: status, operation: "write"))
            return
        }
        // Libuv has copied the descriptors; the bytes that they point to stay where they are while `inFlight` holds them.
        let taken = min(outgoing.count, Limits.buffersPerWrite)
        inFlight = Array(outgoing[..<taken])
        outgoing.removeFirst(taken)
        outgoingCount -= inFlight.reduce(0) { $0 + $1.count }
    }

    private func didWrite(_ status: CInt) {
        inFlight.removeAll(keepingCapacity: true)
        guard handleState == .open else { return }
        if status < 0 {
            fail(ReactorError(uv: status, operation: "write"))
        } else {
            flush()
        }
    }

    /// Calls `body` with descriptors of the queued buffers, as many as one system call takes, and their bytes' number.
    private func withDescriptors<R>(_ body: (UnsafePointer<uv_buf_t>?, UInt32, Int) -> R) -> R {
        let count = min(outgoing.count, Limits.buffersPerWrite)
        return unsafe withUnsafeTemporaryAllocation(of: uv_buf_t.self, capacity: count) { descriptors in
            var offered = 0
            for index in 0..<count {
                offered += outgoing[index].count
                unsafe descriptors.initializeElement(at: index, to: outgoing[index].descriptor)
            }
            return unsafe body(descriptors.baseAddress, UInt32(count), offered)
        }
    }

    private func endOutputIfDrained() {
        guard handleState == .open, output == .ending, outgoing.isEmpty, inFlight.isEmpty else { return }
        output = .ended
        // An error here means that the peer is gone, or that this kind of stream has no halves: reading tells.
        unsafe uv_shutdown(shutdownRequest, stream) { _, _ in }
    }

    private func reportDrain() {
        guard handleState == .open, pressure == .congested, pendingWriteCount < options.lowWaterMark else { return }
        pressure = .normal
        handler?.streamDidDrain(self)
    }

    // MARK: Closing

    package func close() {
        loop.preconditionCurrent()
        guard handleState == .open else { return }
        // For a last word such as SSH_MSG_DISCONNECT; whether it arrives is not known anyhow.
        if inFlight.isEmpty { _ = tryWrite() }
        closeHandle()
    }

    /// Closes because of `error`, which the handler is told.
    func fail(_ error: ReactorError) {
        guard handleState == .open else { return }
        closeError = error
        closeHandle()
    }

    override func loopIsStopping() {
        fail(.closed("run"))
    }

    override func handleDidClose() {
        outgoing.removeAll()
        outgoingCount = 0
        let handler = exchange(&handler, with: nil)
        handler?.streamDidClose(self, error: closeError)
    }
}

extension ByteBuffer {
    /// The readable bytes as libuv takes them; good for reading as long as this value is kept unchanged.
    var descriptor: uv_buf_t {
        unsafe bytes.withUnsafeBytes { bytes in
            // Libuv only reads what it is to write, and the storage outlives the call as long as the buffer is held.
            unsafe uv_buf_t(
                base: UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
                len: bytes.count)
        }
    }
}
