extension Synchronize: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        try await SynchronizeRun(command: self, console: console)()
    }
}
