package import Bytes
import Reactor

/// Looking at files, and moving their bytes.
extension FTPClient {
    // MARK: Looking

    /// What is at `path`; nil when nothing is there. A link as last component is followed, or told as one.
    package func entry(at path: RawPath, followingLinks: Bool) async throws(FTPError) -> FTPEntry? {
        guard let found = try await lookUp(path, followingLinks: followingLinks) else { return nil }
        // What leads to a directory may be a link, which with most servers only a listing tells.
        guard !followingLinks, found.kind == .directory, !path.lastComponent.isEmpty else { return found }
        let last = path.withoutTrailingSlashes.lastComponent
        if last == "." || last == ".." { return found }
        let parent = path.withoutTrailingSlashes.parent
        let listing = try? await list(parent.isEmpty ? "." : parent, limit: Self.parentEntries)
        guard var entry = listing?.entries.first(where: { $0.name == last }) else { return found }
        entry.name = path
        return entry
    }

    /// What is at `path`, with a link to a directory as the directory.
    private func lookUp(_ path: RawPath, followingLinks: Bool) async throws(FTPError) -> FTPEntry? {
        let features = try await connect().features
        if features.machineListings {
            let command = try FTPCommand("MLST", path)
            let exchange = try await ask([command]).exchange(of: command)
            guard let exchange, let reply = exchange.reply else { throw .protocolViolation("MLST has no answer") }
            if reply.isPositive, var entry = Self.entry(in: exchange) {
                entry.name = path
                if entry.kind != .link || !followingLinks { return entry }
                return try await probe(path)
            }
            if reply.code != 550, !reply.isPositive, ![500, 501, 502, 504].contains(reply.code) {
                throw .refused(reply, command: "MLST")
            }
            if reply.code == 550 {
                if reply.speaksOfPermission { throw .refused(reply, command: "MLST") }
                return nil
            }
        }
        return try await probe(path)
    }

    /// Entries of a directory that is listed for the sake of one of them.
    private static let parentEntries = 100_000

    private static func entry(in exchange: FTPExchange) -> FTPEntry? {
        // The one line within the reply begins with a space; ProFTPD repeats the code in front.
        for line in exchange.innerLines {
            var facts = line[...]
            if facts.starts(with: "250-".utf8) { facts = facts.dropFirst(4) }
            if facts.first == 0x20 { facts = facts.dropFirst() }
            switch MachineListing.parse(facts) {
            case .entry(let entry)?: return entry
            case .directoryItself?: return FTPEntry(name: "", kind: .directory)
            case nil: continue
            }
        }
        return nil
    }

    /// What `path` leads to, as commands that every server has tell it.
    private func probe(_ path: RawPath) async throws(FTPError) -> FTPEntry? {
        let size = try FTPCommand("SIZE", path)
        let time = try FTPCommand("MDTM", path)
        let enter = try FTPCommand("CWD", path)
        let outcome = try await ask([FTPCommand("TYPE I"), size, time])
        if let reply = outcome.reply(to: size), reply.code == 213 {
            var entry = FTPEntry(name: path, kind: .file, size: UInt64(reply.text.trimmed))
            if let reply = outcome.reply(to: time), reply.code == 213 {
                entry.modified = FTPTime.parse(Array(reply.text.trimmed.utf8))
                entry.isTimeExact = entry.modified != nil
            }
            return entry
        }
        let entered = try await run(
            FTPRequest(before: [enter] + (try await back())), IgnoringHandler(), .other, isGood: { Self.isBack($0) })
        guard let reply = entered.reply(to: enter) else { throw .protocolViolation("CWD has no answer") }
        return reply.isPositive ? FTPEntry(name: path, kind: .directory) : nil
    }

    /// The command that leads to where relative paths begin.
    private func back() async throws(FTPError) -> [FTPCommand] {
        guard let directory = try await connect().directory else { return [] }
        return [try FTPCommand("CWD", directory)]
    }

    /// Whether the last change of directory was to where relative paths begin.
    private static func isBack(_ outcome: FTPOutcome) -> Bool {
        let changes = outcome.exchanges.filter { $0.verb == "CWD" }
        return changes.count != 1 && changes.last?.reply?.isPositive ?? true
    }

