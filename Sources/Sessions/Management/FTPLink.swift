package import Errors
import FTP
import Reactor
package import Transfer

/// The connections to an FTP server that a session has.
///
/// FTP has no connection that stands for the session: those that are lost are made again with the next command, so that
/// none is ever noticed as lost here. A question from time to time keeps the server from hanging up.
package actor FTPLink: SessionLink {
    private let client: FTPClient
    private let context: FailureContext
    private var place: FTPFileSystem?
    private var keepalive: LoopTimer?
    private var onClose: (@Sendable (FairleadError?) -> Void)?
    /// How often in a row the server did not answer the question.
    private var misses = 0

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe client.loop.asUnownedSerialExecutor() }

    /// How often the server is asked.
    private static let interval = Duration.seconds(60)
    /// After so many questions without an answer the session is lost.
    private static let maximumMisses = 2

    init(_ client: FTPClient, _ context: FailureContext) {
        self.client = client
        self.context = context
    }

    package nonisolated var shell: HostSession? { nil }

    package var details: SessionDetails {
        var details = SessionDetails()
        switch client.configuration.security {
        case .none: break
        case .explicit, .implicit: details.cipher = "TLS"
        }
        return details
    }

    package func files() async throws(FairleadError) -> any RemoteFileSystem {
        if let place { return place }
        let place = FTPFileSystem(
            client, place: "ftp:\(client.configuration.user)@\(client.configuration.host):\(client.configuration.port)")
        self.place = place
        return place
    }

    package func dropFiles() {
        place = nil
    }

    package func whenClosed(_ action: @escaping @Sendable (FairleadError?) -> Void) {
        onClose = action
        keepalive = client.loop.schedule(after: Self.interval, repeating: Self.interval) { [weak self] in
            guard let self else { return }
            Task(executorPreference: self.client.loop) { await self.ask() }
        }
    }

    private func ask() async {
        guard onClose != nil else { return }
        do throws(FTPError) {
            try await client.ping()
            misses = 0
        } catch {
            misses += 1
            guard misses >= Self.maximumMisses, let action = onClose.take() else { return }
            keepalive?.cancel()
            action(FairleadError(error, context))
        }
    }

    package func close() async {
        keepalive?.cancel()
        onClose = nil
        place = nil
        await client.close()
    }
}
