import Reactor

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The `fairlead` command.
@main
package struct Main {
    /// The version of the program (semver.org).
    package static let version = "0.1.0"

    static func main() async {
        MemoryPolicy.keepFreedMemory()
        StandardStreams.openMissing()
        // Whoever stops reading is noticed by the error of a write.
        signal(SIGPIPE, SIG_IGN)
        let status = await run(ProcessContext.arguments)
        Terminal.restoreAll()
        StandardStreams.restore()
        exit(status.rawValue)
    }

    /// Runs one command line.
    static func run(_ arguments: [Argument]) async -> ExitStatus {
        var console = Console(OutputOptions())
        do {
            switch try CommandLineRequest(arguments) {
            case .version: try console.out("fairlead \(version)\n")
            case .groupHelp(let group): try console.out(help(console).text(for: group))
            case .commandHelp(let command): try console.out(help(console).text(for: command))
            case .run(let command):
                console = Console(command.output)
                return try await run(command, console)
            }
            return .done
        } catch StandardStream.WriteError.closed {
            return .brokenPipe
        } catch {
            return FailureReport(error).map(console.report) ?? .interrupted
        }
    }

    private static func run(_ command: any Command, _ console: Console) async throws -> ExitStatus {
        guard let verb = command as? any Verb else {
            throw ConfigurationError("this build of fairlead has no '\(type(of: command).declaration.name)'")
        }
        let task = Task { try await verb.run(console) }
        Interruption.shared.watch { task.cancel() }
        do {
            let status = try await task.value
            return Interruption.shared.status ?? status
        } catch {
            if let status = Interruption.shared.status { return status }
            throw error
        }
    }

    private static func help(_ console: Console) -> HelpText {
        HelpText(width: console.outputWidth ?? 80)
    }
}
