import Bytes
import Errors
import Sessions
import Transfer

extension Get: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        let reporter = ProgressReporter(console, transfer: transfer)
        var status = ExitStatus.done
        // Sources of one host go over one connection.
        var rest = sources[...]
        while let first = rest.first {
            let host = first.withoutPath
            let paths = rest.filter { $0.withoutPath == host }.map { $0.path ?? RawPath(bytes: []) }
            rest = rest.filter { $0.withoutPath != host }[...]
            let destination = destination
            let session = try await connection.connect(to: first, console)
            let run = TransferRun(
                session: session, options: transfer, console: console, operation: "get", reporter: reporter)
            let summary = try await run { engine in await engine.get(paths, to: destination) }
            status = max(status, run.tell(summary))
            await session.close()
        }
        reporter.finish()
        return status
    }
}
