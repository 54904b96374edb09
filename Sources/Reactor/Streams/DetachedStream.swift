import CUV
import Synchronization

/// A TCP connection on its way from one loop to another (`TCPStream.detach`); it is closed when nobody takes it.
package final class DetachedStream: Sendable {
    private let descriptor: Mutex<CInt?>
    private let options: StreamOptions

    /// Takes the descriptor of a connected socket over.
    init(_ descriptor: CInt, options: StreamOptions) {
        self.descriptor = Mutex(descriptor)
        self.options = options
    }

    deinit {
        if let descriptor = descriptor.withLock({ $0 }) { _ = File.closeDescriptor(descriptor) }
    }

    /// The connection as a stream of `loop`; nil when it was taken before, or the loop cannot have it. To be called on that
    /// loop.
    package func attach(to loop: EventLoop) -> TCPStream? {
        loop.preconditionCurrent()
        guard let number = descriptor.withLock({ $0.take() }) else { return nil }
        let stream = TCPStream(loop: loop, options: options)
        guard unsafe uv_tcp_open(stream.pointer(), number) == 0 else {
            File.closeDescriptor(number)
            stream.close()
            return nil
        }
        stream.didConnect()
        return stream
    }
}
