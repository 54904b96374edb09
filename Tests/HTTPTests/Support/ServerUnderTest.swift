import Bytes
import Foundation
import HTTP
import Reactor
import TestHosts

/// A server on a loop and a free loopback port of its own.
struct ServerUnderTest: Sendable {
    let loop: EventLoop
    let server: HTTPServer
    let port: UInt16

    /// With `tls` the server listens with TLS.
    init(
        tls: TLSServerContext? = nil, _ configure: (inout HTTPServerConfiguration) -> Void = { _ in },
        handler: @escaping HTTPHandler = Self.handler
    ) async throws {
        var configuration = HTTPServerConfiguration()
        configure(&configuration)
        loop = EventLoop()
        server = HTTPServer(configuration, on: loop, handler: handler)
        port = try await server.listen(at: SocketAddress(host: "127.0.0.1", port: 0)!, tls: tls).port
    }

    func stop() async {
        await server.shutdown()
        await loop.shutdown()
    }

    /// Runs `body` with a server and stops it.
    static func run<R: Sendable>(
        tls: TLSServerContext? = nil, _ configure: (inout HTTPServerConfiguration) -> Void = { _ in },
        handler: @escaping HTTPHandler = Self.handler,
        _ body: (ServerUnderTest) async throws -> R
    ) async throws -> R {
        let server = try await ServerUnderTest(tls: tls, configure, handler: handler)
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Talks to the server on a thread that may block.
    func talk<R: Sendable>(_ body: @escaping @Sendable (BlockingSocket) throws -> R) async throws -> R {
        let port = port
        return try await onThread { try body(BlockingSocket(port: port)) }
    }

    /// Sends `text` and returns all that comes until the end.
    func exchange(_ text: String) async throws -> String {
        try await talk { socket in
            socket.write(text)
            return String(decoding: socket.readToEnd(), as: UTF8.self)
        }
    }

    /// `/echo` answers the body, `/stream` streams it as it comes, `/count` its length, everything else its own path.
    static let handler: HTTPHandler = { request in
        switch request.path {
        case "/echo":
            do throws(HTTPBodyError) {
                return .bytes(.ok, try await request.body.collect(limit: 1 << 20), type: "text/plain")
            } catch {
                return .text(.internalServerError, "\(error)")
            }
        case "/stream":
            return HTTPResponse(
                .ok,
                body: .stream(length: nil) { writer in
                    while let piece = try await request.body.next() { try await writer.write(piece) }
                })
        case "/count":
            var count = 0
            do throws(HTTPBodyError) {
                while let piece = try await request.body.next() { count += piece.count }
            } catch {
                return .text(.internalServerError, "\(error)")
            }
            return .text(.ok, "\(count)")
        default: return .text(.ok, "\(request.method.name) \(request.target.text)")
        }
    }
}

extension BlockingSocket {
    /// All bytes until the peer closes.
    func readToEnd() -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let more = read()
            if more.isEmpty { return bytes }
            bytes += more
        }
    }

    /// The next answer: its status, its head's lines, and its body by its length or chunks.
    func readAnswer(isHead: Bool = false) -> Answer? {
        guard let line = readLine(), line.hasPrefix("HTTP/1.1 "), let status = Int(line.dropFirst(9).prefix(3)) else {
            return nil
        }
        var fields: [String: String] = [:]
        while let field = readLine(), !field.isEmpty {
            guard let colon = field.firstIndex(of: ":") else { return nil }
            fields[String(field[..<colon])] = String(field[field.index(colon, offsetBy: 2)...])
        }
        var body: [UInt8] = []
        if isHead || status < 200 || status == 204 || status == 304 {
        } else if let length = fields["content-length"].flatMap({ Int($0) }) {
            body = read(exactly: length) ?? []
        } else if fields["transfer-encoding"] == "chunked" {
            while let size = readLine().flatMap({ Int($0, radix: 16) }) {
                guard let chunk = read(exactly: size + 2) else { return nil }
                if size == 0 { break }
                body += chunk.dropLast(2)
            }
        } else {
            body = readToEnd()
        }
        return Answer(status: status, fields: fields, body: body)
    }

    struct Answer: Sendable {
        let status: Int
        let fields: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }
}
