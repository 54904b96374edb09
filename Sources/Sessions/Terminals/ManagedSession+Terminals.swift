import Errors
package import SSH

extension ManagedSession {
    /// Opens one more terminal; throws `SessionError` or `FairleadError`.
    package func openTerminal(type: String, size: ChannelRequest.TerminalSize) async throws -> RemoteTerminal {
        let lease = try await lease()
        let shell = try lease.shell(for: "terminals")
        for (id, terminal) in terminals where await !terminal.isRunning {
            if await terminal.attachmentCount == 0 { terminals[id] = nil }
        }
        guard terminals.count < policy.maximumTerminals else {
            throw SessionError.tooManyTerminals(limit: policy.maximumTerminals)
        }
        let terminal = try await RemoteTerminal.start(
            over: shell, type: type, size: size, scrollBack: policy.scrollBack
        ) { [weak self] in self?.assumeIsolated { $0.touch() } }
        terminals[terminal.id] = terminal
        return terminal
    }

    package func terminal(_ id: TerminalID) -> RemoteTerminal? { terminals[id] }

    package var allTerminals: [RemoteTerminal] {
        terminals.values.sorted { $0.id.description < $1.id.description }
    }

    /// Forgets a terminal, and hangs up.
    package func closeTerminal(_ id: TerminalID) async -> Bool {
        guard let terminal = terminals.removeValue(forKey: id) else { return false }
        await terminal.end()
        return true
    }
}
