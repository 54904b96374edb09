package import Errors
import Reactor
import SSH
package import Transfer

/// The SSH connection of a session.
package actor SSHLink: SessionLink {
    private let session: HostSession
    private let credentials: GivenCredentials
    /// What is open, or being opened.
    private var opening: Task<Result<any RemoteFileSystem, FairleadError>, Never>?
    private var opened: [HostFiles] = []

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe session.loop.asUnownedSerialExecutor() }

    init(_ session: HostSession, _ credentials: GivenCredentials) {
        self.session = session
        self.credentials = credentials
    }

    package nonisolated var shell: HostSession? { session }

    package var details: SessionDetails {
        get async {
            var details = SessionDetails()
            let connection = session.connection
            details.hostKey = await connection.hostKey?.fingerprint.description
            if let algorithms = await connection.algorithms {
                details.cipher = algorithms.toServer.cipher.rawValue
                details.keyExchange = algorithms.keyExchange.rawValue
            }
            return details
        }
    }

    package func files() async throws(FairleadError) -> any RemoteFileSystem {
        if let opening { return try await opening.value.get() }
        // The prompter that `HostFiles` forgets with is its own; ours answers as long as the session lasts.
        let files = HostFiles(session, prompter: RememberingPrompter(credentials))
        let task = Task(executorPreference: session.loop) { () async -> Result<any RemoteFileSystem, FairleadError> in
            do throws(FairleadError) { return .success(try await files.place(reconnects: false)) } catch {
                return .failure(error)
            }
        }
        opening = task
        let result = await task.value
        switch result {
        case .success: opened.append(files)
        case .failure: opening = nil
        }
        return try result.get()
    }

    package func dropFiles() {
        opening = nil
    }

    package func whenClosed(_ action: @escaping @Sendable (FairleadError?) -> Void) async {
        let context = session.context("keep the connection")
        await session.connection.whenClosed { error in
            action(error == .closed ? nil : FairleadError(error, context))
        }
    }

    package func close() async {
        opening = nil
        for files in opened { await files.close() }
        opened = []
        await session.close()
    }
}
