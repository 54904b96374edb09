@testable import FairleadCommand

/// The words of `line`, split at spaces.
func words(_ line: String) -> [Argument] {
    line.split(separator: " ").map { Argument(String($0)) }
}

/// Parses `line` as a command of type `Wanted`.
func parse<Wanted: Command>(_ line: String, as type: Wanted.Type = Wanted.self) throws -> Wanted {
    guard case .run(let command) = try CommandLineRequest(words(line)), let wanted = command as? Wanted else {
        throw UsageError("'\(line)' is no \(Wanted.self)")
    }
    return wanted
}

/// The usage error of `line`; nil when there is none.
func usageError(_ line: String) -> UsageError? {
    usageError(words(line))
}

func usageError(_ words: [Argument]) -> UsageError? {
    do {
        _ = try CommandLineRequest(words)
        return nil
    } catch {
        return error
    }
}
