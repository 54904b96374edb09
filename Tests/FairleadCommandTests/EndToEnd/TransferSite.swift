import Foundation
import TestHosts
import Testing

/// A host, files here, and `fairlead` between them.
struct TransferSite {
    let fairlead: FairleadProgram
    let host: any TestHost
    /// A folder on this machine.
    let here: TestHosts.TemporaryDirectory

    init(_ host: any TestHost) throws {
        fairlead = try FairleadProgram()
        here = try TestHosts.TemporaryDirectory()
        self.host = host
    }

    /// Gives `body` a site with a real OpenSSH server.
    static func withOpenSSH(options: [String] = [], _ body: (TransferSite) async throws -> Void) async throws {
        try await with(try await OpenSSHServer.start(options: options)) { host in
            try await body(try TransferSite(host))
        }
    }

    /// `HOST:PATH` of `name` below the host's folder.
    func there(_ name: String = "") -> String {
        "\(host.host):\(host.directory)" + (name.isEmpty ? "" : "/\(name)")
    }

    /// The path on this machine of what is at `name` on the host, which is this machine as well.
    func inside(_ name: String) -> String { "\(host.directory)/\(name)" }

    func run(_ verb: String, _ arguments: String..., input: [UInt8] = []) async throws -> ProgramResult {
        try await fairlead.run([verb] + FairleadProgram.options(host) + arguments, input: input)
    }

    /// Runs a verb with `--json`; the objects of standard output, and the status.
    func events(_ verb: String, _ arguments: String...) async throws -> (events: [[String: Any]], status: Int32) {
        let result = try await fairlead.run([verb, "--json"] + FairleadProgram.options(host) + arguments)
        let events = try result.output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
        return (events, result.status)
    }

    /// Runs a script in the folder here, to make or look at files whose names no test can write down.
    @discardableResult
    func shell(_ script: String) async throws -> ProgramResult {
        try await runProgram(
            "/bin/bash", ["-c", script], environment: ["THERE": host.directory, "LC_ALL": "C.UTF-8"],
            directory: here.path)
    }

    /// What differs between two folders, by names and content; empty when nothing does.
    func difference(_ first: String, _ second: String) async throws -> String {
        let result = try await runProgram("diff", ["-r", "--no-dereference", first, second], directory: here.path)
        return result.output + result.errors
    }

    /// Writes `count` bytes without any pattern that repeats soon, and returns the path.
    @discardableResult
    func write(_ count: Int, to path: String) throws -> String {
        var state = UInt64(count) | 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: state >> UInt64(shift)))
            }
        }
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes.prefix(count)).write(to: URL(fileURLWithPath: path))
        return path
    }

    func areEqual(_ first: String, _ second: String) -> Bool {
        FileManager.default.contentsEqual(atPath: first, andPath: second)
    }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// All names below a folder, sorted.
    func names(_ folder: String) -> [String] {
        (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []).sorted()
    }
}

extension [[String: Any]] {
    /// The objects of one kind.
    func named(_ event: String) -> [[String: Any]] { filter { $0["event"] as? String == event } }

    /// A number in the summary.
    func summary(_ member: String) -> Int? { named("summary").last?[member] as? Int }
}
