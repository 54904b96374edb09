package import Errors
package import FTP
package import Reactor
import Synchronization

/// Connects one session by FTP, with what was given for it.
package final class FTPConnector: SessionConnector {
    /// Nil once it was told to forget.
    private let configuration: Mutex<FTPConfiguration?>
    private let context: FailureContext
    private let timeout: Duration

    /// - Parameter timeout: for all of connecting, signing in included.
    package init(_ configuration: FTPConfiguration, timeout: Duration) {
        var configuration = configuration
        configuration.connectTimeout = timeout
        context = FailureContext(
            host: configuration.host, port: configuration.port, user: configuration.user, operation: "connect")
        self.configuration = Mutex(configuration)
        self.timeout = timeout
    }

    package var canReconnect: Bool { configuration.withLock { $0 != nil } }

    package func forget() {
        configuration.withLock { $0 = nil }
    }

    package func connect(on loop: EventLoop) async throws(FairleadError) -> any SessionLink {
        guard let configuration = configuration.withLock({ $0 }) else {
            throw FairleadError(
                .authentication, "there is no password any more", operation: "connect", host: context.host)
        }
        do throws(FTPError) {
            let client = try FTPClient(configuration, on: loop)
            do throws(FTPError) { _ = try await client.connect() } catch {
                await client.close()
                throw error
            }
            return FTPLink(client, context)
        } catch {
            throw FairleadError(error, context)
        }
    }
}
