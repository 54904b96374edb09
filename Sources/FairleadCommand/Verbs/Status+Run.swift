import Bytes

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
        var entry = try await files.present(path, followingLinks: followsLinks, "stat")
        if entry.kind == .link, entry.linkTarget == nil { entry.linkTarget = await files.linkTarget(path) }
        await files.addAccountNames(to: &entry)
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
