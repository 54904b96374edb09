import Bytes
import Synchronization
import Transfer

/// Makes a tree like another, as `sync` does, and tells the plan where it is wanted.
struct SynchronizeRun {
    let command: Synchronize
    let console: Console

    func callAsFunction() async throws -> ExitStatus {
        var engineOptions = try command.transfer.engineOptions()
        engineOptions.preserves = true
        if command.transfer.resumes, command.destination.host != nil {
            engineOptions.journalFolder = await TransferJournals.folder()
        }
        let places = Places(
            HostAccess(command.connection, console), reconnects: command.transfer.reconnects,
            asksForTimes: true)
        let run = TransferRun(command.transfer, console, operation: "sync", engineOptions: engineOptions)
        let printer = PlanPrinter(console, isWanted: command.isDryRun || console.output.verbosity > 0)
        do {
            let source = try await places.place(command.source.host)
            let target = try await places.place(command.destination.host)
            let context = CopyRun.context("sync", source, target)
            guard let from = source.files, let to = target.files else {
                throw ConfigurationError("sync needs SFTP, which the host does not offer")
            }
            var options = SyncOptions()
            options.deletes = command.deletes
            options.maximumRemovals = command.maximumRemovals
            options.comparesContent = command.comparesContent
            options.isDryRun = command.isDryRun
            if printer.isWanted { options.plan = { printer.tell($0) } }
            let (sourcePath, targetPath) = (command.source.path, command.destination.path)
            try await run(context) { [options] engine in
                await engine.sync(sourcePath, in: from, to: targetPath, at: to, options)
            }
        } catch {
            await places.close()
            throw error
        }
        await places.close()
        try printer.finish()
        return run.finish(plannedSteps: command.isDryRun ? printer.count : nil)
    }
}

/// Tells the steps of a plan, one line each, on standard output; from any thread.
final class PlanPrinter: Sendable {
    let isWanted: Bool
    private let console: Console
    private let state = Mutex((count: 0, failure: StandardStream.WriteError?.none))

    init(_ console: Console, isWanted: Bool) {
        self.console = console
        self.isWanted = isWanted
    }

    /// How many steps there were.
    var count: Int { state.withLock { $0.count } }

    func tell(_ step: SyncStep) {
        state.withLock { state in
            state.count += 1
            guard state.failure == nil else { return }
            do throws(StandardStream.WriteError) {
                try console.out((console.output.isJSON ? step.json.text : step.text) + "\n")
            } catch { state.failure = error }
        }
    }

    /// Throws when somebody stopped reading.
    func finish() throws {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }
}

extension SyncStep {
    /// The step for people: `new     a/b  1.50 MiB`.
    var text: String {
        switch self {
        case .makeFolder(let path): "mkdir   \(path.isEmpty ? "." : "\(path)")/"
        case .transfer(let path, let bytes, isNew: true): "new     \(path)  \(ByteCount.long(bytes))"
        case .transfer(let path, let bytes, isNew: false): "update  \(path)  \(ByteCount.long(bytes))"
        case .makeLink(let path): "link    \(path)"
        case .adjust(let path): "adjust  \(path)"
        case .move(let old, let new): "move    \(old) -> \(new)"
        case .remove(let path, let isFolder): "remove  \(path)\(isFolder ? "/" : "")"
        }
    }

    /// `{"event": "plan", "step": "transfer", path, bytes, new}`; a move has `from` and `to`.
    var json: JSON {
        let (step, members): (String, [(String, JSON)]) =
            switch self {
            case .makeFolder(let path): ("mkdir", JSON.members("path", of: path))
            case .transfer(let path, let bytes, let isNew):
                ("transfer", JSON.members("path", of: path) + [("bytes", .unsigned(bytes)), ("new", .boolean(isNew))])
            case .makeLink(let path): ("link", JSON.members("path", of: path))
            case .adjust(let path): ("adjust", JSON.members("path", of: path))
            case .move(let old, let new): ("move", JSON.members("from", of: old) + JSON.members("to", of: new))
            case .remove(let path, let isFolder):
                ("remove", JSON.members("path", of: path) + [("folder", .boolean(isFolder))])
            }
        return .object([("event", .string("plan")), ("step", .string(step))] + members)
    }
}
