import Bytes
import SFTP

extension Status: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        var failures = PathFailures(console, of: paths.count)
        var documents: [JSON] = []
        var isFirst = true
        try await HostAccess(connection, console).withFiles(of: paths) { files, paths, console in
            for path in paths {
                do {
                    let entry = try await entry(of: path, files)
                    if output.isJSON {
                        documents.append(entry.json)
                    } else {
                        try console.out((isFirst ? "" : "\n") + text(entry))
                    }
                    isFirst = false
                } catch {
                    try failures.note(error)
                }
            }
        }
        if output.isJSON { try console.out(paths.count == 1 ? documents.first ?? .null : .array(documents)) }
        return failures.status
    }

    private func entry(of path: RawPath, _ files: RemoteFiles) async throws -> ListingEntry {
        let attributes = try await files.on(path, "stat") { client throws(RequestError) in
            followsLinks ? try await client.attributes(at: path) : try await client.linkAttributes(at: path)
        }
        var entry = ListingEntry(name: path, attributes: attributes)
        if entry.kind == .link { entry.linkTarget = try? await files.client.readLink(path) }
        if let owner = attributes.owner,
            let names = try? await files.client.accountNames(users: [owner.userID], groups: [owner.groupID])
        {
            if let name = names.users.first ?? nil { entry.owner = name }
            if let name = names.groups.first ?? nil { entry.group = name }
        }
        return entry
    }

    private func text(_ entry: ListingEntry) -> String {
        var lines = ["\(entry.name)", "  type      \(entry.kind.rawValue)"]
        if let permissions = entry.permissions {
            let digits = String(permissions, radix: 8)
            let octal = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            lines.append(
                "  mode      \(octal) \(FairleadCommand.FileMode.text(kind: entry.kind.letter, permissions: permissions))"
            )
        }
        if let owner = entry.owner { lines.append("  owner     \(owner.visible())") }
        if let group = entry.group { lines.append("  group     \(group.visible())") }
        if let size = entry.size { lines.append("  size      \(size)") }
        if let modified = entry.modified, let time = CalendarTime.timestamp(modified) {
            lines.append("  modified  \(time)")
        }
        if let target = entry.linkTarget { lines.append("  target    \(target)") }
        return lines.joined(separator: "\n") + "\n"
    }
}
