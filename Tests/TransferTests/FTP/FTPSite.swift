import Bytes
import Cryptography
import FTP
import Foundation
import Reactor
import TestHosts
import Transfer

/// A server and how it is talked to.
struct FTPCase: Sendable, CustomStringConvertible {
    let product: FTPServer.Product
    let security: FTPServer.Security

    var description: String { "\(product), TLS \(security)" }

    /// Those that are installed here; Pure-FTPd has no implicit TLS.
    static let all: [FTPCase] = FTPServer.Product.installed.flatMap { product in
        FTPServer.Security.allCases.filter { security in product != .pureFTPd || security != .implicit }
            .map { security in FTPCase(product: product, security: security) }
    }

    static let plain = all.filter { $0.security == .none }
}

/// The servers of these tests, each started once per process.
enum FTPHosts {
    private static let servers: [String: Task<FTPServer, any Error>] = {
        var servers: [String: Task<FTPServer, any Error>] = [:]
        for item in FTPCase.all {
            servers[item.description] = Task { try await FTPServer.start(item.product, item.security) }
        }
        return servers
    }()

    static func server(_ item: FTPCase) async throws -> FTPServer {
        guard let task = servers[item.description] else { throw TestHostError.system("\(item)", "not installed") }
        return try await task.value
    }
}

/// A server, a folder there and one here; all on one disk.
struct FTPSite: Sendable {
    let server: FTPServer
    let client: FTPClient
    let system: FTPFileSystem
    /// The folder as the server calls it, and as this disk does.
    let remote: RawPath
    let disk: RawPath
    /// The folder here.
    let local: RawPath
    let files: LocalFiles

    init(_ item: FTPCase) async throws {
        try await self.init(FTPHosts.server(item), item.security)
    }

    init(
        _ server: FTPServer, _ security: FTPServer.Security,
        _ configure: (inout FTPConfiguration) throws -> Void = { _ in }
    ) async throws {
        let loop = EventLoopGroup.shared.next()
        var configuration = try Self.configuration(server, security)
        try configure(&configuration)
        self.server = server
        client = try FTPClient(configuration, on: loop)
        system = FTPFileSystem(client, place: "test", asksForTimes: true)
        let name = RawPath(UUID().uuidString)
        disk = RawPath(server.directory) / name
        remote = RawPath(server.root + "/") / name
        local = RawPath(try TemporaryDirectory().path)
        files = LocalFiles(loop: loop)
        // By the server, so that it belongs to whoever it becomes.
        try await client.makeDirectory(remote)
    }

    static func configuration(
        _ server: FTPServer, _ security: FTPServer.Security, password: String? = nil
    ) throws -> FTPConfiguration {
        let kind: FTPConfiguration.Security =
            switch security {
            case .none: .none
            case .explicit: .explicit
            case .implicit: .implicit
            }
        var configuration = FTPConfiguration(
            host: "127.0.0.1", port: server.port, user: server.user,
            password: Secret(utf8: password ?? server.password), security: kind)
        configuration.trust = .authorities(RawPath(try FTPCertificate.server.files.certificate))
        return configuration
    }

    func engine(
        _ configure: (inout TransferOptions) -> Void = { _ in }, progress: TransferProgress = TransferProgress()
    ) -> TransferEngine {
        var options = TransferOptions()
        options.durability = .never
        configure(&options)
        return TransferEngine(on: client.loop, options: options, progress: progress)
    }

    func get(
        _ names: [RawPath], _ configure: (inout TransferOptions) -> Void = { _ in }
    ) async -> TransferSummary {
        await engine(configure).copy(
            names.map { remote / $0 }, from: system, to: local, at: LocalFileSystem(on: client.loop))
    }

    func put(
        _ names: [RawPath], _ configure: (inout TransferOptions) -> Void = { _ in }
    ) async -> TransferSummary {
        await engine(configure).copy(
            names.map { local / $0 }, from: LocalFileSystem(on: client.loop), to: remote, at: system)
    }

    /// Gives a file to whoever the server is.
    func give(_ bytes: [UInt8], _ path: RawPath) async throws {
        try await files.write(bytes, to: disk / path)
        try await files.system.chmod(disk / path, permissions: 0o666)
        let owner = try await files.system.stat(disk)
        try await files.system.chown(disk / path, user: owner.user, group: owner.group)
    }
}

extension FTPSite {
    /// Runs `body` with a site and ends its connections.
    static func with(_ item: FTPCase, _ body: (FTPSite) async throws -> Void) async throws {
        let site = try await FTPSite(item)
        do {
            try await body(site)
            await site.client.close()
        } catch {
            await site.client.close()
            throw error
        }
    }
}
