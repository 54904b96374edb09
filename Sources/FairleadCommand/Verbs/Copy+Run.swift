extension Copy: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        try await CopyRun(
            operation: "cp", sources: sources, destination: destination, options: transfer,
            connection: connection, console: console)()
    }
}
