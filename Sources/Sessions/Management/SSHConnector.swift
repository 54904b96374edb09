package import Errors
package import Reactor
import SSH

/// Connects one session by SSH, with what was given for it.
package final class SSHConnector: SessionConnector {
    private let request: ConnectionRequest
    private let credentials: GivenCredentials
    private let timeout: Duration

    /// - Parameters:
    ///   - request: whose password is nil: it is among `credentials`.
    ///   - timeout: for all of connecting, signing in included.
    package init(_ request: ConnectionRequest, _ credentials: GivenCredentials, timeout: Duration) {
        var request = request
        request.connectTimeout = timeout
        self.request = request
        self.credentials = credentials
        self.timeout = timeout
    }

    package var canReconnect: Bool {
        guard !credentials.usedOneTimeCode else { return false }
        return credentials.hasPassword || !request.identities.isEmpty || request.agentSocket != nil
    }

    package func forget() {
        credentials.forget()
    }

    package func connect(on loop: EventLoop) async throws(FairleadError) -> any SessionLink {
        let (request, credentials) = (request, credentials)
        let work = Task(executorPreference: loop) { () async -> Result<HostSession, FairleadError> in
            do throws(FairleadError) {
                return .success(try await HostSession.connect(to: request, prompter: credentials, on: loop))
            } catch {
                return .failure(error)
            }
        }
        let limit = Task { [timeout] in
            do { try await Task.sleep(for: timeout) } catch { return false }
            work.cancel()
            return true
        }
        let result = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            work.cancel()
        }
        limit.cancel()
        do throws(FairleadError) {
            return SSHLink(try result.get(), credentials)
        } catch {
            if await limit.value, error.cause is CancellationError {
                throw FairleadError(
                    .timeout, "\(request.host) did not let us in within \(timeout)", operation: "connect",
                    host: request.host, hint: "try again, or allow more time")
            }
            throw explained(error)
        }
    }

    /// The error with the key that has to be confirmed, where that is why.
    private func explained(_ error: FairleadError) -> FairleadError {
        guard error.category == .authentication, error.cause == nil, let question = credentials.question else {
            return error
        }
        var error = error
        error.cause = UnknownHostKey(question, expected: credentials.expectedHostKey)
        return error
    }
}
