import SSH
import Sessions

extension Shell: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        try await HostAccess(connection, console).with(target) { host in
            let usesTerminal =
                switch host.settings.terminal ?? .auto {
                case .no: false
                case .auto, .yes: LocalTerminal.isPresent
                case .force: true
                }
            return try await ProgramRun(host: host, program: .shell, usesTerminal: usesTerminal)()
        }
    }
}
