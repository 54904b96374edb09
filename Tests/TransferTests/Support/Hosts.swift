import Bytes
import Cryptography
import Foundation
import Reactor
@testable import SFTP
import SSH
import TestHosts
import Transfer

/// The servers of these tests, each started once per process and stopped with it.
enum Hosts {
    enum Kind: String, Sendable, CaseIterable, CustomStringConvertible {
        case openSSH, proFTPD, asyncSSH

        var description: String { rawValue }

        /// Those that are installed here.
        static let installed = allCases.filter { kind in
            switch kind {
            case .openSSH: Installed.openSSH
            case .proFTPD: Installed.proFTPD
            case .asyncSSH: Installed.asyncSSH
            }
        }
    }

    private static let openSSH = Task { try await OpenSSHServer.start() as any TestHost }
    private static let proFTPD = Task { try await ProFTPDServer.start() as any TestHost }
    private static let asyncSSH = Task { try await AsyncSSHServer.start() as any TestHost }

    static func host(_ kind: Kind) async throws -> any TestHost {
        switch kind {
        case .openSSH: try await openSSH.value
        case .proFTPD: try await proFTPD.value
        case .asyncSSH: try await asyncSSH.value
        }
    }
}

/// Nothing but the key is asked for.
private struct NoAnswers: AuthenticationInteraction {
    func password(_ prompt: PasswordPrompt) async -> Secret? { nil }
    func newPassword(_ prompt: NewPasswordPrompt) async -> (old: Secret, new: Secret)? { nil }
    func answers(to challenge: KeyboardInteractiveChallenge) async -> [Secret]? { nil }
    func show(_ text: ServerText) async {}
}

/// A connection to one server, a folder there and one here; all on one disk.
struct Site: Sendable {
    let client: FileTransferClient
    let connection: Connection
    /// The folder on the server.
    let remote: RawPath
    /// The folder here.
    let local: RawPath
    let files: LocalFiles

    init(_ kind: Hosts.Kind = .openSSH) async throws {
        self = try await Site.open(Hosts.host(kind))
    }

    private static func credential() throws -> AuthenticationPlan.Credential {
        let contents = [UInt8](readText(try TestKeys.user.path(.ed25519)).utf8)
        let pair = try PrivateKeyFile(contents: contents.rawSpan).keyPair(passphrase: nil)
        return .key(pair.publicKey) { data, algorithm in try? pair.sign(data.rawSpan, algorithm: algorithm) }
    }

    static func open(_ host: any TestHost) async throws -> Site {
        let key = try credential()
        let stream = try await TCPStream.connect(
            host: "127.0.0.1", port: host.port, on: EventLoopGroup.shared.next(), timeout: .seconds(10))
        let connection = Connection(
            over: stream, configuration: ClientConfiguration(),
            authentication: AuthenticationPlan(user: host.user, credentials: [key], interaction: NoAnswers())
        ) { _ in .accept }
        try await connection.connect()
        let client = try await FileTransferClient.open(on: connection)
        let files = LocalFiles(loop: client.loop)
        let remote = RawPath(host.directory) / RawPath(UUID().uuidString)
        try await files.system.mkdir(remote)
        return Site(client, connection, remote: remote, local: RawPath(try TemporaryDirectory().path), files)
    }

    private init(
        _ client: FileTransferClient, _ connection: Connection, remote: RawPath, local: RawPath, _ files: LocalFiles
    ) {
        self.client = client
        self.connection = connection
        self.remote = remote
        self.local = local
        self.files = files
    }

    /// An engine for runs in both directions.
    func engine(
        _ configure: (inout TransferOptions) -> Void = { _ in }, progress: TransferProgress = TransferProgress(),
        hash: SFTPFileSystem.Hash? = nil
    ) -> TwoWayEngine {
        var options = TransferOptions()
        // Nothing here has to outlive a loss of power.
        options.durability = .never
        configure(&options)
        return TwoWayEngine(client: client, options: options, progress: progress, access: .init(hash: hash))
    }
}

extension RawPath {
    static func / (folder: RawPath, name: RawPath) -> RawPath { folder.appending(name) }
}

/// Files of the test's own disk.
struct LocalFiles: Sendable {
    let loop: EventLoop
    var system: FileSystem { FileSystem(on: loop) }

    init(loop: EventLoop = EventLoopGroup.shared.next()) {
        self.loop = loop
    }

    func write(_ bytes: [UInt8], to path: RawPath, permissions: UInt32 = 0o644) async throws {
        let file = try await File.open(path, [.write, .create, .truncate], on: loop)
        try await file.write(ByteBuffer(bytes), at: 0)
        try await file.chmod(permissions)
        try await file.close()
    }

    func write(_ text: String, to path: RawPath) async throws {
        try await write([UInt8](text.utf8), to: path)
    }

    func read(_ path: RawPath) async throws -> [UInt8] {
        let file = try await File.open(path, .read, on: loop)
        let size = try await file.stat().size
        let buffer = try await file.read(at: 0, count: Int(size) + 1)
        try await file.close()
        return [UInt8](buffer.bytes)
    }

    func text(_ path: RawPath) async throws -> String { String(decoding: try await read(path), as: UTF8.self) }

    func exists(_ path: RawPath) async -> Bool { (try? await system.lstat(path)) != nil }

    func names(in folder: RawPath) async throws -> [String] {
        try await system.scandir(folder).map { $0.name.description }.sorted()
    }

    /// Whether both files have the same bytes.
    func areSame(_ first: RawPath, _ second: RawPath) async throws -> Bool { try await read(first) == read(second) }

    /// Everything below `folder`, by its path: what it is, and what is in it.
    func snapshot(_ folder: RawPath, below: RawPath = "") async throws -> [RawPath: String] {
        var found: [RawPath: String] = [:]
        for entry in try await system.scandir(folder) {
            let path = folder / entry.name
            let status = try await system.lstat(path)
            switch status.kind {
            case .directory:
                found[below / entry.name] = "folder"
                found.merge(try await snapshot(path, below: below / entry.name)) { $1 }
            case .symbolicLink: found[below / entry.name] = "link to \(try await system.readlink(path))"
            case .regular: found[below / entry.name] = "file \(status.size) \(try await read(path).hashValue)"
            case .fifo, .socket, .characterDevice, .blockDevice, .unknown: found[below / entry.name] = "other"
            }
        }
        return found
    }
}

/// Bytes without a pattern, without zeros only, the same for the same seed.
func randomBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
        // xorshift64*
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        let word = state &* 0x2545_F491_4F6C_DD1D
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}
