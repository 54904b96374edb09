import Bytes
import Cryptography
package import Errors
import Reactor
import SFTP
import SSH
package import Transfer

/// The files of one host for as long as a transfer lasts, on whatever connections that takes.
///
/// A connection that is lost is made again by `retries`; passwords and passphrases that were typed in are kept in locked
/// memory until `close()`, so that nobody has to be there for that. Further channels, and connections where the
/// host allows no more channels, are opened when a transfer asks for them; nobody is asked anything for these.
package actor HostFiles {
    private var session: HostSession
    private let prompter: RememberingPrompter
    private let policy: RetryPolicy
    /// Connections besides the first.
    private var further: [HostSession] = []
    /// Channels opened on the newest connection, and whether it takes more.
    private var isFull = false
    private var isClosed = false

    /// So many connections carry one transfer, at most.
    private static let maximumConnections = 3

    /// Files over `session`, which belongs to the caller; connections in its place ask `prompter`.
    package init(_ session: HostSession, prompter: RememberingPrompter, retries policy: RetryPolicy = .transfers) {
        self.session = session
        self.prompter = prompter
        self.policy = policy
    }

    /// The host as a place that files are copied from and to; a connection that is lost stays so unless it `reconnects`.
    package func place(
        limits: TransferLimits = TransferLimits(), reconnects: Bool = true
    ) async throws(FairleadError) -> SFTPFileSystem {
        let request = session.request
        var access = SFTPFileSystem.Access(
            hash: { question in await self.sha256(question) }, widen: { await self.widen() })
        if reconnects { access.reconnect = { await self.reconnect() } }
        return SFTPFileSystem(
            try await session.openFiles(), place: "\(request.user)@\(request.host):\(request.port)",
            access: access, limits: limits)
    }

    /// Ends what was opened here; the session that came from outside stays, unless it was replaced.
    package func close() async {
        isClosed = true
        for session in further { await session.close() }
        further = []
        prompter.forget()
    }

    /// The connection that is in use now; nil after `close()`.
    package var current: HostSession? { isClosed ? nil : session }

    /// So many commands run at once: hosts allow some ten sessions on a connection.
    private static let maximumCommands = 4
    private var commands = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    private func sha256(_ question: HashQuestion) async -> [String]? {
        while commands >= Self.maximumCommands { await withCheckedContinuation { waiting.append($0) } }
        commands += 1
        defer {
            commands -= 1
            if !waiting.isEmpty { waiting.removeFirst().resume() }
        }
        return await current?.sha256(question)
    }

    private func widen() async -> FileTransferClient? {
        guard !isClosed else { return nil }
        if !isFull {
            if let client = try? await (further.last ?? session).openFiles() { return client }
            isFull = true
        }
        // The host takes no more channels here (MaxSessions): another connection may have them.
        guard further.count + 1 < Self.maximumConnections,
            let another = try? await HostSession.connect(
                to: session.request, prompter: prompter.silent, on: session.loop)
        else { return nil }
        guard !isClosed else {
            await another.close()
            return nil
        }
        further.append(another)
        isFull = false
        return try? await another.openFiles()
    }

    private func reconnect() async -> FileTransferClient? {
        var retries = policy.retries(using: SystemRandomNumberGenerator())
        prompter.note(0, "the connection to \(session.request.host) was lost; connecting again")
        while !isClosed, !Task.isCancelled {
            do throws(FairleadError) {
                let fresh = try await HostSession.connect(to: session.request, prompter: prompter, on: session.loop)
                let client: FileTransferClient
                do throws(FairleadError) { client = try await fresh.openFiles() } catch {
                    await fresh.close()
                    throw error
                }
                await session.close()
                for session in further { await session.close() }
                (further, isFull) = ([], false)
                session = fresh
                prompter.note(0, "connected to \(session.request.host) again")
                return client
            } catch {
                guard let delay = retries.nextDelay(after: error) else {
                    prompter.note(0, error.message)
                    return nil
                }
                prompter.note(1, "\(error.message); trying again in \(delay)")
                do { try await Task.sleep(for: delay) } catch { return nil }
            }
        }
        return nil
    }
}

extension RetryPolicy {
    /// For transfers, which are left alone: some minutes of trying.
    package static let transfers = RetryPolicy(
        firstDelay: .milliseconds(250), maximumDelay: .seconds(30), maximumTries: 16)
}

extension HostSession {
    /// SHA-256 as `sha256sum` finds them on the host; nil when it cannot be asked.
    package func sha256(_ question: HashQuestion) async -> [String]? {
        let count: Int
        var commands: [String] = []
        switch question {
        case .files(let paths):
            count = paths.count
            var names: [String] = []
            for path in paths {
                guard let name = Self.shellWord(path) else { return nil }
                names.append(name)
            }
            // One process for all; if a file cannot be read, one for each, so that it has a line as well.
            let each = names.map { "sha256sum < \($0) || echo" }.joined(separator: "; ")
            commands = ["s=$(sha256sum -- \(names.joined(separator: " "))) && printf '%s\\n' \"$s\" || { \(each); }"]
        case .ranges(let path, let ranges):
            count = ranges.count
            guard let name = Self.shellWord(path) else { return nil }
            // The file is opened anew for each range; tail moves to it without reading what is in front.
            commands = ranges.map { range in
                let length = range.upperBound - range.lowerBound
                return "tail -c +\(range.lowerBound + 1) < \(name) | head -c \(length) | sha256sum"
            }
        }
        let script = "exec 2>/dev/null; command -v sha256sum >/dev/null || exit 1; " + commands.joined(separator: "; ")
        guard let (outcome, content) = try? await run("sh -c \(script.shellQuoted)", limit: 1 << 20),
            outcome == .exited(0)
        else { return nil }
        let lines = String(decoding: content.output, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        // A backslash tells of a name that is escaped.
        let sums = lines.map { $0.drop { $0 == "\\" }.prefix { $0 != " " }.lowercased() }
        guard sums.count == count, sums.allSatisfy({ $0.isEmpty || $0.count == 64 && $0.allSatisfy(\.isHexDigit) })
        else { return nil }
        return sums
    }

    /// The path for a shell; nil when it is not UTF-8, since a command is text.
    private static func shellWord(_ path: RawPath) -> String? {
        String(validating: path.bytes.rawSpan)?.shellQuoted
    }
}
