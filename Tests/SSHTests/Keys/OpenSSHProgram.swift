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
        let status = try spawn(
            ["/usr/bin/\(name)"] + arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" },
            // Files instead of pipes: no program can block on one that nobody reads.
            files: [
                (folder.write(input, to: "stdin"), O_RDONLY), (folder.write([], to: "stdout"), O_WRONLY),
                (folder.write([], to: "stderr"), O_WRONLY),
            ])
        return Outcome(
            status: status, output: try folder.read("stdout"),
            errors: String(decoding: try folder.read("stderr"), as: UTF8.self))
    }

    /// Not Foundation's `Process`: that waits for what a program leaves in the background, such as an agent.
    private static func spawn(
        _ arguments: [String], environment: [String], files: [(path: String, flags: Int32)]
    ) throws -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, file) in files.enumerated() {
            unsafe posix_spawn_file_actions_addopen(&actions, Int32(descriptor), file.path, file.flags, 0)
        }
        // Threads of a test run block signals, and a program that inherits that cannot be stopped.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        unsafe sigemptyset(&noSignals)
        unsafe posix_spawnattr_setsigmask(&attributes, &noSignals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        // Freed below; the child has copies.
        var argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var envp = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (argv + envp).forEach { unsafe free($0) } }
        var process = pid_t()
        let result = unsafe posix_spawn(&process, arguments[0], &actions, &attributes, &argv, &envp)
        guard result == 0 else { throw Failure(errors: "cannot start \(arguments[0]): \(result)") }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) == -1 && errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
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
