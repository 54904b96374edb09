import Bytes
import Compression

/// What both ends agreed on for `permessage-deflate` (RFC 7692 §7.1).
struct DeflateParameters: Sendable, Equatable {
    var serverKeepsContext = true
    var clientKeepsContext = true
    /// Windows as powers of two, 9 … 15.
    var serverWindowBits = 15
    var clientWindowBits = 15
}

/// Compresses the messages of one direction and decompresses the other's (RFC 7692 §7.2). The streams are made when they
/// are first needed, as many connections never do.
struct MessageCompression {
    private let keepsOwnContext: Bool
    private let peerKeepsContext: Bool
    private let ownWindowBits: Int
    private let peerWindowBits: Int
    private var compressor: Compressor?
    private var decompressor: Decompressor?
    private static let tail: [UInt8] = [0, 0, 0xFF, 0xFF]
    /// For zlib: less than the usual 8, for 32 KiB where that would take 256.
    private static let memoryLevel: Int32 = 5

    init(_ parameters: DeflateParameters, isServer: Bool) {
        keepsOwnContext = isServer ? parameters.serverKeepsContext : parameters.clientKeepsContext
        peerKeepsContext = isServer ? parameters.clientKeepsContext : parameters.serverKeepsContext
        ownWindowBits = isServer ? parameters.serverWindowBits : parameters.clientWindowBits
        peerWindowBits = isServer ? parameters.clientWindowBits : parameters.serverWindowBits
    }

    /// The compressed form of a whole message; nil when zlib fails, and then it is sent as it is.
    mutating func compress(_ message: RawSpan) -> ByteBuffer? {
        let kept = compressor ?? Compressor(.raw(windowBits: ownWindowBits), memoryLevel: Self.memoryLevel)
        guard let kept else { return nil }
        var output = ByteBuffer()
        guard kept.compress(message, flush: .sync, into: &output), output.count >= 4 else {
            compressor = nil
            return nil
        }
        output.dropLast(4)
        // An empty block, as there has to be a byte (RFC 7692 §7.2.3.6).
        if output.isEmpty { output.append(0 as UInt8) }
        compressor = keepsOwnContext ? kept : nil
        return output
    }

    /// Appends what a part of a message holds to `message`, which may grow to `limit` bytes; the last part ends it.
    mutating func decompress(
        _ part: RawSpan, isLast: Bool, into message: inout ByteBuffer, limit: Int
    ) throws(WebSocketError) {
        guard let decompressor = decompressor ?? Decompressor(.raw(windowBits: peerWindowBits)) else {
            throw .violation(WebSocketClose(.internalError, "There is no memory to decompress a message."))
        }
        self.decompressor = decompressor
        do throws(DecompressionError) {
            if !part.isEmpty { try decompressor.decompress(part, into: &message, limit: limit) }
            if isLast { try decompressor.decompress(Self.tail.rawSpan, into: &message, limit: limit) }
        } catch {
            switch error {
            case .malformed: throw .violation(WebSocketClose(.invalidPayload, "A message cannot be decompressed."))
            case .tooLong: throw .tooBig(limit)
            }
        }
        if isLast, !peerKeepsContext { self.decompressor = nil }
    }
}

extension WebSocketError {
    static func tooBig(_ limit: Int) -> WebSocketError {
        .violation(WebSocketClose(.messageTooBig, "A message is longer than \(limit) bytes."))
    }
}
