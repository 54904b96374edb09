import Foundation

/// Starts the scripts of `Scripts/hosts` that choose a port themselves and print it.
package enum PythonHost {
    /// Python with the modules of `Scripts/setup test`.
    package static let interpreter = Repository.cache + "/venv/bin/python3"

    static func start(
        _ script: String, _ arguments: [String], log: String, directory: String? = nil
    ) throws -> (ChildProcess, UInt16) {
        let pipe = try Pipe.make()
        let errors = unsafe open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let process: ChildProcess
        do {
            defer {
                close(pipe.write)
                close(errors)
            }
            process = try ChildProcess(
                Installed.path(of: interpreter) ?? Installed.path(of: "python3") ?? "/usr/bin/python3",
                [Repository.script(script)] + arguments, directory: directory, output: pipe.write, errors: errors)
        }
        // The socket listens before the line is printed.
        defer { close(pipe.read) }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        var entry = pollfd(fd: pipe.read, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&entry, 1, Int32(Launch.patience * 1000)) == 1, unsafe read(pipe.read, &byte, 1) == 1,
            byte != UInt8(ascii: "\n")
        {
            line.append(byte)
        }
        guard line.starts(with: "port ".utf8), let port = UInt16(String(decoding: line.dropFirst(5), as: UTF8.self))
        else {
            process.kill()
            throw TestHostError.notReady(script, log: readText(log))
        }
        return (process, port)
    }
}
