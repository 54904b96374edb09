import Bytes
import Errors
import HTTP
import Reactor
import SFTP
import Sessions
import Transfer

extension Service {
    /// Names in one folder, at most.
    private static let folderLimit = 100_000
    /// Links of one folder that are followed, at most; and at once.
    private static let followedLinks = 2000
    private static let followedAtOnce = 32

    /// Runs `body` with the files of the call's session; what breaks them is let go of, so that the next call has new ones.
    func withFiles<Value: Sendable>(
        _ call: Call, _ operation: String,
        _ body: (any RemoteFileSystem, SessionLease) async throws -> Value
    ) async throws -> Value {
        let lease = try await session(call).lease()
        do {
            return try await body(try await lease.link.files(), lease)
        } catch let error as TransferError {
            if error.endsConnection { await lease.link.dropFiles() }
            throw FairleadError(error, Self.context(lease, operation))
        }
    }

    static func context(_ lease: SessionLease, _ operation: String) -> FailureContext {
        let target = lease.session.target
        return FailureContext(host: target.host, port: target.port, user: target.username, operation: operation)
    }

    /// The path of the query, byte by byte.
    func queryPath(_ call: Call) throws(Problem) -> RawPath {
        guard let bytes = call.request.query.bytes(of: "path"), !bytes.isEmpty, bytes.count <= 4096, !bytes.contains(0)
        else { throw .invalid("path", "has to be a path") }
        return RawPath(bytes: bytes)
    }

    /// Refuses what is outside of the folders that the configuration allows on hosts; links are followed before.
    func requireAllowed(_ path: RawPath, at files: any RemoteFileSystem) async throws {
        let folders = settings.remoteFolders
        guard !folders.isEmpty else { return }
        var real = path
        do throws(TransferError) { real = try await files.realPath(path) } catch {
            // A file that is not there yet: where it would be.
            let parent = path.parent
            real = try await files.realPath(parent.isEmpty ? "." : parent).appending(path.lastComponent)
        }
        let components = real.components
        guard !components.contains(".."), folders.contains(where: { components.starts(with: $0.components) }) else {
            throw Problem.forbidden("The service may not touch this path on hosts.")
        }
    }

    // MARK: Listing

    func listFiles(_ call: Call) async throws -> HTTPResponse {
        let asked = try call.request.query.bytes(of: "path").map { _ in try queryPath(call) } ?? "."
        return try await withFiles(call, "list") { files, lease in
            let folder = try await files.realPath(asked)
            try await requireAllowed(folder, at: files)
            let listing = try await files.list(folder, limit: Self.folderLimit)
            let links = listing.entries.filter { $0.facts.kind == .symbolicLink }.prefix(Self.followedLinks)
            let followed = await Self.follow(links.map { folder.appending($0.name) }, at: files)
            var entries = listing.entries.map { entry -> (isFolder: Bool, name: RawPath, value: JSONValue) in
                let path = folder.appending(entry.name)
                let link = followed[path]
                let isFolder = (link?.kind ?? entry.facts.kind) == .directory
                return (isFolder, entry.name, Self.json(entry.name, path, entry.facts, link, isFolder: isFolder))
            }
            entries.sort { left, right in
                left.isFolder == right.isFolder
                    ? left.name.bytes.lexicographicallyPrecedes(right.name.bytes) : left.isFolder
            }
            return .json(
                .ok, ["current_path": .string(Self.text(folder)), "files": .array(entries.map(\.value))])
        }
    }

    private struct Link: Sendable {
        let target: RawPath?
        let kind: SFTP.FileKind?
    }

    /// What links say and lead to.
    private static func follow(_ paths: [RawPath], at files: any RemoteFileSystem) async -> [RawPath: Link] {
        await withTaskGroup(of: (RawPath, Link).self) { group in
            var rest = paths[...]
            func startOne() {
                guard let path = rest.popFirst() else { return }
                group.addTask {
                    let target = try? await files.readLink(path)
                    let facts = (try? await files.facts(of: path, followingLinks: true)) ?? nil
                    return (path, Link(target: target, kind: facts?.kind))
                }
            }
            for _ in 0..<followedAtOnce { startOne() }
            var found: [RawPath: Link] = [:]
            while let (path, link) = await group.next() {
                found[path] = link
                startOne()
            }
            return found
        }
    }

    /// The text of a path: what is not UTF-8 shows as U+FFFD.
    static func text(_ path: RawPath) -> String { String(decoding: path.bytes, as: UTF8.self) }

    private static func json(
        _ name: RawPath, _ path: RawPath, _ facts: FileFacts, _ link: Link?, isFolder: Bool
    ) -> JSONValue {
        var members: [(name: String, value: JSONValue)] = [
            ("name", .string(text(name))), ("path", .string(text(path))), ("is_directory", .bool(isFolder)),
            ("size", .integer(Int64(clamping: facts.size ?? 0))),
            ("size_formatted", .string(FileSize.text(facts.size ?? 0))),
            ("modified", JSONValue(facts.modified.map { Timestamp.text($0.seconds * 1000) })),
            ("permissions", JSONValue(facts.permissions.map(permissions))),
            ("is_symlink", .bool(facts.kind == .symbolicLink)),
            ("link_target", JSONValue(link?.target.map(text))),
            ("owner", JSONValue(facts.owner.map { "\($0.user)" })),
            ("group", JSONValue(facts.owner.map { "\($0.group)" })),
        ]
        // By this such a file can be asked for all the same.
        if String(validating: path.bytes, as: UTF8.self) == nil {
            members.append(("path_encoded", .string(PercentCoding.encode(path.bytes))))
        }
        return .object(members)
    }

    /// `644`; four digits where there are set-user-ID and the like.
    private static func permissions(_ bits: UInt32) -> String {
        let digits = String(bits & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 3 - digits.utf8.count)) + digits
    }
}
