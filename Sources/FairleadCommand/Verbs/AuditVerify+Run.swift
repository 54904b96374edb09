import API
import Bytes
import Errors
import Reactor

extension AuditVerify: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        let verdict: AuditVerification.Verdict
        do throws(ReactorError) {
            verdict = try await AuditVerification.check(file, on: CommandLoop.shared)
        } catch {
            throw FairleadError(.fileSystem, "\(file): \(error.text)", operation: "verify", path: file.description)
        }
        switch verdict {
        case .intact(let lines, let last):
            if output.isJSON {
                try console.out(
                    JSON.object([("intact", .boolean(true)), ("lines", .integer(lines)), ("last", .string(last))]))
            } else {
                try console.out(
                    "\(file): \(lines) \(lines == 1 ? "line is" : "lines are") intact; the last hash is \(last)\n")
            }
            return .done
        case .broken(let line, let reason):
            if output.isJSON {
                try console.out(
                    JSON.object([("intact", .boolean(false)), ("line", .integer(line)), ("reason", .string(reason))]))
            } else {
                try console.out("\(file): line \(line) is wrong: \(reason)\n")
            }
            return .partialFailure
        }
    }
}
