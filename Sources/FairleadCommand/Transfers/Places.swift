import Bytes
import Errors
import FTP
import SFTP
import SSH
import Sessions
import Transfer

/// The sides of a transfer, opened when they are first needed; a host that is named more than once has one session.
final class Places {
    /// One side that is open.
    struct Place {
        /// nil where the host has no SFTP.
        let files: (any RemoteFileSystem)?
        /// nil for this machine.
        let session: HostSession?
        /// nil for everything but an FTP server.
        var ftp: FTPAccess.Host?

        /// For messages.
        var host: String { session?.request.host ?? ftp?.host ?? "this machine" }

        /// For messages; nil for this machine.
        func context(_ operation: String) -> FailureContext? {
            session?.context(operation) ?? ftp?.context(operation)
        }
    }

    private struct OpenHost {
        let target: Target
        let place: Place
        let files: HostFiles
        let system: SFTPFileSystem?
    }

    private let access: HostAccess
    private let reconnects: Bool
    private let scp: SCPUse
    private let asksForTimes: Bool
    private var hosts: [OpenHost] = []
    private var servers: [(target: Target, place: Place)] = []

    /// Whether hosts may be talked to by SCP.
    enum SCPUse {
        case never
        case withoutSFTP
        case always
    }

    /// Places that `access` leads to; connections that are lost are made again if it `reconnects`.
    ///
    /// - Parameter asksForTimes: whether FTP servers that list without exact times are asked for each file's.
    init(_ access: HostAccess, reconnects: Bool, scp: SCPUse = .never, asksForTimes: Bool = false) {
        self.access = access
        self.asksForTimes = asksForTimes
        self.reconnects = reconnects
        self.scp = scp
    }

    /// The place of `host`; nil is this machine.
    func place(_ host: Target?) async throws -> Place {
        guard let host else {
            return Place(files: LocalFileSystem(on: CommandLoop.shared), session: nil)
        }
        if let known = hosts.first(where: { $0.target == host }) { return known.place }
        if host.isFTP { return try await server(host) }
        let opened = try await access.connect(to: host)
        let files = HostFiles(opened.session, prompter: opened.prompter)
        do {
            let system = try await openFiles(files, opened)
            let place = Place(files: system, session: opened.session)
            hosts.append(OpenHost(target: host, place: place, files: files, system: system))
            return place
        } catch {
            let reason = await opened.session.reason(for: error)
            await files.close()
            await opened.session.close()
            throw reason
        }
    }

    private func server(_ target: Target) async throws -> Place {
        if let known = servers.first(where: { $0.target == target }) { return known.place }
        let host = try await FTPAccess(access.options, access.console).connect(to: target)
        let files = FTPFileSystem(host.client, place: host.place, asksForTimes: asksForTimes)
        let place = Place(files: files, session: nil, ftp: host)
        servers.append((target, place))
        return place
    }

    private func openFiles(_ files: HostFiles, _ opened: HostAccess.Opened) async throws -> SFTPFileSystem? {
        if scp == .always { return nil }
        do throws(FairleadError) { return try await files.place(reconnects: reconnects) } catch {
            guard scp == .withoutSFTP, await Self.meansNoSFTP(error, opened.session) else { throw error }
            opened.console.debug(1, "\(opened.session.request.host) has no SFTP: using SCP, which can do less")
            return nil
        }
    }

    /// Whether `error`, which opening SFTP brought, says that the host has none: the request was refused, or whatever should
    /// have answered ended at once while the connection stays.
    private static func meansNoSFTP(_ error: FairleadError, _ session: HostSession) async -> Bool {
        switch error.cause {
        case ConnectionError.requestRefused?: return true
        case RequestError.connectionLost?, RequestError.closed?: return await session.connection.closeReason == nil
        default: return false
        }
    }

    /// Says goodbye to every host.
    func close() async {
        for host in hosts {
            await host.system?.close()
            // One that took the place of the first belongs to nobody else.
            let session = await host.files.current
            await host.files.close()
            await session?.close()
            await host.place.session?.close()
        }
        hosts = []
        for server in servers { await server.place.ftp?.client.close() }
        servers = []
    }
}
