extension Get: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        try await CopyRun(
            operation: "get", sources: sources.map { .remote($0) }, destination: .local(destination), options: transfer,
            connection: connection, console: console)()
    }
}
