import Bytes
import SFTP
import Transfer

/// An engine between one host and this disk.
struct TwoWayEngine: Sendable {
    let engine: TransferEngine
    let remote: SFTPFileSystem
    let local: LocalFileSystem

    init(
        client: FileTransferClient, options: TransferOptions = TransferOptions(),
        progress: TransferProgress = TransferProgress(), access: SFTPFileSystem.Access = .init()
    ) {
        engine = TransferEngine(on: client.loop, options: options, progress: progress)
        remote = SFTPFileSystem(client, place: "test", access: access, limits: options.limits)
        local = LocalFileSystem(on: client.loop)
    }

    func get(_ sources: [RawPath], to destination: RawPath) async -> TransferSummary {
        await engine.copy(sources, from: remote, to: destination, at: local)
    }

    func put(_ sources: [RawPath], to destination: RawPath) async -> TransferSummary {
        await engine.copy(sources, from: local, to: destination, at: remote)
    }
}
