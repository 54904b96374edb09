package import Bytes
import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file or device at a descriptor as a stream, from its current position on, by libuv's thread pool: what epoll cannot
/// wait for. Does not close the descriptor.
package final class FileStream: ByteStream, @unchecked Sendable {
    // Sendable because what can change is touched on the loop's thread alone; the entries check that.

    private enum State {
        case open
        case closing
        case closed
    }

    private enum Input {
        case idle
        case wanted
        /// A read is under way; whether to go on after it.
        case busy(again: Bool)
        case ended
    }

    private enum Output {
        case open
        case ended
    }

    private enum Pressure {
        case normal
        case congested
    }

    package let loop: EventLoop
    package var received = ByteBuffer()
    private let descriptor: CInt
    private let options: StreamOptions
    private var handler: (any ByteStreamHandler)?
    private var state = State.open
    private var input = Input.idle
    private var output = Output.open
    private var pressure = Pressure.normal
    private var outgoing: [ByteBuffer] = []
    private var outgoingCount = 0
    private var inFlightCount = 0
    private var closeError: ReactorError?

    init(descriptor: CInt, loop: EventLoop, options: StreamOptions) {
        self.descriptor = descriptor
        self.loop = loop
        self.options = options
    }

    package func start(_ handler: any ByteStreamHandler) {
        loop.preconditionCurrent()
        precondition(self.handler == nil, "a stream has one handler")
        switch state {
        case .open:
            self.handler = handler
            isReading = true
        case .closing: self.handler = handler
        case .closed:
            let error = closeError
            loop.execute { handler.streamDidClose(self, error: error) }
        }
    }

    // MARK: Reading

    package var isReading: Bool {
        get {
            switch input {
            case .wanted, .busy(again: true): true
            case .idle, .busy(again: false), .ended: false
            }
        }
        set {
            loop.preconditionCurrent()
            switch (input, newValue) {
            case (.idle, true):
                guard options.direction == .both, fcntl(descriptor, F_GETFL) & O_ACCMODE != O_WRONLY else {
                    input = .ended
                    return
                }
                input = .wanted
                readNext()
            case (.wanted, false): input = .idle
            case (.busy, _): input = .busy(again: newValue)
            case (.idle, false), (.wanted, true), (.ended, _): break
            }
        }
    }

    private func readNext() {
        guard state == .open, case .wanted = input else { return }
        guard !loop.isStopping else { return fail(.closed("read")) }
        input = .busy(again: true)
        let descriptor = descriptor
        let count = max(options.readSize.upperBound, 1)
        loop.offload({ Self.read(descriptor, count) }, { self.didRead($0) })
    }

    private static func read(_ descriptor: CInt, _ count: Int) -> Result<ByteBuffer, ReactorError> {
        var buffer = ByteBuffer(capacity: count)
        var status = 0
        unsafe buffer.withFreeSpace(minimum: count) { space in
            repeat {
                unsafe status = systemRead(descriptor, space.baseAddress, count)
            } while status < 0 && errno == EINTR
            return max(status, 0)
        }
        return status < 0 ? .failure(ReactorError(errno: errno, operation: "read")) : .success(buffer)
    }

    private func didRead(_ result: Result<ByteBuffer, ReactorError>) {
        if case .busy(let again) = input { input = again ? .wanted : .idle }
        guard state == .open else { return closeIfQuiet() }
        switch result {
        case .failure(let error): fail(error)
        case .success(let buffer):
            if buffer.isEmpty {
                input = .ended
                handler?.streamDidEnd(self)
            } else {
                if received.isEmpty { received = buffer } else { received.append(buffer.bytes) }
                handler?.streamDidReceive(self)
            }
        }
        loop.endTurn()
        readNext()
    }

    // MARK: Writing

    package var pendingWriteCount: Int {
        loop.preconditionCurrent()
        return outgoingCount + inFlightCount
    }

    package func write(_ buffer: ByteBuffer) {
        loop.preconditionCurrent()
        guard state == .open, output == .open, !buffer.isEmpty else { return }
        outgoing.append(buffer)
        outgoingCount += buffer.count
        if pendingWriteCount >= options.highWaterMark { pressure = .congested }
        // In a job of its own, so that all of this turn goes together.
        if outgoing.count == 1, inFlightCount == 0 { loop.execute { self.writeNext() } }
    }

    private func writeNext() {
        guard inFlightCount == 0 else { return }
        guard !outgoing.isEmpty else { return closeIfQuiet() }
        let buffers = exchange(&outgoing, with: [])
        inFlightCount = exchange(&outgoingCount, with: 0)
        let descriptor = descriptor
        loop.offload({ Self.write(buffers, descriptor) }, { self.didWrite($0) })
    }

    private static func write(_ buffers: [ByteBuffer], _ descriptor: CInt) -> ReactorError? {
        for var buffer in buffers {
            while !buffer.isEmpty {
                let status = unsafe buffer.bytes.withUnsafeBytes { bytes in
                    unsafe systemWrite(descriptor, bytes.baseAddress, bytes.count)
                }
                if status >= 0 {
                    buffer.consume(status)
                } else if errno != EINTR {
                    return ReactorError(errno: errno, operation: "write")
                }
            }
        }
        return nil
    }

    private func didWrite(_ error: ReactorError?) {
        inFlightCount = 0
        if let error {
            outgoing = []
            outgoingCount = 0
            fail(error)
        }
        if pressure == .congested, pendingWriteCount < options.lowWaterMark, state == .open {
            pressure = .normal
            handler?.streamDidDrain(self)
        }
        writeNext()
    }

    package func shutdownOutput() {
        loop.preconditionCurrent()
        output = .ended
    }

    // MARK: Closing

    /// Closes; what is queued is written first, as a file takes it without anybody's consent.
    package func close() {
        loop.preconditionCurrent()
        guard state == .open else { return }
        state = .closing
        loop.execute { self.closeIfQuiet() }
    }

    private func fail(_ error: ReactorError) {
        guard state == .open else { return }
        closeError = error
        close()
    }

    private func closeIfQuiet() {
        // Not while the pool has the descriptor, which may be another's once its owner has closed it.
        if case .busy = input { return }
        guard state == .closing, inFlightCount == 0, outgoing.isEmpty else { return }
        state = .closed
        let handler = exchange(&handler, with: nil)
        handler?.streamDidClose(self, error: closeError)
    }
}

// Inside of a type with methods `read` and `write`, the system's functions need another name.
private func systemRead(_ descriptor: CInt, _ space: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    unsafe read(descriptor, space, count)
}

private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
