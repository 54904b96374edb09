import Bytes
import Cryptography
import Foundation
import Reactor
import SSH
import TestHosts
import Transfer

/// The servers of these tests, none of which offers SFTP; each is started once per process and stopped with it.
enum SCPHosts {
    enum Kind: String, Sendable, CaseIterable, CustomStringConvertible {
        case openSSH, newOpenSSH, dropbear, hostile

        var description: String { rawValue }

        /// The honest ones that are installed here.
        static let installed = [Kind.openSSH, .newOpenSSH, .dropbear].filter { kind in
            switch kind {
            case .openSSH: Installed.openSSH && Installed.has("scp")
            case .newOpenSSH: Installed.newOpenSSH
            case .dropbear: Installed.dropbear && Installed.has("scp")
            case .hostile: false
            }
        }
    }

    private static let openSSH = Task { try await OpenSSHServer.start(offersSFTP: false) as any TestHost }
    private static let newOpenSSH = Task { try await OpenSSHServer.start(.new, offersSFTP: false) as any TestHost }
    private static let dropbear = Task { try await DropbearServer.start() as any TestHost }
    /// Instead of the command, runs the shell script that is its last word.
    private static let hostile = Task {
        let script = try TemporaryDirectory().write(
            "eval \"set -- $SSH_ORIGINAL_COMMAND\"; for last; do :; done; . \"$last\"\n", to: "play")
        return try await OpenSSHServer.start(options: ["ForceCommand /bin/sh \(script)"], offersSFTP: false)
            as any TestHost
    }

    static func host(_ kind: Kind) async throws -> any TestHost {
        switch kind {
        case .openSSH: try await openSSH.value
        case .newOpenSSH: try await newOpenSSH.value
        case .dropbear: try await dropbear.value
        case .hostile: try await hostile.value
        }
    }
}

/// A connection to one server, a folder there and one here; both on one disk.
struct SCPSite: Sendable {
    let host: any TestHost
    let connection: Connection
    let remote: RawPath
    let local: RawPath
    let files: LocalFiles

    private struct NoAnswers: AuthenticationInteraction {
        func password(_ prompt: PasswordPrompt) async -> Secret? { nil }
        func newPassword(_ prompt: NewPasswordPrompt) async -> (old: Secret, new: Secret)? { nil }
        func answers(to challenge: KeyboardInteractiveChallenge) async -> [Secret]? { nil }
        func show(_ text: ServerText) async {}
    }

    init(_ kind: SCPHosts.Kind) async throws {
        try await self.init(SCPHosts.host(kind))
    }

    init(_ host: any TestHost) async throws {
        let contents = [UInt8](readText(try TestKeys.user.path(.ed25519)).utf8)
        let pair = try PrivateKeyFile(contents: contents.rawSpan).keyPair(passphrase: nil)
        let stream = try await TCPStream.connect(
            host: "127.0.0.1", port: host.port, on: EventLoopGroup.shared.next(), timeout: .seconds(10))
        connection = Connection(
            over: stream, configuration: ClientConfiguration(),
            authentication: AuthenticationPlan(
                user: host.user,
                credentials: [
                    .key(pair.publicKey) { data, algorithm in try? pair.sign(data.rawSpan, algorithm: algorithm) }
                ],
                interaction: NoAnswers())
        ) { _ in .accept }
        try await connection.connect()
        self.host = host
        files = LocalFiles(loop: connection.loop)
        remote = RawPath(host.directory) / RawPath(UUID().uuidString)
        try await files.system.mkdir(remote)
        local = RawPath(try TemporaryDirectory().path)
    }

    func get(
        _ sources: [RawPath], to target: RawPath, patterns: Bool = false,
        progress: TransferProgress = TransferProgress(),
        _ configure: (inout TransferOptions) -> Void = { _ in }
    ) async -> TransferSummary {
        await SCPTransfer.get(
            sources, to: target, expandsPatterns: patterns, over: connection, options: options(configure),
            progress: progress)
    }

    func put(
        _ sources: [RawPath], to target: RawPath, progress: TransferProgress = TransferProgress(),
        _ configure: (inout TransferOptions) -> Void = { _ in }
    ) async -> TransferSummary {
        await SCPTransfer.put(sources, to: target, over: connection, options: options(configure), progress: progress)
    }

    private func options(_ configure: (inout TransferOptions) -> Void) -> TransferOptions {
        var options = TransferOptions()
        // Nothing here has to outlive a loss of power.
        options.durability = .never
        options.limits.cleanUpTime = .seconds(5)
        configure(&options)
        return options
    }

    /// Runs OpenSSH's `scp -O` from `source` to `target`, of which the one in `remotely` is on the host.
    func scp(_ source: String, _ target: String, _ options: [String] = []) async throws -> ProgramResult {
        try await runProgram(
            "scp",
            [
                "-O", "-q", "-F", "none", "-P", "\(host.port)", "-i", try TestKeys.user.path(.ed25519), "-o",
                "UserKnownHostsFile=\(host.knownHosts)", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
            ] + options + [source, target])
    }

    /// Lets the hostile server play `script` to whoever asks for the file of that name; its path.
    func play(_ script: String, _ bytes: [UInt8] = [], as name: RawPath = "played") async throws -> RawPath {
        try await files.write(bytes, to: remote / "bytes")
        try await files.write("cd '\(remote)'\n" + script, to: remote / name)
        return remote / name
    }
}
