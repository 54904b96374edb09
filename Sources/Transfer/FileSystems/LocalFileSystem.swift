package import Bytes
import Cryptography
package import Reactor
import SFTP

/// The disk of this machine.
package struct LocalFileSystem: RemoteFileSystem {
    package let loop: EventLoop
    private let system: FileSystem

    package init(on loop: EventLoop) {
        self.loop = loop
        system = FileSystem(on: loop)
    }

    package var isLocal: Bool { true }
    package var place: String { "" }

    package func capabilities() async throws(TransferError) -> FileSystemCapabilities {
        var capabilities = FileSystemCapabilities()
        capabilities.tellsHoles = true
        capabilities.keepsNanoseconds = true
        return capabilities
    }

    /// Runs `body`; what fails says `path`.
    private func at<Value>(
        _ path: RawPath, _ body: () async throws(ReactorError) -> Value
    ) async throws(TransferError) -> Value {
        do throws(ReactorError) { return try await body() } catch { throw TransferError(error, at: path) }
    }

    // MARK: Looking

    package func facts(of path: RawPath, followingLinks: Bool) async throws(TransferError) -> FileFacts? {
        do throws(ReactorError) {
            return FileFacts(followingLinks ? try await system.stat(path) : try await system.lstat(path))
        } catch {
            if error.kind == .notFound { return nil }
            throw TransferError(error, at: path)
        }
    }

    package func list(_ folder: RawPath, limit: Int) async throws(TransferError) -> FolderListing {
        let entries = try await at(folder) { () throws(ReactorError) in try await system.list(folder, limit: limit) }
        guard let entries else { throw .remote(.listingTooLong(limit: limit), path: folder) }
        return FolderListing(
            entries: entries.map { FolderListing.Entry(name: $0.name, facts: FileFacts($0.status)) })
    }

    package func realPath(_ path: RawPath) async throws(TransferError) -> RawPath {
        try await at(path) { () throws(ReactorError) in try await system.realpath(path) }
    }

    package func readLink(_ path: RawPath) async throws(TransferError) -> RawPath {
        try await at(path) { () throws(ReactorError) in try await system.readlink(path) }
    }

    // MARK: Changing

    package func makeFolder(_ path: RawPath, permissions: UInt32) async throws(TransferError) -> Bool {
        do throws(ReactorError) {
            try await system.mkdir(path, permissions: permissions)
            return true
        } catch {
            if error.kind == .alreadyExists { return false }
            throw TransferError(error, at: path)
        }
    }

    package func makeLink(_ path: RawPath, saying text: RawPath, replaces: Bool) async throws(TransferError) {
        let temporary = TemporaryNames.unique(beside: path)
        try await at(path) { () throws(ReactorError) in
            guard replaces else { return try await system.symlink(text, at: path) }
            try await system.symlink(text, at: temporary)
            do throws(ReactorError) { try await system.rename(temporary, to: path) } catch {
                try? await system.unlink(temporary)
                throw error
            }
        }
    }

    package func remove(_ path: RawPath) async throws(TransferError) {
        try await at(path) { () throws(ReactorError) in try await system.unlink(path) }
    }

    package func removeFolder(_ path: RawPath) async throws(TransferError) {
        try await at(path) { () throws(ReactorError) in try await system.rmdir(path) }
    }

    package func replace(_ target: RawPath, with path: RawPath) async throws(TransferError) {
        try await at(target) { () throws(ReactorError) in try await system.rename(path, to: target) }
    }

    package func change(_ path: RawPath, _ changes: FileChanges) async throws(TransferError) {
        try await at(path) { () throws(ReactorError) in
            if let size = changes.size {
                let file = try await File.open(path, .write, on: loop)
                try await file.truncate(to: size)
                try await file.close()
            }
            if let owner = changes.owner { try await system.chown(path, user: owner.user, group: owner.group) }
            if let permissions = changes.permissions { try await system.chmod(path, permissions: permissions) }
            if let times = changes.times {
                try await system.utimes(path, accessed: times.accessed, modified: times.modified)
            }
        }
    }

    // MARK: Whole files

    package func prepare(toWrite size: UInt64) async {}

    package func open(_ path: RawPath, _ mode: OpenMode) async throws(TransferError) -> any OpenFile {
        let (flags, permissions): (File.Flags, UInt32) =
            switch mode {
            case .read(let followingLinks): (followingLinks ? .read : [.read, .noFollow], 0)
            case .create(let permissions): ([.write, .create, .exclusive, .noFollow], permissions)
            case .update(let permissions): ([.read, .write, .create, .noFollow], permissions)
            case .overwrite: (.write, 0)
            }
        let file = try await at(path) { () throws(ReactorError) in
            try await File.open(path, flags, permissions: permissions, on: loop)
        }
        if case .update = mode {
            // A second name of a file would be changed with it.
            let facts = try await at(path) { () throws(ReactorError) in FileFacts(try await file.stat()) }
            guard facts.kind == .regular, facts.linkCount == 1 else {
                throw .wrongKind(path: path, "no partial file of an earlier transfer")
            }
        }
        return LocalOpenFile(file)
    }

    package func readSmall(
        _ path: RawPath, limit: Int, expecting size: UInt64, followingLinks: Bool
    ) async throws(TransferError) -> ByteBuffer? {
        try await at(path) { () throws(ReactorError) in
            try await system.readSmall(path, limit: limit, followingLinks: followingLinks)?.content
        }
    }

    package func writeSmall(
        _ content: ByteBuffer, to path: RawPath, through temporary: RawPath, permissions: UInt32,
        _ changes: FileChanges, synchronizes: Bool
    ) async throws(TransferError) {
        var attributes = SmallFileAttributes(permissions: permissions)
        attributes.exactPermissions = changes.permissions
        attributes.times = changes.times.map { ($0.accessed, $0.modified) }
        attributes.owner = changes.owner.map { ($0.user, $0.group) }
        try await at(path) { [attributes] () throws(ReactorError) in
            try await system.writeSmall(
                content, to: path, through: temporary, attributes, synchronizes: synchronizes)
        }
    }

    package func copyWithin(
        _ source: RawPath, to path: RawPath, permissions: UInt32
    ) async throws(TransferError) -> Bool { false }

    // MARK: Checksums and durability

    package func sha256(
        of path: RawPath, size: UInt64
    ) async throws(TransferError) -> (sha256: String, method: ChecksumMethod) {
        // What was appended since belongs to nothing that was transferred.
        (try await digests(of: path, [0..<size])[0], .local)
    }

    package func sha256(of path: RawPath, ranges: [Range<UInt64>]) async throws(TransferError) -> [String]? {
        try await digests(of: path, ranges)
    }

    package func sha256(ofEach paths: [RawPath]) async throws(TransferError) -> [String?]? {
        var sums: [String?] = []
        for path in paths {
            do throws(TransferError) { sums.append(try await digests(of: path, [0..<UInt64.max])[0]) } catch {
                if case .cancelled = error { throw error }
                sums.append(nil)
            }
        }
        return sums
    }

    /// How much is read at once, in bytes.
    private static let pieceLength = 1024 * 1024

    private func digests(of path: RawPath, _ ranges: [Range<UInt64>]) async throws(TransferError) -> [String] {
        // Cancelling a transfer ends this as well, though a read does not end by it.
        let sums: [String]? = try await at(path) { () throws(ReactorError) in
            let file = try await File.open(path, .read, on: loop)
            var sums: [String] = []
            for range in ranges {
                var digest = MessageDigest(.sha256)
                var offset = range.lowerBound
                while offset < range.upperBound {
                    if Task.isCancelled { return nil }
                    let count = Int(min(UInt64(Self.pieceLength), range.upperBound - offset))
                    let piece = try await file.read(at: offset, count: count)
                    if piece.isEmpty { break }
                    digest.update(piece.bytes)
                    offset += UInt64(piece.count)
                }
                sums.append(Hexadecimal.encode(digest.finish()))
            }
            try await file.close()
            return sums
        }
        guard let sums else { throw .cancelled }
        return sums
    }

    package func synchronizeAll(at path: RawPath) async throws(TransferError) {
        try await at(path) { () throws(ReactorError) in try await system.synchronizeAll(at: path) }
    }

    /// The system's own errors say why.
    package func explaining(_ error: TransferError, writing bytes: UInt64) async -> TransferError { error }

    package func recover(from error: TransferError) async -> Bool { true }

    package var recoveries: Int { 0 }
}
