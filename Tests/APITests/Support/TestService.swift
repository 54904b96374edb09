import API
import Bytes
import Foundation
import Reactor
import Sessions
import Synchronization
import TestHosts

/// A service in this process, asked by curl.
final class TestService: Sendable {
    let service: Service
    let url: String
    let port: UInt16
    let folder: TestHosts.TemporaryDirectory
    private let count = Mutex(0)

    private init(_ service: Service, _ port: UInt16, _ folder: TestHosts.TemporaryDirectory) {
        self.service = service
        self.port = port
        self.folder = folder
        url = "http://127.0.0.1:\(port)"
    }

    var data: String { folder.path("data") }

    /// Starts one for which nobody has to sign in, unless `isOpen` is false.
    static func start(
        isOpen: Bool = true, in folder: TestHosts.TemporaryDirectory? = nil,
        _ configure: (inout ServiceConfiguration) -> Void = { _ in }
    ) async throws -> TestService {
        let folder = try folder ?? TestHosts.TemporaryDirectory()
        let home = RawPath(folder.path("home"))
        try? FileManager.default.createDirectory(atPath: folder.path("home/.ssh"), withIntermediateDirectories: true)
        var configuration = ServiceConfiguration(
            data: RawPath(folder.path("data")), local: LocalUser(name: "tester", id: .max, home: home), version: "1.0")
        configuration.listen = ("127.0.0.1", 0)
        configuration.isOpen = isOpen
        // Tests are more hurried than people.
        for limit in LimitClass.allCases { configuration.settings.limits[limit] = .init(burst: 100_000, rate: 1000) }
        configure(&configuration)
        let service = try await Service.open(
            configuration, on: EventLoop(), log: ServiceLog(.error, form: .text) { print($0, terminator: "") })
        return TestService(service, try await service.listen().port, folder)
    }

    func stop() async {
        await service.shutdown(within: .seconds(1))
    }

    /// Runs `body` with a service, and stops it whatever happens.
    static func with(
        isOpen: Bool = true, configure: (inout ServiceConfiguration) -> Void = { _ in },
        _ body: (TestService) async throws -> Void
    ) async throws {
        let service = try await start(isOpen: isOpen, configure)
        do {
            try await body(service)
            await service.stop()
        } catch {
            await service.stop()
            throw error
        }
    }

    // MARK: Asking

    struct Answer {
        let status: Int
        /// Names in lower case.
        let headers: [String: String]
        let bytes: [UInt8]
        let json: JSONValue

        var text: String { String(decoding: bytes, as: UTF8.self) }
        subscript(name: String) -> JSONValue? { json[name] }
        var string: (String) -> String { { self.json[$0]?.string ?? "–" } }
    }

    /// Sends a request; `more` are options of curl.
    func ask(
        _ method: String, _ path: String, _ body: JSONValue? = nil, token: String? = nil, more: [String] = []
    ) async throws -> Answer {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let (head, output) = (folder.path("head\(number)"), folder.path("body\(number)"))
        var arguments = ["-s", "-S", "--http1.1", "--max-time", "60", "-D", head, "-o", output]
        if method == "HEAD" { arguments.append("-I") } else { arguments += ["-X", method] }
        if let token { arguments += ["-H", "Authorization: Bearer \(token)"] }
        if let body { arguments += ["-H", "Content-Type: application/json", "--data-binary", body.text] }
        arguments += more + [path.hasPrefix("http") ? path : url + path]
        let result = try await runProgram("curl", arguments)
        guard result.status == 0 else {
            throw TestHostError.failed("curl", status: result.status, log: result.errors)
        }
        let text = try String(contentsOfFile: head, encoding: .utf8)
        let last = text.components(separatedBy: "\r\n\r\n").last { $0.hasPrefix("HTTP/") } ?? ""
        let lines = last.components(separatedBy: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        let bytes = FileManager.default.contents(atPath: output).map { [UInt8]($0) } ?? []
        try? FileManager.default.removeItem(atPath: head)
        try? FileManager.default.removeItem(atPath: output)
        let json = method == "HEAD" ? JSONValue.null : (try? JSONParser.parse(bytes)) ?? .null
        return Answer(status: status, headers: headers, bytes: bytes, json: json)
    }

    // MARK: Hosts

    /// What connects to `host` with the tests' key.
    func connection(to host: any TestHost, hostKey: String? = nil, name: String? = nil) throws -> JSONValue {
        let key = folder.path("data/keys/id")
        if !FileManager.default.fileExists(atPath: key) {
            try FileManager.default.copyItem(atPath: try TestKeys.user.path(.ed25519), toPath: key)
        }
        var members: [(name: String, value: JSONValue)] = [
            ("host", .string(host.host)), ("port", .integer(Int64(host.port))), ("username", .string(host.user)),
            ("keyPath", .string("id")),
        ]
        if let hostKey { members.append(("hostKey", .string(hostKey))) }
        if let name { members.append(("sessionName", .string(name))) }
        return .object(members)
    }

    /// A session with `host`, whose key is accepted; the session's id.
    func connect(to host: any TestHost) async throws -> String {
        let first = try await ask("POST", "/connections/ssh", try connection(to: host))
        if first.status == 201 { return first.string("session_id") }
        let again = try await ask(
            "POST", "/connections/ssh", try connection(to: host, hostKey: first.string("fingerprint")))
        guard again.status == 201 else {
            throw TestHostError.failed("connect", status: Int32(again.status), log: again.text)
        }
        return again.string("session_id")
    }
}
