import Bytes
import Foundation
import HTTP
import Reactor
import TestHosts
import Testing

@Suite("A connection of HTTP/1")
struct ConnectionTests {
    @Test("answers one request after the other")
    func keepsAlive() async throws {
        try await ServerUnderTest.run { server async throws in
            try await server.talk { socket in
                for number in 1...3 {
                    socket.write("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                    let answer = try #require(socket.readAnswer())
                    #expect(answer.status == 200)
                    #expect(answer.text == "GET /\(number)")
                    #expect(answer.fields["date"]?.hasSuffix(" GMT") == true)
                    #expect(answer.fields["connection"] == nil)
                }
                socket.write("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                #expect(socket.readAnswer()?.fields["connection"] == "close")
                #expect(socket.readToEnd().isEmpty)
            }
        }
    }

    @Test("answers a thousand requests that come at once, in their order")
    func pipelines() async throws {
        try await ServerUnderTest.run { server async throws in
            try await server.talk { socket in
                let requests = (0..<1000).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
                socket.write(requests)
                for number in 0..<1000 {
                    let answer = try #require(socket.readAnswer())
                    #expect(answer.text == "GET /\(number)")
                }
            }
        }
    }

    @Test("answers the same wherever a request is split")
    func splits() async throws {
        try await ServerUnderTest.run { server async throws in
            let request =
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nabcd\r\n0\r\n\r\n"
            let bytes = [UInt8](request.utf8)
            try await server.talk { socket in
                for split in 1..<bytes.count {
                    socket.write(Array(bytes[..<split]))
                    socket.write(Array(bytes[split...]))
                    #expect(socket.readAnswer()?.text == "abcd")
                }
            }
        }
    }

    @Test("answers HEAD like GET, without a body")
    func head() async throws {
        try await ServerUnderTest.run { server async throws in
            try await server.talk { socket in
                socket.write("HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(socket.readAnswer(isHead: true)?.fields["content-length"] == "9")
                #expect(socket.readAnswer()?.text == "GET /")
            }
        }
    }

    @Test("invites a body only when somebody wants it")
    func expectation() async throws {
        try await ServerUnderTest.run { server async throws in
            try await server.talk { socket in
                socket.write("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
                #expect(socket.readAnswer()?.status == 100)
                socket.write("abc")
                #expect(socket.readAnswer()?.text == "abc")
                socket.write("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
                let answer = try #require(socket.readAnswer())
                #expect(answer.status == 200)
                #expect(answer.fields["connection"] == "close")
            }
        }
    }

    @Test("goes on after a small body that nobody read, and ends after a large one")
    func unreadBodies() async throws {
        try await ServerUnderTest.run { server async throws in
            try await server.talk { socket in
                socket.write("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
                #expect(socket.readAnswer()?.text == "POST /a")
                socket.write("abcdeGET /b HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(socket.readAnswer()?.text == "GET /b")
                socket.write("POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
                #expect(socket.readAnswer()?.fields["connection"] == "close")
                // It is read over, so that the answer is not lost.
                socket.write([UInt8](repeating: 0x61, count: 500_000))
                #expect(socket.readToEnd().isEmpty)
            }
        }
    }

    @Test("streams a body both ways, more than is ever held")
    func streams() async throws {
        try await ServerUnderTest.run { server async throws in
            let count = 64 << 20
            let answer = try await server.talk { socket in
                socket.write(
                    "POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\nConnection: close\r\n\r\n")
                Thread.detachNewThread {
                    let piece = [UInt8](repeating: 0x61, count: 1 << 20)
                    for _ in 0..<count >> 20 { socket.write(piece) }
                }
                return socket.readAnswer()
            }
            #expect(answer?.status == 200)
            let isWhole = answer?.body.count == count && answer?.body.allSatisfy { $0 == 0x61 } == true
            #expect(isWhole)
        }
    }

    @Test("stops a client whose body nobody reads")
    func unreadBody() async throws {
        let never = AsyncStream<Void> { _ in }
        try await ServerUnderTest.run(handler: { request in
            _ = try? await request.body.next()
            // Until the connection ends.
            for await _ in never {}
            return .text(.ok, "late")
        }) { server async throws in
            let sent = try await server.talk { socket in
                socket.setTimeout(0.5)
                socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(1 << 40)\r\n\r\n")
                let piece = [UInt8](repeating: 0, count: 1 << 16)
                var count = 0
                while count < 256 << 20, socket.write(piece) { count += piece.count }
                return count
            }
            #expect(sent < 64 << 20)
        }
    }

    @Test("lets a client go that takes no answer")
    func unreadAnswer() async throws {
        let (failures, reporter) = AsyncStream<HTTPBodyError>.makeStream()
        let length: UInt64 = 1 << 40
        try await ServerUnderTest.run(
            { $0.paceGrace = .milliseconds(300) },
            handler: { request in
                HTTPResponse(
                    .ok,
                    body: .stream(length: length) { writer in
                        let piece = ByteBuffer([UInt8](repeating: 0, count: 1 << 16))
                        do throws(HTTPBodyError) {
                            while true { try await writer.write(piece) }
                        } catch {
                            reporter.yield(error)
                            throw error
                        }
                    })
            }
        ) { server async throws in
            let port = server.port
            let socket = try await onThread { try BlockingSocket(port: port) }
            socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            var iterator = failures.makeAsyncIterator()
            let failure = await iterator.next()
            #expect(failure == .disconnected || failure == .cancelled)
            socket.end()
        }
    }

    @Test("breaks an answer off so that it shows when its body cannot be finished", arguments: [nil, 10 as UInt64?])
    func brokenAnswer(length: UInt64?) async throws {
        struct Failure: Error {}
        try await ServerUnderTest.run(handler: { _ in
            HTTPResponse(
                .ok,
                body: .stream(length: length) { writer in
                    try await writer.write([1, 2, 3])
                    throw Failure()
                })
        }) { server async throws in
            let text = try await server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(!text.hasSuffix("0\r\n\r\n"))
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
    }

    @Test("never lets a value begin another field")
    func splitAnswer() async throws {
        try await ServerUnderTest.run(handler: { _ in
            var response = HTTPResponse(.ok)
            response.headers.append("x-name", "a\r\nset-cookie: b\r\n\r\nbody")
            response.headers.append("content-length", "99")
            return response
        }) { server async throws in
            try await server.talk { socket in
                socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try #require(socket.readAnswer())
                #expect(answer.fields["x-name"] == "a  set-cookie: b    body")
                #expect(answer.fields["set-cookie"] == nil)
                #expect(answer.fields["content-length"] == "0")
            }
        }
    }
}
