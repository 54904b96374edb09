import Bytes
import Errors
import FTP
import SFTP
import Sessions
import Transfer

/// Looking at files, and changing them, whichever way they are reached.
extension RemoteFiles {
    // MARK: Looking

    /// What `path` is, or leads to; nil when nothing is there.
    func entry(_ path: RawPath, followingLinks: Bool = false, _ operation: String) async throws -> ListingEntry? {
        try await on(path, operation) { client throws(RequestError) in
            do throws(RequestError) {
                let attributes =
                    followingLinks ? try await client.attributes(at: path) : try await client.linkAttributes(at: path)
                return ListingEntry(name: path, attributes: attributes)
            } catch {
                if error.code == .noSuchFile { return nil }
                throw error
            }
        } ftp: { system throws(TransferError) in
            do throws(FTPError) {
                return try await system.client.entry(at: path, followingLinks: followingLinks).map { ListingEntry($0) }
            } catch {
                throw .ftp(error, path: path)
            }
        }
    }

    /// What `path` is, or leads to. Throws, in the host's words where it has some, when nothing is there.
    func present(_ path: RawPath, followingLinks: Bool, _ operation: String) async throws -> ListingEntry {
        switch way {
        case .sftp:
            return try await on(path, operation) { client throws(RequestError) in
                ListingEntry(
                    name: path,
                    attributes: followingLinks
                        ? try await client.attributes(at: path) : try await client.linkAttributes(at: path))
            } ftp: { _ throws(TransferError) in
                throw .cancelled
            }
        case .ftp:
            guard let entry = try await entry(path, followingLinks: followingLinks, operation) else {
                throw error("no such file", path, operation)
            }
            return entry
        }
    }

    /// Entries of a directory, at most.
    private static let maximumEntries = 1_000_000

    /// What is in the directory `path`, and which names were left out.
    func list(_ path: RawPath, _ operation: String) async throws -> (entries: [ListingEntry], refusals: [String]) {
        try await on(path, operation) { client throws(RequestError) in
            let listing = try await client.list(path)
            return (listing.entries.map { ListingEntry($0) }, listing.refusals.map { "\($0)" })
        } ftp: { system throws(TransferError) in
            do throws(FTPError) {
                let listing = try await system.client.list(path, limit: Self.maximumEntries)
                return (
                    listing.entries.map { ListingEntry($0) },
                    listing.refusals.map { "the server sent a name that is not safe to use: \($0.name)" }
                )
            } catch {
                throw .ftp(error, path: path)
            }
        }
    }

    /// What the symbolic link `path` says; nil when nobody tells.
    func linkTarget(_ path: RawPath) async -> RawPath? {
        switch way {
        case .sftp(let client, _): try? await client.readLink(path)
        case .ftp(let system, _): try? await system.readLink(path)
        }
    }

    /// Names of the owner and the group, where the host tells them; numbers stay otherwise.
    func addAccountNames(to entry: inout ListingEntry) async {
        guard case .sftp(let client, _) = way, let user = entry.owner.flatMap({ UInt32($0) }),
            let group = entry.group.flatMap({ UInt32($0) }),
            let names = try? await client.accountNames(users: [user], groups: [group])
        else { return }
        if let name = names.users.first ?? nil { entry.owner = name }
        if let name = names.groups.first ?? nil { entry.group = name }
    }

    // MARK: Changing

    func remove(_ path: RawPath, _ operation: String) async throws {
        try await on(path, operation) { client throws(RequestError) in
            try await client.remove(path)
        } ftp: { system throws(TransferError) in
            try await system.remove(path)
        }
    }

    func removeDirectory(_ path: RawPath, _ operation: String) async throws {
        try await on(path, operation) { client throws(RequestError) in
            try await client.removeDirectory(path)
        } ftp: { system throws(TransferError) in
            try await system.removeFolder(path)
        }
    }

    func makeDirectory(_ path: RawPath, _ operation: String) async throws {
        try await on(path, operation) { client throws(RequestError) in
            try await client.makeDirectory(path)
        } ftp: { system throws(TransferError) in
            do throws(FTPError) { try await system.client.makeDirectory(path) } catch { throw .ftp(error, path: path) }
        }
    }

    func setMode(_ mode: UInt32, of path: RawPath, _ operation: String) async throws {
        try await on(path, operation) { client throws(RequestError) in
            try await client.setAttributes(at: path, Attributes(mode: SFTP.FileMode(rawValue: mode)))
        } ftp: { system throws(TransferError) in
            let isSet: Bool
            do throws(FTPError) { isSet = try await system.client.setPermissions(mode, of: path) } catch {
                throw .ftp(error, path: path)
            }
            guard isSet else { throw .ftp(.unsupported("SITE CHMOD"), path: path) }
        }
    }

    /// Gives `path` the name `target`, and replaces a file that has it if `replaces`, as far as the host can.
    func move(_ path: RawPath, to target: RawPath, replaces: Bool, _ operation: String) async throws {
        try await on(path, operation) { client throws(RequestError) in
            if replaces, await client.extensions.supports(.posixRename) {
                try await client.replace(target, with: path)
            } else {
                try await client.rename(path, to: target)
            }
        } ftp: { system throws(TransferError) in
            if replaces { return try await system.replace(target, with: path) }
            do throws(FTPError) { try await system.client.rename(path, to: target) } catch {
                throw .ftp(error, path: path)
            }
        }
    }

    /// Gives `take` the bytes of an FTP server's file, piece by piece.
    func stream(
        _ path: RawPath, from system: FTPFileSystem, _ host: FTPAccess.Host, _ take: (ByteBuffer) throws -> Void
    ) async throws {
        do {
            let download = try system.client.download(path, from: 0)
            defer { download.stop() }
            while true {
                try Task.checkCancellation()
                let piece = try await download.read(64 << 10).get()
                if piece.isEmpty { return }
                try take(piece)
            }
        } catch let error as FTPError {
            throw FairleadError(error, path: path, host.context("read"))
        }
    }
}

extension ListingEntry {
    init(_ entry: SFTP.DirectoryEntry) {
        self.init(name: entry.name, attributes: entry.attributes)
        // The server's own `ls -l` line has names for the owner and the group, and the number of links.
        let columns = String(decoding: entry.longName, as: UTF8.self).split(separator: " ")
        guard columns.count >= 9, columns[0].count >= 10, let links = UInt32(columns[1]) else { return }
        linkCount = links
        owner = String(columns[2])
        group = String(columns[3])
    }

    init(name: RawPath, attributes: Attributes) {
        self.init(
            name: name, kind: Kind(attributes.kind), permissions: attributes.mode?.permissions,
            owner: attributes.owner.map { String($0.userID) }, group: attributes.owner.map { String($0.groupID) },
            size: attributes.size, modified: attributes.times.map { Int64($0.modification) })
    }

    init(_ entry: FTPEntry) {
        let kind: Kind =
            switch entry.kind {
            case .file: .file
            case .directory: .directory
            case .link: .link
            case .other, nil: .unknown
            }
        self.init(
            name: entry.name, kind: kind, permissions: entry.permissions, linkCount: entry.linkCount,
            owner: entry.owner, group: entry.group, size: entry.size, modified: entry.modified,
            linkTarget: entry.linkTarget)
    }
}

extension ListingEntry.Kind {
    init(_ kind: SFTP.FileKind?) {
        self =
            switch kind {
            case .regular: .file
            case .directory: .directory
            case .symbolicLink: .link
            case .blockDevice: .blockDevice
            case .characterDevice: .characterDevice
            case .namedPipe: .fifo
            case .socket: .socket
            case nil: .unknown
            }
    }
}
