extension Put: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        try await CopyRun(
            operation: "put", sources: sources.map { .local($0) }, destination: .remote(destination), options: transfer,
            connection: connection, console: console)()
    }
}
