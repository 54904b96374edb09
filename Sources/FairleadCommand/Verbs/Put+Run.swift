import Bytes
import Errors
import Sessions
import Transfer

extension Put: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        let reporter = ProgressReporter(console, transfer: transfer)
        let session = try await connection.connect(to: destination, console)
        let run = TransferRun(
            session: session, options: transfer, console: console, operation: "put", reporter: reporter)
        let (sources, target) = (sources, destination.path ?? RawPath(bytes: []))
        let summary = try await run { engine in await engine.put(sources, to: target) }
        let status = run.tell(summary)
        await session.close()
        reporter.finish()
        return status
    }
}
