package import Foundation
import Synchronization

/// A program that runs beside the tests, in a session of its own; it never outlives the test process.
package final class ChildProcess: Sendable {
    package let processIdentifier: pid_t
    private let status = Mutex<Int32?>(nil)

    /// Starts `path` with `arguments` (the program's own name is not among them). Descriptors that are not given are
    /// `/dev/null`; no other descriptor of this process is inherited.
    package init(
        _ path: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
        input: Int32? = nil, output: Int32? = nil, errors: Int32? = nil
    ) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, given) in [(0 as Int32, input), (1, output), (2, errors)] {
            if let given {
                unsafe posix_spawn_file_actions_adddup2(&actions, given, descriptor)
            } else {
                unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
            }
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A program starts with default signal handling, whatever the test runner ignores or blocks.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe sigaddset(&signals, SIGINT)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        #if canImport(Darwin)
            flags |= Int32(POSIX_SPAWN_SETSID | POSIX_SPAWN_CLOEXEC_DEFAULT)
        #else
            flags |= 0x80  // POSIX_SPAWN_SETSID, which glibc shows to GNU programs only
            _ = unsafe addCloseFrom(&actions, 3)
        #endif
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        // `posix_spawn` has no portable way to change the directory.
        let command =
            directory.map { ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", $0, path] } ?? [path]
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var pid: pid_t = 0
        let result = unsafe withCStrings(command + arguments) { arguments in
            unsafe withCStrings(variables) { variables in
                unsafe posix_spawn(&pid, command[0], &actions, &attributes, arguments, variables)
            }
        }
        guard result == 0 else {
            throw TestHostError.system("cannot run \(path)", unsafe String(cString: strerror(result)))
        }
        processIdentifier = pid
        Watchdog.shared.add(process: pid)
    }

    /// Whether the program still runs.
    package var isRunning: Bool { poll(WNOHANG) == nil }

    /// Waits for the end; the exit status, or 128 + the signal's number.
    @discardableResult
    package func wait() -> Int32 { poll(0) ?? -1 }

    /// Sends `signal` to the program, unless it has ended.
    package func signal(_ signal: Int32) {
        status.withLock { if $0 == nil { _ = Foundation.kill(processIdentifier, signal) } }
    }

    /// Ends the program and everything it started, at once, as a power failure would; returns when it is gone.
    package func kill() {
        let family = isRunning ? [processIdentifier] + Self.descendants(of: processIdentifier) : []
        // Stopped first, so that none starts another meanwhile.
        for pid in family { _ = Foundation.kill(pid, SIGSTOP) }
        for pid in Set(family + family.flatMap(Self.descendants)) { _ = Foundation.kill(pid, SIGKILL) }
        wait()
    }

    /// Asks the program to end, and kills it when it has not after `grace` seconds.
    package func stop(grace: TimeInterval = 2) {
        let family = Self.descendants(of: processIdentifier)
        signal(SIGTERM)
        let deadline = Date(timeIntervalSinceNow: grace)
        while isRunning, Date() < deadline { usleep(2000) }
        kill()
        for pid in family where Self.parent(of: pid) == 1 { _ = Foundation.kill(pid, SIGKILL) }
    }

    private func poll(_ options: Int32) -> Int32? {
        status.withLock { known in
            if known != nil { return known }
            var raw: Int32 = 0
            var result: pid_t
            repeat { result = unsafe waitpid(processIdentifier, &raw, options) } while result == -1 && errno == EINTR
            guard result == processIdentifier else { return nil }
            known = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + raw & 0x7F
            Watchdog.shared.remove(process: processIdentifier)
            return known
        }
    }

    private static func parent(of pid: pid_t) -> pid_t? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let name = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[name...].split(separator: " ")
        return fields.count > 2 ? pid_t(fields[2]) : nil
    }

    /// The processes below `root`, nearest first.
    package static func descendants(of root: pid_t) -> [pid_t] {
        let all = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        let parents = all.compactMap { pid in parent(of: pid).map { (pid, $0) } }
        var found: [pid_t] = []
        var level: Set<pid_t> = [root]
        while !level.isEmpty {
            level = Set(parents.filter { level.contains($0.1) }.map(\.0))
            found += level
        }
        return found
    }
}

/// Calls `body` with `strings` as a null-terminated array of C strings.
private func withCStrings<R>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
    var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
}
