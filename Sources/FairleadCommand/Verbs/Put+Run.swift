import Bytes
import Sessions
import Transfer

extension Put: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        let reporter = ProgressReporter(console, transfer: transfer)
        let status = try await HostAccess(connection, console).with(destination) { opened in
            let host = HostFiles(opened.session, prompter: opened.prompter)
            let place = try await host.place()
            let run = TransferRun(
                options: transfer, console: opened.console, context: opened.session.context("put"),
                reporter: reporter)
            let target = destination.path ?? RawPath(bytes: [])
            let summary = try await run { [sources] engine in
                await engine.copy(sources, from: LocalFileSystem(on: CommandLoop.shared), to: target, at: place)
            }
            await place.close()
            await host.close()
            return run.tell(summary)
        }
        reporter.finish()
        return status
    }
}
