import Bytes
import Testing

@testable import HTTP

@Suite("The opening handshake of a WebSocket")
struct WebSocketHandshakeTests {
    @Test("proves that the server understood, as in RFC 6455 §1.3")
    func accept() {
        #expect(WebSocketHandshake.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test(
        "agrees on the first compression that it can do",
        arguments: [
            ("permessage-deflate", "permessage-deflate", 12, 15),
            ("permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=12", 12, 12),
            (
                "permessage-deflate; client_max_window_bits=\"10\"", "permessage-deflate; client_max_window_bits=10",
                12, 10
            ),
            ("permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=9", 9, 15),
            ("permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=12", 12, 15),
            (
                "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_no_context_takeover",
                "permessage-deflate; server_no_context_takeover", 12, 15
            ),
            (
                "x-other; a=b, permessage-deflate;client_no_context_takeover",
                "permessage-deflate; client_no_context_takeover", 12, 15
            ),
        ])
    func offers(offer: String, answer: String, serverBits: Int, clientBits: Int) throws {
        let (agreed, said) = try #require(DeflateNegotiation.accept([offer], WebSocketDeflate()))
        #expect(said == answer)
        #expect(agreed.serverWindowBits == serverBits)
        #expect(agreed.clientWindowBits == clientBits)
    }

    @Test(
        "declines compression that it does not know",
        arguments: [
            "", "x-other", "permessage-deflate; unknown", "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=09", "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "permessage-deflate;",
            "permessage-deflate; client_max_window_bits=a",
        ])
    func declined(offer: String) {
        #expect(DeflateNegotiation.accept([offer], WebSocketDeflate()) == nil)
    }

    /// What a server says instead of agreeing, behind the status line; `KEY` stands for the right proof.
    static let refused = [
        "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 101 Switching Protocols\r\n\r\n", "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        "HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: wrong\r\n\r\n",
        "HTTP/1.1 101 x\r\nupgrade: h2c\r\nconnection: upgrade\r\nsec-websocket-accept: KEY\r\n\r\n",
        "HTTP/1.1 101 x\r\nupgrade: websocket\r\nsec-websocket-accept: KEY\r\n\r\n",
        "HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: KEY\r\n"
            + "sec-websocket-protocol: other\r\n\r\n",
        "HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: KEY\r\n"
            + "sec-websocket-extensions: x-other\r\n\r\n",
        "HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: KEY\r\n"
            + "sec-websocket-extensions: permessage-deflate; client_max_window_bits=8\r\n\r\n",
        "HTTP/1.1 101 x\nupgrade: websocket\n\n",
    ]

    @Test("fails when the server does not agree properly", arguments: refused)
    func refusals(answer: String) throws {
        var handshake = ClientHandshake(subprotocols: ["a"], deflate: WebSocketDeflate())
        let request = String(lossy: handshake.request(target: "/", authority: "a", headers: HTTPHeaders()).bytes)
        let line = try #require(request.split(separator: "\r\n").first { $0.hasPrefix("sec-websocket-key: ") })
        let proof = WebSocketHandshake.accept(String(line.dropFirst(19)))
        var buffer = ByteBuffer([UInt8](answer.replacing("KEY", with: proof).utf8))
        #expect(throws: WebSocketError.self) { try handshake.next(&buffer) }
    }
}
