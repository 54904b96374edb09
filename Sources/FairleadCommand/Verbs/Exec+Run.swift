import SSH
import Sessions

extension Exec: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        try await HostAccess(connection, console).with(target) { host in
            let usesTerminal =
                switch host.settings.terminal ?? .no {
                case .no, .auto: false
                case .yes: LocalTerminal.isPresent
                case .force: true
                }
            return try await ProgramRun(host: host, program: .exec(commandLine), usesTerminal: usesTerminal)()
        }
    }
}
