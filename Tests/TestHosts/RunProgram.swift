package import Foundation

/// What a program that ended left.
package struct ProgramResult: Sendable {
    /// The exit status, or 128 + the number of the signal that ended it.
    package let status: Int32
    package let outputBytes: [UInt8]
    package let errorBytes: [UInt8]

    package var output: String { String(decoding: outputBytes, as: UTF8.self) }
    package var errors: String { String(decoding: errorBytes, as: UTF8.self) }
}

/// Runs `body` on a thread of its own, so that what blocks there takes none of the few threads that tasks share.
package func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
    }
}

/// Runs a program to its end and collects what it writes; kills it after `timeout` seconds.
///
/// `path` is absolute or a name that is looked up in `PATH`, `/usr/sbin` and `/sbin`.
package func runProgram(
    _ path: String, _ arguments: [String] = [], input: [UInt8] = [], environment: [String: String] = [:],
    directory: String? = nil, timeout: TimeInterval = 120
) async throws -> ProgramResult {
    try await onThread {
        try runProgramBlocking(
            path, arguments, input: input, environment: environment, directory: directory, timeout: timeout)
    }
}

/// `runProgram` for threads that may block.
package func runProgramBlocking(
    _ path: String, _ arguments: [String] = [], input: [UInt8] = [], environment: [String: String] = [:],
    directory: String? = nil, timeout: TimeInterval = 120
) throws -> ProgramResult {
    guard let program = Installed.path(of: path) else { throw TestHostError.system(path, "not installed") }
    let pipes = try (0..<3).map { _ in try Pipe.make() }
    let process: ChildProcess
    do {
        defer { for end in [pipes[0].read, pipes[1].write, pipes[2].write] { close(end) } }
        process = try ChildProcess(
            program, arguments, environment: environment, directory: directory, input: pipes[0].read,
            output: pipes[1].write, errors: pipes[2].write)
    }
    _ = Watchdog.shared  // ignores SIGPIPE, for programs that do not read what they are given
    let feeder = pipes[0].write
    Thread.detachNewThread {
        var rest = input[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe write(feeder, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        close(feeder)
    }
    var collected: [[UInt8]] = [[], []]
    var open = [pipes[1].read, pipes[2].read]
    defer { for descriptor in open where descriptor >= 0 { close(descriptor) } }
    let deadline = Date(timeIntervalSinceNow: timeout)
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while open.contains(where: { $0 >= 0 }) {
        let left = deadline.timeIntervalSinceNow
        guard left > 0 else {
            process.kill()
            throw TestHostError.timedOut(
                ([path] + arguments).joined(separator: " "),
                log: collected.map { String(decoding: $0, as: UTF8.self) }.joined())
        }
        var entries = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        _ = unsafe poll(&entries, nfds_t(entries.count), Int32(min(left, 3600) * 1000) + 1)
        for index in 0...1 where entries[index].revents != 0 && open[index] >= 0 {
            let count = unsafe read(open[index], &chunk, chunk.count)
            if count > 0 {
                collected[index] += chunk[..<count]
            } else if count == 0 || errno != EINTR {
                close(open[index])
                open[index] = -1
            }
        }
    }
    return ProgramResult(status: process.wait(), outputBytes: collected[0], errorBytes: collected[1])
}

/// Runs a program that has to succeed; what it wrote to standard output.
@discardableResult
func runChecked(_ path: String, _ arguments: [String], input: [UInt8] = []) throws -> String {
    let result = try runProgramBlocking(path, arguments, input: input)
    guard result.status == 0 else {
        throw TestHostError.failed(path, status: result.status, log: result.output + result.errors)
    }
    return result.output
}

/// A pipe whose ends no other program inherits.
struct Pipe {
    let read: Int32
    let write: Int32

    static func make() throws -> Pipe {
        var ends: [Int32] = [0, 0]
        guard unsafe closedOnExecPipe(&ends) == 0 else {
            throw TestHostError.system("pipe", unsafe String(cString: strerror(errno)))
        }
        return Pipe(read: ends[0], write: ends[1])
    }
}
