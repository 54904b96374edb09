package import Bytes

/// Where a `ServerCore` puts what arrives. Called while the core is at work: it must not be called back from here.
package protocol RequestSink: ~Copyable {
    /// Whether no further request is wanted now: the core then stops before the next one.
    var isFull: Bool { get }
    /// The client's INIT; comes once, before everything else.
    mutating func helloReceived(_ hello: Hello)
    /// An empty buffer with room for the `count` bytes of a WRITE, which are gathered in it.
    mutating func payloadBuffer(_ count: Int) -> ByteBuffer
    /// A whole request.
    mutating func requestReceived(_ id: RequestID, _ request: Request)
    /// A message that is no request that we know, or whose fields are wrong: it wants `status` for an answer.
    mutating func requestRefused(_ id: RequestID, _ status: Status)
}
