import Bytes
import Foundation
import HTTP
import Reactor
import TestHosts
import Testing

@Suite("Limits of a server", .serialized)
struct LimitTests {
    @Test("end a head that comes too slowly, with 408")
    func slowHead() async throws {
        try await ServerUnderTest.run({ $0.headTimeout = .milliseconds(200) }) { server async throws in
            let answer = try await server.exchange("GET / HTTP/1.1\r\nHost: a\r\nX: ")
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test("end a connection that says nothing, without a word")
    func silence() async throws {
        try await ServerUnderTest.run({
            $0.headTimeout = .milliseconds(200)
            $0.idleTimeout = .milliseconds(200)
        }) { server async throws in
            #expect(try await server.exchange("").isEmpty)
            try await server.talk { socket in
                socket.write("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(socket.readAnswer()?.text == "GET /a")
                #expect(socket.readToEnd().isEmpty)
            }
        }
    }

    @Test("end a body that comes too slowly, with 408")
    func slowBody() async throws {
        try await ServerUnderTest.run({ $0.paceGrace = .milliseconds(200) }) { server async throws in
            let answer = try await server.exchange("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc")
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test("refuse a body that is too long, announced or not")
    func longBody() async throws {
        try await ServerUnderTest.run({ $0.maximumBodyLength = 10 }) { server async throws in
            let announced = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nabcdefghijk"
            #expect(try await server.exchange(announced).hasPrefix("HTTP/1.1 413 "))
            let chunked =
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nabcdefghijk\r\n0\r\n\r\n"
            #expect(try await server.exchange(chunked).hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test("make room for a new connection by the one that is quiet longest")
    func maximumConnections() async throws {
        try await ServerUnderTest.run({ $0.maximumConnections = 2 }) { server async throws in
            let port = server.port
            try await onThread { () throws in
                let first = try BlockingSocket(port: port)
                first.write("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(first.readAnswer()?.text == "GET /1")
                let second = try BlockingSocket(port: port)
                second.write("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(second.readAnswer()?.text == "GET /2")
                let third = try BlockingSocket(port: port)
                third.write("GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(third.readAnswer()?.text == "GET /3")
                #expect(first.readToEnd().isEmpty)
            }
        }
    }

    @Test("let a thousand clients that hardly speak hold up nobody, in bounded memory")
    func slowLoris() async throws {
        try await ServerUnderTest.run { server async throws in
            let port = server.port
            let before = residentMemory()
            let loris = try await onThread { () throws in
                try (0..<1000).map { number in
                    let socket = try BlockingSocket(port: port)
                    socket.write("GET /\(number) HTTP/1.1\r\nHost: a\r\nX-Slow: ")
                    return socket
                }
            }
            let slowest = try await onThread { () throws in
                var slowest = Duration.zero
                for round in 0..<20 {
                    // Each of them says a little more.
                    for socket in loris { socket.write("\(round)") }
                    let start = ContinuousClock.now
                    let socket = try BlockingSocket(port: port)
                    socket.write("GET /honest HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(socket.readAnswer()?.text == "GET /honest")
                    slowest = max(slowest, ContinuousClock.now - start)
                }
                return slowest
            }
            #expect(await server.server.connectionCount >= 1000)
            let grown = residentMemory() - before
            print("slow-loris: 1000 clients hold \(grown >> 10) KiB; the slowest honest request took \(slowest)")
            #expect(slowest < .seconds(2))
            #expect(grown < 64 << 20)
            for socket in loris { socket.end() }
        }
    }

    @Test("of time let requests end when the server shuts down, and nobody begin another")
    func drain() async throws {
        let (entries, entered) = AsyncStream<Void>.makeStream()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        try await ServerUnderTest.run(handler: { request in
            if request.path == "/slow" {
                entered.yield()
                for await _ in gate { break }
            }
            return .text(.ok, request.path)
        }) { server async throws in
            let port = server.port
            let (quiet, busy) = try await onThread { () throws in
                let quiet = try BlockingSocket(port: port)
                quiet.write("GET /quiet HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(quiet.readAnswer()?.text == "/quiet")
                let busy = try BlockingSocket(port: port)
                busy.write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                return (quiet, busy)
            }
            for await _ in entries { break }
            async let end: Void = server.server.shutdown(within: .seconds(10))
            try await onThread { () throws in
                #expect(quiet.readToEnd().isEmpty)
                opener.yield()
                let answer = busy.readAnswer()
                #expect(answer?.text == "/slow")
                #expect(answer?.fields["connection"] == "close")
                #expect(busy.readToEnd().isEmpty)
                #expect(throws: (any Error).self) { try BlockingSocket(port: port) }
                quiet.end()
                busy.end()
            }
            await end
        }
    }
}

/// Bytes of this process in memory.
func residentMemory() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return (line?.split(separator: " ").dropFirst().first).flatMap { Int($0) }.map { $0 << 10 } ?? 0
}
