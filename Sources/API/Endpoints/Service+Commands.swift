import Bytes
import Cryptography
import HTTP
import SSH
import Sessions

extension Service {
    /// Bytes of each of a command's streams that are kept.
    private static let outputLimit = 4 << 20

    func execute(_ call: Call) async throws -> HTTPResponse {
        let session = try await session(call)
        let settings = settings
        let command = call.text("command") ?? ""
        let details = Self.details(of: command, settings.commandRecord)
        guard settings.commands.permits(command) else {
            await record("execute", .denied, call, session: session, details)
            throw Problem.forbidden("The service's rules do not allow this command.")
        }
        let script = try script(command, call, host: session.target.host)
        try await requireAudit()
        do {
            let lease = try await session.lease()
            let result = try await lease.shell(for: "commands").execute(
                script, input: Array((call.text("stdin") ?? "").utf8),
                timeout: .seconds(call.integer("timeout") ?? 60), limit: Self.outputLimit)
            let code: JSONValue = JSONValue(result.exitCode.map { Int64($0) })
            await record("execute", .done, call, session: session, details + [("exit_code", code)])
            return .json(.ok, Self.json(result, code))
        } catch {
            await recordFailure("execute", call, session: session, error, details)
            throw error
        }
    }

    private func script(_ command: String, _ call: Call, host: String) throws(Problem) -> RemoteScript {
        var script = RemoteScript(command)
        script.folder = call.text("cwd")
        script.prelude = settings.prelude(for: host)
        for member in call.body["env"]?.members ?? [] {
            guard RemoteScript.isVariableName(member.name) else {
                throw .invalid("env.\(member.name.visible())", "has a name that no variable can have")
            }
            let value = member.value.string ?? ""
            guard !value.utf8.contains(0) else { throw .invalid("env.\(member.name)", "has a NUL") }
            script.environment.append((member.name, value))
        }
        return script
    }

    private static func json(_ result: ExecutionResult, _ code: JSONValue) -> JSONValue {
        var signal: String?
        if case .killed(let killed) = result.outcome { signal = killed.signal.name.visible() }
        return [
            "output": .string(String(decoding: result.combined, as: UTF8.self)), "exit_code": code,
            "stdout": .string(String(decoding: result.output, as: UTF8.self)),
            "stderr": .string(String(decoding: result.error, as: UTF8.self)),
            "duration_ms": .integer(result.duration), "signal": JSONValue(signal),
            "truncated": .bool(result.droppedCount > 0),
        ]
    }

    /// What the audit log has of a command: arguments may hold secrets.
    private static func details(
        of command: String, _ record: ServiceSettings.CommandRecord
    ) -> [(name: String, value: JSONValue)] {
        switch record {
        case .full: return [("command", .string(command.visible(keepingNewlines: true)))]
        case .program:
            let word = command.split(whereSeparator: \.isWhitespace).first { !$0.contains("=") } ?? ""
            let sum = MessageDigest.digest(.sha256, of: Array(command.utf8).rawSpan)
            return [
                ("program", .string(String(word.prefix(128)).visible())),
                ("command_sha256", .string(Hexadecimal.encode(sum))),
            ]
        }
    }
}
