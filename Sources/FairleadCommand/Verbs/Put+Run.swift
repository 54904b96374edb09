import Bytes
import Transfer

extension Put: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        let reporter = ProgressReporter(console, transfer: transfer)
        let status = try await HostAccess(connection, console).with(destination) { opened in
            let run = TransferRun(
                session: opened.session, options: transfer, console: opened.console, operation: "put",
                reporter: reporter)
            let target = destination.path ?? RawPath(bytes: [])
            let summary = try await run { [sources] engine in await engine.put(sources, to: target) }
            return run.tell(summary)
        }
        reporter.finish()
        return status
    }
}
