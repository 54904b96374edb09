package import Bytes

/// Who takes the bytes of an answer's body: the connection that it goes over.
package protocol HTTPBodySink: Actor {
    /// Sends `buffer` as the next part of the answer to request `number`, and waits while the peer takes nothing.
    func write(_ buffer: ByteBuffer, of number: UInt64) async throws(HTTPBodyError)
}

/// Where an answer's body is written piece by piece, as fast as the peer takes it.
///
/// For one writer at a time, from any executor, within the closure that got it.
package struct HTTPBodyWriter: Sendable {
    private let sink: any HTTPBodySink
    private let number: UInt64

    init(sink: any HTTPBodySink, number: UInt64) {
        self.sink = sink
        self.number = number
    }

    /// Sends `buffer` and returns when the peer keeps up. Throws when the peer is gone or too slow, or the announced length
    /// is exceeded; then the answer cannot be finished.
    package func write(_ buffer: ByteBuffer) async throws(HTTPBodyError) {
        try await sink.write(buffer, of: number)
    }

    package func write(_ bytes: [UInt8]) async throws(HTTPBodyError) {
        try await sink.write(ByteBuffer(bytes), of: number)
    }
}
