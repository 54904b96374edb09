package import Bytes
package import FTP
package import Reactor
import SFTP

/// The files of one FTP server. What FTP cannot do is left out: owners, holes, making and reading links, bringing files to the
/// disk, and files that are made only if there is none yet, for which this looks before.
package actor FTPFileSystem: RemoteFileSystem {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    package nonisolated let client: FTPClient
    package nonisolated let place: String
    private let asksForTimes: Bool
    private let limits: TransferLimits
    private var recovery: Task<Bool, Never>?
    package private(set) var recoveries = 0
    /// Bytes that came or went since the connection was lost the last time, and how often none did.
    private var moved = 0
    private var fruitless = 0

    /// - Parameter asksForTimes: whether listings without exact times are completed by a question for each file.
    package init(
        _ client: FTPClient, place: String, asksForTimes: Bool = false, limits: TransferLimits = TransferLimits()
    ) {
        loop = client.loop
        self.client = client
        self.place = place
        self.asksForTimes = asksForTimes
        self.limits = limits
    }

    package nonisolated var isLocal: Bool { false }

    package func capabilities() async throws(TransferError) -> FileSystemCapabilities {
        try await at(".") { () throws(FTPError) in _ = try await client.connect() }
        var capabilities = FileSystemCapabilities()
        capabilities.replacesInOneStep = false
        capabilities.synchronizes = false
        // Listings of some servers have minutes, and what is asked of one file has seconds.
        capabilities.tellsTimesAlike = false
        // One connection stays for what is said about files.
        capabilities.openFiles = max(1, await client.width - 1)
        return capabilities
    }

    /// Runs `body`; what fails says `path`.
    private func at<Value>(
        _ path: RawPath, _ body: () async throws(FTPError) -> Value
    ) async throws(TransferError) -> Value {
        do throws(FTPError) { return try await body() } catch { throw TransferError(error, at: path) }
    }

    // MARK: Looking

    package func facts(of path: RawPath, followingLinks: Bool) async throws(TransferError) -> FileFacts? {
        let entry = try await at(path) { () throws(FTPError) in
            try await client.entry(at: path, followingLinks: followingLinks)
        }
        return entry.map { FileFacts($0) }
    }

    package func list(_ folder: RawPath, limit: Int) async throws(TransferError) -> FolderListing {
        let listing = try await at(folder) { () throws(FTPError) in
            try await client.list(folder, limit: limit, exactTimes: asksForTimes)
        }
        var result = FolderListing()
        result.entries = listing.entries.map { FolderListing.Entry(name: $0.name, facts: FileFacts($0)) }
        for refusal in listing.refusals {
            do throws(NameRefusal) { try NameValidator.validate(refusal.name) } catch { result.refusals.append(error) }
        }
        return result
    }

    /// Without `.` and `..`; links are not resolved, which FTP cannot tell.
    package func realPath(_ path: RawPath) async throws(TransferError) -> RawPath {
        let start = try await at(path) { () throws(FTPError) in try await client.connect().directory } ?? "/"
        var components: [RawPath] = []
        for component in (path.isAbsolute ? path : start.appending(path)).components where component != "." {
            if component == ".." { _ = components.popLast() } else { components.append(component) }
        }
        return components.reduce("/") { $0.appending($1) }
    }

    package func readLink(_ path: RawPath) async throws(TransferError) -> RawPath {
        let folder = path.withoutTrailingSlashes.parent
        let listing = try await list(folder.isEmpty ? "." : folder, limit: limits.folderEntries, of: path)
        guard let target = listing.entries.first(where: { $0.name == path.lastComponent })?.linkTarget else {
            throw TransferError(.unsupported("telling where a link leads"), at: path)
        }
        return target
    }

    private func list(_ folder: RawPath, limit: Int, of path: RawPath) async throws(TransferError) -> FTPListing {
        try await at(path) { () throws(FTPError) in try await client.list(folder, limit: limit) }
    }

    // MARK: Changing

    package func makeFolder(_ path: RawPath, permissions: UInt32) async throws(TransferError) -> Bool {
        do throws(FTPError) {
            try await client.makeDirectory(path)
            return true
        } catch {
            // There is no code for "exists": look what is there.
            let failure = TransferError(error, at: path)
            if failure.endsConnection { throw failure }
            guard try await facts(of: path, followingLinks: true) != nil else { throw failure }
            return false
        }
    }

    package func makeLink(_ path: RawPath, saying text: RawPath, replaces: Bool) async throws(TransferError) {
        throw TransferError(.unsupported("symbolic links"), at: path)
    }

    package func remove(_ path: RawPath) async throws(TransferError) {
        try await at(path) { () throws(FTPError) in try await client.remove(path) }
    }

    package func removeFolder(_ path: RawPath) async throws(TransferError) {
        try await at(path) { () throws(FTPError) in try await client.removeDirectory(path) }
    }

    package func replace(_ target: RawPath, with path: RawPath) async throws(TransferError) {
        let aside = TemporaryNames.unique(beside: target)
        try await at(target) { () throws(FTPError) in
            let refusal: FTPError
            do throws(FTPError) { return try await client.rename(path, to: target) } catch { refusal = error }
            // Some servers rename to no name that is taken.
            guard case .refused(_, command: "RNTO") = refusal,
                let existing = try? await client.entry(at: target, followingLinks: false), existing.kind != .directory
            else { throw refusal }
            try await client.rename(target, to: aside)
            do throws(FTPError) { try await client.rename(path, to: target) } catch {
                try? await client.rename(aside, to: target)
                throw error
            }
            try? await client.remove(aside)
        }
    }

    /// Modes and times are set where the server has a command for it.
    package func change(_ path: RawPath, _ changes: FileChanges) async throws(TransferError) {
        try await at(path) { () throws(FTPError) in
            if let permissions = changes.permissions { _ = try await client.setPermissions(permissions, of: path) }
            if let times = changes.times { _ = try await client.setModified(times.modified.seconds, of: path) }
        }
    }

    // MARK: Whole files

    package func prepare(toWrite size: UInt64) async {}

    package func open(_ path: RawPath, _ mode: OpenMode) async throws(TransferError) -> any OpenFile {
        var present: UInt64?
        switch mode {
        case .read: break
        case .create:
            let existing = try await at(path) { () throws(FTPError) in try await client.size(of: path) }
            if existing != nil { throw .targetExists(path: path) }
        case .update: present = try await at(path) { () throws(FTPError) in try await client.size(of: path) }
        case .overwrite: throw TransferError(.unsupported("devices"), at: path)
        }
        return FTPOpenFile(path, mode, of: self, client, present: present)
    }

    package func readSmall(
        _ path: RawPath, limit: Int, expecting size: UInt64, followingLinks: Bool
    ) async throws(TransferError) -> ByteBuffer? {
        let download = try await at(path) { () throws(FTPError) in try client.download(path, from: 0) }
        // A byte more than expected shows a file that has grown.
        let result = await download.read(min(limit, Int(clamping: size) + 1))
        download.stop()
        let content = try await at(path) { () throws(FTPError) in try result.get() }
        note(moved: content.count)
        return content.count == size && size < limit ? content : nil
    }

    package func writeSmall(
        _ content: ByteBuffer, to path: RawPath, through temporary: RawPath, permissions: UInt32,
        _ changes: FileChanges, synchronizes: Bool
    ) async throws(TransferError) {
        do throws(TransferError) {
            try await at(temporary) { () throws(FTPError) in
                let upload = try client.upload(temporary, .anew)
                upload.write(content) { _ in }
                try await upload.finish()
            }
            note(moved: content.count)
            if !changes.isEmpty { try await change(temporary, changes) }
            try await replace(path, with: temporary)
        } catch {
            let client = client
            await uncancelled(on: loop, for: limits.cleanUpTime) { try? await client.remove(temporary) }
            throw error
        }
    }

    package func copyWithin(
        _ source: RawPath, to path: RawPath, permissions: UInt32
    ) async throws(TransferError) -> Bool { false }

    // MARK: Checksums and durability

    package func sha256(
        of path: RawPath, size: UInt64
    ) async throws(TransferError) -> (sha256: String, method: ChecksumMethod) {
        if let (sum, command) = try await at(path, { () throws(FTPError) in try await client.sha256(of: path) }) {
            return (sum, command == .hash ? .hash : .xsha256)
        }
        let sum = try await at(path) { () throws(FTPError) in try await client.readBack(path, size: size) }
        return (sum, .readBack)
    }

    package func sha256(of path: RawPath, ranges: [Range<UInt64>]) async throws(TransferError) -> [String]? { nil }

    package func sha256(ofEach paths: [RawPath]) async throws(TransferError) -> [String?]? {
        let features = try await at(".") { () throws(FTPError) in try await client.connect().features }
        guard features.hashes || features.sha256 else { return nil }
        var sums: [String?] = []
        for path in paths {
            sums.append(try await at(path) { () throws(FTPError) in try await client.sha256(of: path)?.sum })
        }
        return sums
    }

    package func synchronizeAll(at path: RawPath) async throws(TransferError) {}

    // MARK: Losses

    /// Takes note that bytes came or went.
    nonisolated func note(moved count: Int) {
        if loop.isCurrent { assumeIsolated { $0.moved += count } }
    }

    /// How often a connection is made again that brings nothing.
    private static let fruitlessRecoveries = 5

    /// The server's replies are all there is to know.
    package func explaining(_ error: TransferError, writing bytes: UInt64) async -> TransferError { error }

    package func recover(from error: TransferError) async -> Bool {
        if let recovery { return await recovery.value }
        fruitless = moved > 0 ? 0 : fruitless + 1
        moved = 0
        guard fruitless <= Self.fruitlessRecoveries else { return false }
        let (client, pause) = (client, Duration.milliseconds(200 * (1 << fruitless)))
        let task = Task(executorPreference: loop) { () -> Bool in
            for attempt in 0..<Self.fruitlessRecoveries {
                if attempt > 0 || pause > .milliseconds(200) { try? await Task.sleep(for: pause * (attempt + 1)) }
                if Task.isCancelled { return false }
                do throws(FTPError) {
                    try await client.ping()
                    return true
                } catch {
                    guard TransferError(error, at: ".").isLoss else { return false }
                }
            }
            return false
        }
        recovery = task
        let isBack = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        recovery = nil
        if isBack { recoveries += 1 }
        return isBack
    }

    /// Closes every connection.
    package func close() async { await client.close() }
}

extension FileFacts {
    init(_ entry: FTPEntry) {
        let kind: SFTP.FileKind? =
            switch entry.kind {
            case .file: .regular
            case .directory: .directory
            case .link: .symbolicLink
            // A device or a pipe; which, nobody says.
            case .other: .namedPipe
            case nil: nil
            }
        self.init(
            kind: kind, size: entry.size, permissions: entry.permissions,
            modified: entry.modified.map { FileTime(seconds: $0) })
    }
}
