import Bytes
import Reactor
import Sessions

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The folder in which uploads note how far they are, so that a later process can go on with them.
enum TransferJournals {
    /// Journals that nobody has touched for so long are removed, in seconds: 30 days.
    private static let lifetime: Int64 = 30 * 86_400
    /// Entries of the folder that are looked at.
    private static let maximumEntries = 100_000
    private static let suffixes = [Array(".journal".utf8), Array(".tree".utf8)]

    /// `$XDG_STATE_HOME/fairlead/transfers`, or that below `~/.local/state` (XDG Base Directory Specification 0.8).
    static func path(stateHome: String?, home: RawPath) -> RawPath {
        // What is not absolute is to be ignored, says the specification.
        let state = stateHome.flatMap { $0.hasPrefix("/") ? RawPath($0) : nil } ?? home.appending(".local/state")
        return state.appending("fairlead").appending("transfers")
    }

    /// The folder, made for the user alone where it did not exist, without what is too old; nil when it cannot be made.
    static func folder() async -> RawPath? {
        let path = path(stateHome: ProcessContext.environment("XDG_STATE_HOME"), home: ProcessContext.user.home)
        let system = FileSystem(on: CommandLoop.shared)
        var folder = RawPath("/")
        for component in path.components {
            folder = folder.appending(component)
            do throws(ReactorError) { try await system.mkdir(folder, permissions: 0o700) } catch {
                // Parents that exist may not be ours to write.
                continue
            }
        }
        guard let status = try? await system.stat(path), status.kind == .directory else { return nil }
        await removeOld(in: path, system)
        return path
    }

    private static func removeOld(in folder: RawPath, _ system: FileSystem) async {
        let now = Int64(time(nil))
        guard let entries = try? await system.list(folder, limit: maximumEntries) else { return }
        for entry in entries
        where entry.status.kind == .regular && entry.status.modified.seconds < now - lifetime
            && suffixes.contains(where: { entry.name.bytes.suffix($0.count).elementsEqual($0) })
        {
            try? await system.unlink(folder.appending(entry.name))
        }
    }
}
