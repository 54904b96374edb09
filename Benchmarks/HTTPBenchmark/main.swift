import Bytes
import HTTP
import Reactor

// A server whose every answer is tiny, for `wrk` and `h2load`: how many requests a second one loop answers.
//
// usage: HTTPBenchmark [PORT]; prints `port N` and runs until it is ended.

let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 0
guard let address = SocketAddress(host: "127.0.0.1", port: port) else { preconditionFailure("loopback is an address") }
let health = HTTPResponse.text(.ok, #"{"status":"ok","service":"fairlead"}"#, type: "application/json")
var configuration = HTTPServerConfiguration()
configuration.allowsPlainHTTP2 = true
let server = HTTPServer(configuration, on: EventLoop()) { request in
    request.path == "/health" ? health : .text(.notFound, "not found\n")
}
print("port \(try await server.listen(at: address).port)")
while true { try await Task.sleep(for: .seconds(3600)) }
