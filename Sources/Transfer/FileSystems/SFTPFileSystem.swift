package import Bytes
package import Reactor
package import SFTP

/// The files of one host over SFTP, also across connections: what is lost with one is got back by `recover`.
package actor SFTPFileSystem: RemoteFileSystem {
    /// Computes SHA-256 on the host; nil when that cannot be done there.
    package typealias Hash = @Sendable (HashQuestion) async -> [String]?
    /// Opens another conversation: after a loss on a new connection; nil when there is none to be had.
    package typealias Opener = @Sendable () async -> FileTransferClient?

    /// How the host is reached besides the conversation that there is.
    package struct Access: Sendable {
        package var hash: Hash?
        /// A conversation more, to get round the server's window: on the same connection, or on one of its own.
        package var widen: Opener?
        /// A conversation in place of one that broke off.
        package var reconnect: Opener?

        package init(hash: Hash? = nil, widen: Opener? = nil, reconnect: Opener? = nil) {
            self.hash = hash
            self.widen = widen
            self.reconnect = reconnect
        }
    }

    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    package nonisolated let place: String
    private(set) var client: FileTransferClient
    private let access: Access
    private let limits: TransferLimits
    private var lanes: UploadLanes
    private var recovery: Task<Bool, Never>?
    package private(set) var recoveries = 0
    /// The shortest time that a request took, in nanoseconds.
    private var roundTrip = UInt64.max

    /// - Parameter place: account and host, by which a later run knows this place again.
    package init(
        _ client: FileTransferClient, place: String = "", access: Access = Access(),
        limits: TransferLimits = TransferLimits()
    ) {
        loop = client.loop
        self.place = place
        self.client = client
        self.access = access
        self.limits = limits
        lanes = UploadLanes(client, open: access.widen, limits: limits)
    }

    package nonisolated var isLocal: Bool { false }

    package func capabilities() async throws(TransferError) -> FileSystemCapabilities {
        let client = client
        do throws(RequestError) { try await client.ready() } catch { throw TransferError(error, at: ".") }
        let (extensions, limits) = await (client.extensions, client.limits)
        var capabilities = FileSystemCapabilities()
        capabilities.replacesInOneStep = extensions.supports(.posixRename)
        capabilities.synchronizes = extensions.supports(.fsync)
        capabilities.copiesWithin = extensions.supports(.copyData)
        capabilities.readLength = limits.readLength
        capabilities.writeLength = limits.writeLength
        if limits.maximumOpenHandles > 0 {
            // Folders that are listed need some as well.
            capabilities.openFiles = max(1, Int(clamping: limits.maximumOpenHandles) / 2)
        }
        return capabilities
    }

    /// Runs `body`; what fails says `path`. Takes the time of it, in which only a round trip passes at best.
    private func at<Value>(
        _ path: RawPath, _ body: (FileTransferClient) async throws(RequestError) -> Value
    ) async throws(TransferError) -> Value {
        let start = loop.monotonicNanoseconds
        do throws(RequestError) {
            let value = try await body(client)
            roundTrip = min(roundTrip, loop.monotonicNanoseconds - start)
            return value
        } catch {
            throw TransferError(error, at: path)
        }
    }

    // MARK: Looking

    package func facts(of path: RawPath, followingLinks: Bool) async throws(TransferError) -> FileFacts? {
        try await at(path) { (client) throws(RequestError) in
            do throws(RequestError) {
                let attributes =
                    followingLinks
                    ? try await client.attributes(at: path) : try await client.linkAttributes(at: path)
                return FileFacts(attributes, kind: attributes.kind)
            } catch {
                if error.code == .noSuchFile { return nil }
                throw error
            }
        }
    }

    package func list(_ folder: RawPath, limit: Int) async throws(TransferError) -> FolderListing {
        let listing = try await at(folder) { (client) throws(RequestError) in
            try await client.list(folder, maximumCount: limit)
        }
        return FolderListing(
            entries: listing.entries.map {
                FolderListing.Entry(name: $0.name, facts: FileFacts($0.attributes, kind: $0.kind))
            }, refusals: listing.refusals)
    }

    package func realPath(_ path: RawPath) async throws(TransferError) -> RawPath {
        try await at(path) { (client) throws(RequestError) in try await client.realPath(path) }
    }

    package func readLink(_ path: RawPath) async throws(TransferError) -> RawPath {
        try await at(path) { (client) throws(RequestError) in try await client.readLink(path) }
    }

    // MARK: Changing

    package func makeFolder(_ path: RawPath, permissions: UInt32) async throws(TransferError) -> Bool {
        do throws(TransferError) {
            try await at(path) { (client) throws(RequestError) in
                try await client.makeDirectory(path, attributes: Attributes(mode: FileMode(rawValue: permissions)))
            }
            return true
        } catch {
            // Version 3 has no code for "exists": look what is there.
            if error.endsConnection { throw error }
            guard try await facts(of: path, followingLinks: false) != nil else { throw error }
            return false
        }
    }

    /// A link is never renamed but in the way that replaces: by the other one, ProFTPD renames the file that it leads to.
    package func makeLink(_ path: RawPath, saying text: RawPath, replaces: Bool) async throws(TransferError) {
        let temporary = TemporaryNames.unique(beside: path)
        try await at(path) { (client) throws(RequestError) in
            if replaces, await client.extensions.supports(.posixRename) {
                try await client.makeSymbolicLink(temporary, to: text)
                do throws(RequestError) {
                    return try await client.replace(path, with: temporary)
                } catch {
                    try? await client.remove(temporary)
                    guard case .status = error else { throw error }
                }
            }
            if replaces { try await client.remove(path) }
            try await client.makeSymbolicLink(path, to: text)
        }
    }

    package func remove(_ path: RawPath) async throws(TransferError) {
        try await at(path) { (client) throws(RequestError) in try await client.remove(path) }
    }

    package func removeFolder(_ path: RawPath) async throws(TransferError) {
        try await at(path) { (client) throws(RequestError) in try await client.removeDirectory(path) }
    }

    package func replace(_ target: RawPath, with path: RawPath) async throws(TransferError) {
        try await at(target) { (client) throws(RequestError) in
            try await client.rename(path, replacing: target, aside: TemporaryNames.unique(beside: target))
        }
    }

    package func change(_ path: RawPath, _ changes: FileChanges) async throws(TransferError) {
        try await at(path) { (client) throws(RequestError) in
            try await client.setAttributes(at: path, changes.attributes)
        }
    }

    // MARK: Whole files

    package func prepare(toWrite size: UInt64) async {
        await lanes.prepare(for: size, roundTrip: roundTrip)
    }

    package func open(_ path: RawPath, _ mode: OpenMode) async throws(TransferError) -> any OpenFile {
        let (flags, attributes): (OpenFlags, Attributes) =
            switch mode {
            case .read: (.read, Attributes())
            case .create(let permissions):
                ([.write, .create, .exclusive], Attributes(mode: FileMode(rawValue: permissions)))
            case .update(let permissions):
                ([.read, .write, .create], Attributes(mode: FileMode(rawValue: permissions)))
            case .overwrite: (.write, Attributes())
            }
        let client = client
        let handle = try await at(path) { (client) throws(RequestError) in
            try await client.open(path, flags, attributes: attributes)
        }
        return SFTPOpenFile(
            path, handle, client, lanes: flags.contains(.write) ? lanes : nil, roundTrip: roundTrip,
            limits: await client.limits)
    }

    package func readSmall(
        _ path: RawPath, limit: Int, expecting size: UInt64, followingLinks: Bool
    ) async throws(TransferError) -> ByteBuffer? {
        // A byte more than expected shows a file that has grown.
        let length = min(limit, Int(clamping: size) + 1)
        let content = try await at(path) { (client) throws(RequestError) in
            try await client.readStart(of: path, length: length)
        }
        return content.count == size && size < limit ? content : nil
    }

    package func writeSmall(
        _ content: ByteBuffer, to path: RawPath, through temporary: RawPath, permissions: UInt32,
        _ changes: FileChanges, synchronizes: Bool
    ) async throws(TransferError) {
        do throws(TransferError) {
            let handle = try await at(temporary) { (client) throws(RequestError) in
                try await client.open(
                    temporary, [.write, .create, .exclusive],
                    attributes: Attributes(mode: FileMode(rawValue: permissions)))
            }
            try await at(temporary) { (client) throws(RequestError) in
                try await client.finish(
                    handle, content: content, attributes: changes.isEmpty ? nil : changes.attributes,
                    synchronizes: synchronizes)
            }
            try await replace(path, with: temporary)
        } catch {
            // Also after a cancelled OPEN, which the server does all the same.
            let client = client
            await uncancelled(on: loop, for: limits.cleanUpTime) { try? await client.remove(temporary) }
            throw error
        }
    }

    /// How much a server is asked to copy at once, in bytes, so that it answers within some seconds.
    private static let copyLength: UInt64 = 256 << 20

    package func copyWithin(
        _ source: RawPath, to path: RawPath, permissions: UInt32
    ) async throws(TransferError) -> Bool {
        guard try await capabilities().copiesWithin else { return false }
        try await at(source) { (client) throws(RequestError) in
            let from = try await client.open(source, .read)
            do throws(RequestError) {
                let to = try await client.open(
                    path, [.write, .create, .exclusive], attributes: Attributes(mode: FileMode(rawValue: permissions)))
                do throws(RequestError) { try await copy(from, to, client) } catch {
                    await client.abandon(to)
                    throw error
                }
                try await client.close(to)
            } catch {
                await client.abandon(from)
                throw error
            }
            await client.abandon(from)
        }
        return true
    }

    private func copy(_ from: Handle, _ to: Handle, _ client: FileTransferClient) async throws(RequestError) {
        let size = try await client.attributes(of: from).size ?? 0
        var offset: UInt64 = 0
        while size - offset > Self.copyLength {
            try await client.copyData(
                DataCopy(from: from, offset: offset, length: Self.copyLength, to: to, offset: offset))
            offset += Self.copyLength
        }
        try await client.copyData(DataCopy(from: from, offset: offset, length: 0, to: to, offset: offset))
    }

    // MARK: Checksums and durability

    package func sha256(
        of path: RawPath, size: UInt64
    ) async throws(TransferError) -> (sha256: String, method: ChecksumMethod) {
        try await RemoteChecksums(client: client, hash: access.hash).whole(path, size: size)
    }

    package func sha256(of path: RawPath, ranges: [Range<UInt64>]) async throws(TransferError) -> [String]? {
        try await RemoteChecksums(client: client, hash: access.hash).parts(path, ranges)
    }

    package func sha256(ofEach paths: [RawPath]) async throws(TransferError) -> [String?]? {
        try await RemoteChecksums(client: client, hash: access.hash).each(paths)
    }

    /// There is no request for that; files are brought to the disk one by one.
    package func synchronizeAll(at path: RawPath) async throws(TransferError) {}

    // MARK: Losses

    package func explaining(_ error: TransferError, writing bytes: UInt64) async -> TransferError {
        guard case .remote(let refusal, let path) = error else { return error }
        return .remote(await client.explaining(refusal, at: path, writing: bytes), path: path)
    }

    package func recover(from error: TransferError) async -> Bool {
        if await client.isOpen {
            // A conversation besides the first was lost.
            lanes = UploadLanes(client, open: access.widen, limits: limits)
            return true
        }
        if let recovery { return await recovery.value }
        guard let reconnect = access.reconnect else { return false }
        let task = Task(executorPreference: loop) {
            guard let client = await reconnect() else { return false }
            await self.goOn(with: client)
            return true
        }
        recovery = task
        let isBack = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        recovery = nil
        return isBack
    }

    private func goOn(with client: FileTransferClient) {
        recoveries += 1
        self.client = client
        lanes = UploadLanes(client, open: access.widen, limits: limits)
    }

    /// Closes every conversation.
    package func close() async {
        await lanes.close()
        await client.close()
    }
}

extension FileTransferClient {
    /// Renames a file, in one step where the server can; else what has the name already is called `aside` meanwhile and
    /// removed at last. ProFTPD's one step does not replace links.
    fileprivate func rename(_ path: RawPath, replacing target: RawPath, aside: RawPath) async throws(RequestError) {
        let refusal: RequestError
        do throws(RequestError) {
            return extensions.supports(.posixRename)
                ? try await replace(target, with: path) : try await rename(path, to: target)
        } catch { refusal = error }
        guard case .status = refusal, let existing = try? await linkAttributes(at: target), existing.kind != .directory
        else { throw refusal }
        if existing.kind == .symbolicLink {
            // Nothing is lost with a link, and some servers rename what it leads to.
            try await remove(target)
            return try await rename(path, to: target)
        }
        try await rename(target, to: aside)
        do throws(RequestError) { try await rename(path, to: target) } catch {
            try? await rename(aside, to: target)
            throw error
        }
        try? await remove(aside)
    }
}
