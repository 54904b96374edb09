/// The limits of this module, with their units; what an embedding program may choose is in `HTTPServerConfiguration`.
package enum HTTPLimits {
    /// Bytes of a request line, at most; longer ones are answered with 414.
    package static let requestLine = 8 << 10
    /// Bytes of a request's head with its request line, at most; longer ones are answered with 431.
    package static let head = 32 << 10
    /// Header fields of one request, at most.
    package static let fields = 100
    /// Bytes of a method's name.
    static let method = 24
    /// Pairs in a query, at most.
    static let queryPairs = 256
    /// Digits of a `Content-Length`: 10^18 − 1 bytes.
    static let lengthDigits = 18
    /// Hexadecimal digits of a chunk's length.
    static let chunkDigits = 15
    /// Bytes of a chunk's first line with its extensions, at most.
    static let chunkLine = 256
    /// Bytes of all chunk extensions of one body, at most.
    static let chunkExtensions = 4 << 10
    /// Bytes of the trailers of one body, at most.
    static let trailers = 8 << 10
    /// Requests of one connection that are answered before others have their turn.
    static let requestsInTurn: UInt64 = 32
    /// Bytes of a piece of a body that a handler gets at once, at most.
    static let bodyPiece = 256 << 10
    /// Bytes that have arrived and are not used yet, from which on a peer is stopped.
    static let unreadInput = 256 << 10
    /// Bytes of a body that nobody wanted which are read over, so that the connection can go on.
    static let skippedBody: UInt64 = 64 << 10
    /// Bytes of answers gathered before they are handed to the stream, within one turn of the loop.
    static let gatheredOutput = 64 << 10
    /// Bytes of an answer's body up to which it is copied behind its head.
    static let copiedBody = 16 << 10
    /// Bytes of a file that are read at once.
    static let filePiece = 128 << 10
    /// Bytes that are read over after the last answer, so that it is not lost by a reset, at most.
    static let lingeringInput = 1 << 20
    /// Bytes a connection reads at once to begin with: most requests fit, and quiet connections are many.
    static let smallestRead = 4 << 10
}
