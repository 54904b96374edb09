package import Bytes
package import Reactor

/// A connection to an agent, by its socket (`SSH_AUTH_SOCK`).
///
/// Lives on its loop. Requests of several tasks are answered in their order. Has to be closed: the connection keeps it
/// alive.
package actor AgentClient {
    /// A caller, or the place of one that has gone: the answer is still to come.
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Result<AgentReply, AgentError>, Never>?
    }

    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The actor holds the loop as long as it lives.
        unsafe loop.asUnownedSerialExecutor()
    }

    private let stream: any ByteStream
    private var core = AgentClientCore()
    private var waiters: [Waiter] = []
    private var nextID = 0

    private init(_ stream: any ByteStream) {
        self.stream = stream
        loop = stream.loop
    }

    /// Connects to the agent's socket at `path`; from any executor. Cancellation ends the attempt.
    package static func connect(path: RawPath, on loop: EventLoop) async throws(AgentError) -> AgentClient {
        let stream: UnixStream
        do throws(ReactorError) {
            stream = try await UnixStream.connect(path: path, on: loop)
        } catch {
            throw .connection(error)
        }
        let client = AgentClient(stream)
        await client.start()
        return client
    }

    private func start() {
        stream.start(self)
    }

    /// The keys that the agent offers, in its order.
    package func identities() async throws(AgentError) -> [AgentIdentity] {
        switch try await ask(.identities) {
        case .identities(let identities): return identities
        case .signature, .success: throw .unexpectedReply
        case .failure(let error): throw error
        }
    }

    /// The encoding of a signature over `data` with the private half of `key`, by `algorithm`, verified.
    ///
    /// May take until the user has agreed. Throws `.refused` when the agent declines, and `.wrongSignature` when what
    /// it sends is by another algorithm, as old agents do for RSA, or not right.
    package func sign(
        key: PublicKey, data: [UInt8], algorithm: KeyAlgorithm
    ) async throws(AgentError) -> [UInt8] {
        let signature: [UInt8]
        switch try await ask(.sign(key: key, data: data, flags: AgentSignatureFlags(algorithm))) {
        case .signature(let bytes): signature = bytes
        case .identities, .success: throw .unexpectedReply
        case .failure(let error): throw error
        }
        // A type without code here is the server's to judge.
        guard key.verificationKey != nil else { return signature }
        do throws(KeyError) {
            try key.verify(signature: signature.rawSpan, message: data.rawSpan, algorithm: algorithm)
        } catch {
            throw .wrongSignature(error)
        }
        return signature
    }

    /// Tells the agent which session the signatures that follow are for (`AgentRequest.sessionBind`). Throws
    /// `.extensionFailed` when the agent knows no such thing; signing works all the same then.
    package func bindSession(
        hostKey: PublicKey, sessionID: [UInt8], signature: [UInt8], isForwarding: Bool = false
    ) async throws(AgentError) {
        let request = AgentRequest.sessionBind(
            hostKey: hostKey, sessionID: sessionID, signature: signature, isForwarding: isForwarding)
        switch try await ask(request) {
        case .success: break
        case .identities, .signature: throw .unexpectedReply
        case .failure(let error): throw error
        }
    }

    /// Ends the connection; requests that wait for an answer throw `.closed`. Does nothing the second time.
    package func close() {
        stream.close()
        end(.closed)
    }

    private func ask(_ request: AgentRequest) async throws(AgentError) -> AgentReply {
        let id = nextID
        nextID += 1
        let result = await withTaskCancellationHandler {
            // Naming `self` is what keeps the closure on the loop.
            await withCheckedContinuation(isolation: self) { begin(request, Waiter(id: id, continuation: $0)) }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.cancel(id) } }
        }
        return try result.get()
    }

    /// Sends the request and stores who waits in one step: answers are told apart by their order alone.
    private func begin(_ request: AgentRequest, _ waiter: Waiter) {
        guard !Task.isCancelled else {
            waiter.continuation?.resume(returning: .failure(.cancelled))
            return
        }
        var output = ByteBuffer()
        do throws(AgentError) {
            try core.send(request, into: &output)
        } catch {
            waiter.continuation?.resume(returning: .failure(error))
            return
        }
        waiters.append(waiter)
        stream.write(output)
    }

    private func cancel(_ id: Int) {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
        waiters[index].continuation?.resume(returning: .failure(.cancelled))
        waiters[index] = Waiter(id: id, continuation: nil)
    }

    private func receive() {
        do throws(AgentError) {
            let replies = try core.receive(stream.received.bytes)
            stream.received.removeAll()
            for (reply, waiter) in zip(replies, waiters) { waiter.continuation?.resume(returning: .success(reply)) }
            waiters.removeFirst(replies.count)
        } catch {
            stream.close()
            end(error)
        }
    }

    private func end(_ error: AgentError) {
        core.end()
        let left = waiters
        waiters = []
        for waiter in left { waiter.continuation?.resume(returning: .failure(error)) }
    }
}

extension AgentClient: ByteStreamHandler {
    package nonisolated func streamDidReceive(_ stream: any ByteStream) {
        assumeIsolated { $0.receive() }
    }

    package nonisolated func streamDidEnd(_ stream: any ByteStream) {
        stream.close()
    }

    package nonisolated func streamDidDrain(_ stream: any ByteStream) {}

    package nonisolated func streamDidClose(_ stream: any ByteStream, error: ReactorError?) {
        assumeIsolated { $0.end(error.map { .connection($0) } ?? .closed) }
    }
}
