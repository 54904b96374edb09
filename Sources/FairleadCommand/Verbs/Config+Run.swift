import Bytes
import SSH
import Sessions

extension Config: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        let configuration = try await HostAccess(connection, console).configuration(of: target)
        let lines: [String]
        do throws(SettingError) { lines = try configuration.listing() } catch { throw ConfigurationError(error) }
        if output.isJSON {
            try console.out(Self.json(lines))
        } else {
            // Commands and paths of the user's own file, which may still have come from elsewhere.
            try console.out(lines.map { $0.visible() + "\n" }.joined())
        }
        do throws(SettingError) {
            for notice in try ClientSettings(configuration).notices { console.note("fairlead: \(notice.text)") }
        } catch {
            console.note("fairlead: \(error.message)")
        }
        return .done
    }

    /// One member a keyword; an array where it stands several times.
    private static func json(_ lines: [String]) -> JSON {
        var members: [(String, JSON)] = []
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            let (name, value) = (String(parts.first ?? ""), JSON.string(parts.count > 1 ? String(parts[1]) : ""))
            if let last = members.indices.last, members[last].0 == name {
                if case .array(let list) = members[last].1 {
                    members[last].1 = .array(list + [value])
                } else {
                    members[last].1 = .array([members[last].1, value])
                }
            } else {
                members.append((name, value))
            }
        }
        return .object(members)
    }
}