    /// The names in the directory `path`; fails when there are more than `limit`.
    ///
    /// With `exactTimes` the time of each file is asked for where the listing gives it without seconds and zone.
    package func list(
        _ path: RawPath, limit: Int, exactTimes: Bool = false
    ) async throws(FTPError) -> FTPListing {
        let features = try await connect().features
        if features.machineListings, !unknownCommands.contains("MLSD") {
            do throws(FTPError) {
                let handler = ListingHandler(ListingParser(.machine, limit: limit, now: loop.calendarTime))
                let command = path == "." ? FTPCommand("MLSD") : try FTPCommand("MLSD", path)
                _ = try await run(FTPRequest(body: .listing(command)), handler, .other)
                return try handler.listing()
            } catch {
                guard error.isUnknownCommand else { throw error }
                unknownCommands.insert("MLSD")
            }
        }
        var listing: FTPListing
        do throws(FTPError) { listing = try await list(path, by: FTPCommand("LIST -a"), limit: limit) } catch {
            guard case .refused(_, command: "LIST") = error else { throw error }
            listing = try await list(path, by: FTPCommand("LIST"), limit: limit)
        }
        if exactTimes, features.modificationTime { try await addTimes(&listing, below: path) }
        return listing
    }

    /// Lists from within the directory: as an argument of LIST servers take a name for a pattern or for options.
    private func list(_ path: RawPath, by command: FTPCommand, limit: Int) async throws(FTPError) -> FTPListing {
        let handler = ListingHandler(ListingParser(.list, limit: limit, now: loop.calendarTime))
        guard path != "." else {
            _ = try await run(FTPRequest(body: .listing(command)), handler, .other)
            return try handler.listing()
        }
        let enter = try FTPCommand("CWD", path)
        let request = FTPRequest(before: [enter], body: .listing(command), after: try await back())
        let outcome = try await run(request, handler, .other, isGood: { Self.isBack($0) })
        guard let reply = outcome.reply(to: enter) else { throw .protocolViolation("CWD has no answer") }
        guard reply.isPositive else { throw .refused(reply, command: "CWD") }
        return try handler.listing()
    }

    private func addTimes(_ listing: inout FTPListing, below path: RawPath) async throws(FTPError) {
        let files = listing.entries.indices.filter { listing.entries[$0].kind == .file }
        let step = Limits.commandsPerRequest / 2
        for start in stride(from: 0, to: files.count, by: step) {
            let part = files[start..<min(start + step, files.count)]
            var commands: [Int: FTPCommand] = [:]
            for index in part {
                let name = listing.entries[index].name
                commands[index] = try FTPCommand("MDTM", path == "." ? name : path.appending(name))
            }
            let outcome = try await ask(part.compactMap { commands[$0] })
            for index in part {
                guard let command = commands[index], let reply = outcome.reply(to: command), reply.code == 213,
                    let time = FTPTime.parse(Array(reply.text.trimmed.utf8))
                else { continue }
                listing.entries[index].modified = time
                listing.entries[index].isTimeExact = true
            }
        }
    }

    /// The size of the file at `path`, in bytes; nil when there is none.
    package func size(of path: RawPath) async throws(FTPError) -> UInt64? {
        let command = try FTPCommand("SIZE", path)
        guard let reply = try await ask([FTPCommand("TYPE I"), command]).reply(to: command) else {
            throw .protocolViolation("SIZE has no answer")
        }
        if reply.code == 213 { return UInt64(reply.text.trimmed) }
        if reply.code == 550 { return nil }
        throw .refused(reply, command: "SIZE")
    }

    // MARK: Bytes

    /// Begins to read the file at `path` from `offset` on.
    package nonisolated func download(_ path: RawPath, from offset: UInt64) throws(FTPError) -> FTPDownload {
        try FTPCommand.check(path)
        try Self.checkForURL(path)
        let download = FTPDownload()
        download.run {
            _ = try? await self.run(FTPRequest(body: .download(path, offset: offset)), download, .reading)
        }
        return download
    }

    /// Begins to write the file at `path`; `after` is said when everything is there.
    package nonisolated func upload(
        _ path: RawPath, _ start: UploadStart, after: [FTPCommand] = []
    ) throws(FTPError) -> FTPUpload {
        try FTPCommand.check(path)
        try Self.checkForURL(path)
        let upload = FTPUpload()
        upload.run {
            _ = try? await self.run(FTPRequest(body: .upload(path, start), after: after), upload, .other)
        }
        return upload
    }

    /// libcurl takes names of files to be sent in a URL, in which it allows no control characters.
    private static func checkForURL(_ path: RawPath) throws(FTPError) {
        if path.bytes.contains(where: { $0 < 0x20 }) {
            throw .unsafePath(path, "a file whose name has a control character cannot be transferred by FTP")
        }
    }
}
