import Bytes
import Errors
import Reactor
import SFTP
import SSH
import Sessions
import Transfer

/// A connection to a host: it is verified and signed in to, runs commands and moves files.
///
/// The host's key has to be known from `~/.ssh/known_hosts`, unless `Options.hostKeys` says otherwise. Every member can be
/// called from any task, many at once over the one connection; cancelling a task ends what it does and leaves the connection
/// usable. Errors are `FairleadError`s.
///
/// ```swift
/// try await SSHClient.withConnection(to: "example.org", as: "ada") { host in
///     print(try await host.run("uname -sr").text)
///     try await host.get("results.csv", to: "results.csv")
/// }
/// ```
public actor SSHClient {
    let session: HostSession
    private let hostFiles: HostFiles
    private var place: Task<SFTPFileSystem, any Error>?
    private var conversation: Task<FileTransferClient, any Error>?

    private init(_ session: HostSession, _ prompter: RememberingPrompter) {
        self.session = session
        hostFiles = HostFiles(session, prompter: prompter)
    }

    // MARK: Connecting

    /// Connects to `host`, a name or an address, verifies its key and signs in; `close()` has to follow.
    ///
    /// - Parameters:
    ///   - port: 22 unless it is given.
    ///   - user: the name to sign in as; that of this process' user when it is nil.
    ///   - options: how to sign in, and which host keys are trusted.
    /// - Throws: an error of the category `network`, `timeout`, `authentication` (also for a host key that is not known, or
    ///   has changed), `protocol` or `fileSystem`.
    public static func connect(
        to host: String, port: UInt16 = 22, as user: String? = nil, options: Options = Options()
    ) async throws(FairleadError) -> SSHClient {
        let prompter = RememberingPrompter(ClientPrompter(options))
        let loop = EventLoopGroup.shared.next()
        let request = try await options.request(host: host, port: port, user: user, on: loop)
        let session = try await HostSession.connect(to: request, prompter: prompter, on: loop)
        return SSHClient(session, prompter)
    }

    /// Connects as `connect` does, gives the connection to `body`, and closes it, whatever happens.
    public static func withConnection<Value: Sendable>(
        to host: String, port: UInt16 = 22, as user: String? = nil, options: Options = Options(),
        _ body: (SSHClient) async throws -> Value
    ) async throws -> Value {
        let client = try await connect(to: host, port: port, as: user, options: options)
        do {
            let value = try await body(client)
            await client.close()
            return value
        } catch {
            let reason = await client.session.reason(for: error)
            await client.close()
            throw reason
        }
    }

    /// Says goodbye to the host. What is under way ends with an error.
    public func close() async {
        if let place { await (try? place.value)?.close() }
        await hostFiles.close()
        await session.close()
    }

    // MARK: Commands

    /// Runs `command` by the user's shell on the host, without input, and waits for its end.
    ///
    /// A command that fails is no error here: `CommandResult.status` tells.
    /// - Parameter limit: how many bytes of each of its two streams are kept; what is more is dropped.
    public func run(_ command: String, limit: Int = 16 << 20) async throws(FairleadError) -> CommandResult {
        let (outcome, content) = try await session.run(command, limit: limit)
        return CommandResult(outcome, content)
    }

    // MARK: What files go through

    /// The host as a place of transfers; opened when it is first needed, and made again when the connection breaks.
    func transferPlace() async throws(FairleadError) -> SFTPFileSystem {
        let opening = place ?? Task { [hostFiles] in try await hostFiles.place() }
        place = opening
        do { return try await opening.value } catch {
            place = nil
            throw session.failure(error, "open SFTP")
        }
    }

    /// An SFTP conversation for single requests; opened when it is first needed.
    func requests() async throws(FairleadError) -> FileTransferClient {
        let opening = conversation ?? Task { [session] in try await session.openFiles() }
        conversation = opening
        do { return try await opening.value } catch {
            conversation = nil
            throw session.failure(error, "open SFTP")
        }
    }
}
