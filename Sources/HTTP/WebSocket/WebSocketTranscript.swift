package import Bytes

/// What one end of a WebSocket makes of bytes that the other sent: for fuzzing.
package struct WebSocketTranscript: Equatable, Sendable {
    /// What happened, in words; a message as its kind and length, and its bytes.
    package private(set) var events: [String] = []
    /// The bytes of all messages, one behind the other.
    package private(set) var content = ByteBuffer()
    /// Why it ended, unless more was awaited.
    package private(set) var error: WebSocketError?

    /// Reads `bytes` in pieces of `piece` bytes, at least one, as a server or a client with messages of at most `limit`.
    package init(_ bytes: [UInt8], piece: Int, isServer: Bool, isCompressed: Bool, limit: Int) {
        var limits = WebSocketLimits()
        limits.message = limit
        var machine = WebSocketMachine(
            isServer ? .server : .client, limits: limits, deflate: isCompressed ? DeflateParameters() : nil
        ) { 0 }
        var buffer = ByteBuffer()
        var rest = bytes[...]
        do throws(WebSocketError) {
            while true {
                while let event = try machine.next(&buffer) { note(event) }
                guard !rest.isEmpty else { return }
                buffer.append(Array(rest.prefix(piece)))
                rest = rest.dropFirst(piece)
            }
        } catch {
            self.error = error
        }
    }

    private mutating func note(_ event: WebSocketMachine.Event) {
        switch event {
        case .message(.text(let text)):
            events.append("text \(text.utf8.count)")
            content.append([UInt8](text.utf8))
        case .message(.binary(let bytes)):
            events.append("binary \(bytes.count)")
            content.append(bytes.bytes)
        case .ping(let bytes): events.append("ping \(bytes)")
        case .pong(let bytes): events.append("pong \(bytes)")
        case .close(let close): events.append("close \(close.code) \(close.reason)")
        }
    }
}
