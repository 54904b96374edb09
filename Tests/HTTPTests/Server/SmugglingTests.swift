import Bytes
import HTTP
import Synchronization
import TestHosts
import Testing

@Suite("Malformed requests over a socket")
struct SmugglingTests {
    @Test("are each refused, and nothing behind them is served")
    func refused() async throws {
        let handled = Mutex<[String]>([])
        #expect(MalformedRequest.all.count >= 60)
        try await ServerUnderTest.run(handler: { request in
            handled.withLock { $0.append(request.path) }
            return await ServerUnderTest.handler(request)
        }) { server async throws in
            for request in MalformedRequest.all {
                let answer = try await server.talk { socket in
                    // The server may stop reading what is too long.
                    socket.write(request.bytes + Array("\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                    socket.shutdownOutput()
                    return String(decoding: socket.readToEnd(), as: UTF8.self)
                }
                #expect(answer.hasPrefix("HTTP/1.1 \(request.status) "), "\(request.name): \(answer.prefix(200))")
                #expect(answer.contains("\r\nconnection: close\r\n"), "\(request.name)")
                #expect(answer.split(separator: "HTTP/1.1 ").count == 1, "\(request.name)")
            }
            // Everybody else goes on.
            #expect(
                try await server.exchange("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").hasSuffix("GET /a")
            )
        }
        #expect(!handled.withLock { $0 }.contains("/smuggled"))
    }
}
