import Foundation

/// Runs one of OpenSSH's programs and waits for its end.
enum OpenSSHProgram {
    struct Outcome {
        let status: Int32
        let output: [UInt8]
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    @discardableResult
    static func run(
        _ name: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
    ) throws -> Outcome {
        let folder = try TemporaryFolder()
        let inputFile = try folder.write(input, to: "stdin")
        let outputFile = try folder.write([], to: "stdout")
        let errorFile = try folder.write([], to: "stderr")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/\(name)")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        // Files instead of pipes: no program can block on one that nobody reads.
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: inputFile))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputFile))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorFile))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: try folder.read("stdout"),
            errors: String(decoding: try folder.read("stderr"), as: UTF8.self))
    }

    /// `ssh-keygen` with `arguments`; fails the test unless it succeeds.
    static func keygen(_ arguments: [String], input: [UInt8] = []) throws -> Outcome {
        let outcome = try run("ssh-keygen", arguments, input: input)
        guard outcome.status == 0 else { throw Failure(errors: outcome.errors + outcome.text) }
        return outcome
    }

    struct Failure: Error {
        let errors: String
    }
}

/// A folder that only the owner may enter, removed with the object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/fairlead-" + UUID().uuidString.prefix(13)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = "\(path)/\(name)"
        let isWritten = FileManager.default.createFile(
            atPath: file, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw OpenSSHProgram.Failure(errors: "cannot write \(file)") }
        return file
    }

    func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }
}
