import Bytes
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
            let ended = try await HostAccess(connection, console).with(first) { opened in
                let host = HostFiles(opened.session, prompter: opened.prompter)
                let place = try await host.place()
                let run = TransferRun(
                    options: transfer, console: opened.console, context: opened.session.context("get"),
                    reporter: reporter)
                let summary = try await run { [destination] engine in
                    await engine.copy(paths, from: place, to: destination, at: LocalFileSystem(on: CommandLoop.shared))
                }
                await place.close()
                await host.close()
                return run.tell(summary)
            }
            if status == .done { status = ended }
        }
        reporter.finish()
        return status
    }
}
