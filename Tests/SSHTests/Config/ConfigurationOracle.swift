import Bytes
import Foundation
import SSH
import TestHosts

/// `ssh -G` as the judge of an evaluation of the same file.
struct ConfigurationOracle {
    /// Whether the judge is the release whose output is ours to match, in Debian's edition.
    static let isPresent: Bool = {
        guard let result = try? runProgramBlocking("ssh", ["-V"]) else { return false }
        return result.errors.contains("OpenSSH_9.2p1 Debian")
    }()

    let folder: TemporaryDirectory
    private let facts: LocalFacts

    init() throws {
        folder = try TemporaryDirectory()
        facts = LocalFacts(
            user: NSUserName(), userID: getuid(), home: NSHomeDirectoryForUser(NSUserName()) ?? "/",
            hostName: ProcessInfo.processInfo.hostName, environment: Self.environment)
        var name = [CChar](repeating: 0, count: 256)
        _ = unsafe gethostname(&name, name.count - 1)
        own = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private let own: String
    private static let environment = ["HOME": "/nowhere", "FOLDER": "/f", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"]

    /// What `ssh -G` prints, and ours; nil for a refusal, whose text goes to `why`.
    struct Answers {
        let expected: [String]?
        let ours: [String]?
        let why: String

        var agree: Bool { expected == ours }

        /// The lines that only one of them has.
        var difference: String {
            let (left, right) = (expected ?? ["refused"], ours ?? ["refused"])
            return "ssh: \(left.filter { !right.contains($0) }) ours: \(right.filter { !left.contains($0) }) \(why)"
        }
    }

    func answers(_ text: String, host: String = "web1", options: [String] = []) async throws -> Answers {
        let path = try folder.write(text, to: "config")
        let result = try await runProgram(
            "ssh", ["-G", "-F", path] + options.flatMap { ["-o", $0] } + [host], environment: Self.environment,
            timeout: 20)
        let expected = result.status == 0 ? result.output.split(separator: "\n").map(String.init) : nil
        do {
            let ours = try await evaluate(text, path, host, options).listing()
            return Answers(expected: expected, ours: ours, why: result.errors)
        } catch let error as SettingError {
            return Answers(expected: expected, ours: nil, why: "\(result.errors) \(error.message)")
        }
    }

    private func evaluate(
        _ text: String, _ path: String, _ host: String, _ options: [String]
    ) async throws -> HostConfiguration {
        var facts = facts
        facts.hostName = own
        let file = ConfigurationFile(
            path: RawPath(path), contents: Array(text.utf8), owner: getuid(), permissions: 0o600)
        var evaluation = ConfigurationEvaluation(
            host: host, lines: options, sources: .named(file), facts: facts, catalog: .openSSH)
        while true {
            switch try evaluation.next() {
            case .settled(let configuration): return configuration
            case .asks(let question): evaluation.answer(question, try await answer(question))
            }
        }
    }

    private func answer(_ question: ConfigurationQuestion) async throws -> ConfigurationAnswer {
        switch question {
        case .files(let pattern):
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            return .files(
                try names.map(folder.path(_:)).filter { NamePatterns.matches(pattern, $0) }.map { path in
                    let contents = try Data(contentsOf: URL(fileURLWithPath: path))
                    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                    return ConfigurationFile(
                        path: RawPath(path), contents: [UInt8](contents), owner: getuid(),
                        permissions: UInt32(mode ?? 0o777))
                })
        case .execution(let command):
            return .execution(try await runProgram("/bin/sh", ["-c", command], environment: Self.environment).status)
        case .lookup: return .lookup(nil)
        case .home(let user): return .home(NSHomeDirectoryForUser(user))
        case .service(let name): return .service(["ssh": 22, "http": 80][name])
        }
    }
}
