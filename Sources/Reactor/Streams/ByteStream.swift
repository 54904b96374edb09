package import Bytes

/// A connection that carries bytes both ways: TCP, Unix socket, pipe, terminal or a channel within another connection.
///
/// All members but `loop` are used on `loop` only.
package protocol ByteStream: AnyObject, Sendable {
    var loop: EventLoop { get }

    /// What has arrived: the stream appends at the back, the handler consumes from the front, in place.
    var received: ByteBuffer { get set }

    /// Begins reading, unless bytes only go the other way; `handler` is held strongly until its `streamDidClose`.
    func start(_ handler: any ByteStreamHandler)

    /// Whether bytes are taken from the peer; false stops it by back-pressure, and then its end is not noticed either.
    var isReading: Bool { get set }

    /// Queues `buffer` and keeps the order; what one turn of the loop writes goes out in as few system calls as possible.
    ///
    /// Nothing happens after `shutdownOutput()` and `close()`.
    func write(_ buffer: ByteBuffer)

    /// How many bytes are queued and not yet taken by the kernel.
    var pendingWriteCount: Int { get }

    /// Half-closes after what is queued; reading goes on.
    func shutdownOutput()

    /// Closes in both directions, after one attempt to write what is queued; `streamDidClose` follows in a later turn.
    /// Does nothing the second time.
    func close()
}

/// Who consumes a stream; called on the stream's loop, synchronously.
package protocol ByteStreamHandler: AnyObject, Sendable {
    /// `stream.received` has grown.
    func streamDidReceive(_ stream: any ByteStream)

    /// The peer has half-closed: nothing more will arrive. Writing may go on.
    func streamDidEnd(_ stream: any ByteStream)

    /// `pendingWriteCount` fell below the low-water mark after having been at or above the high one.
    func streamDidDrain(_ stream: any ByteStream)

    /// The last call; `error` is nil after our own `close()`.
    func streamDidClose(_ stream: any ByteStream, error: ReactorError?)
}
