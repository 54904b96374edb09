import Bytes
import Errors

/// What failed of several paths, each told at once; decides the exit status.
struct PathFailures {
    private let console: Console
    private let count: Int
    private var failed = 0

    /// Failures of a verb that was given `count` paths.
    init(_ console: Console, of count: Int) {
        self.console = console
        self.count = count
    }

    /// Takes note that one path failed, and goes on; throws the error when it was the only path, or nothing more can be
    /// done.
    mutating func note(_ error: any Error) throws {
        guard count > 1, let error = error as? FairleadError else { throw error }
        switch error.category {
        case .permission, .fileSystem: break
        case .network, .authentication, .protocol, .timeout, .internal: throw error
        }
        failed += 1
        _ = console.report(FailureReport(error))
    }

    /// Takes note of what failed below one path; throws the error when it was all that was to be done.
    mutating func note(_ errors: [FairleadError], count: Int, hasDone: Bool) throws {
        if !hasDone, count == 1, self.count == 1, let only = errors.first { throw only }
        failed += count
        for error in errors { _ = console.report(FailureReport(error)) }
        if count > errors.count { console.note("fairlead: \(count - errors.count) more could not be removed") }
    }

    var status: ExitStatus { failed == 0 ? .done : .partialFailure }
}
