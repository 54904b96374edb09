package import Bytes

/// Small files, each in as few round trips as there can be.
extension FileTransferClient {
    /// Up to `length` bytes of a file, from its start: the file is opened, read in one request and closed.
    package func readStart(of path: RawPath, length: Int) async throws(RequestError) -> ByteBuffer {
        let handle = try await open(path, .read)
        defer { abandon(handle) }
        return try await read(handle, offset: 0, length: length)
    }

    /// Writes `content` into an open file in one request, sets `attributes` if there are any, brings it to the disk if
    /// `synchronizes`, and closes it, all in one round trip. Throws the first error; the file is closed in any case.
    package func finish(
        _ handle: Handle, content: ByteBuffer, attributes: Attributes?, synchronizes: Bool
    ) async throws(RequestError) {
        try await perform { call in
            let pipeline = Pipeline(call)
            self.batch {
                pipeline.expect()
                self.write(handle, offset: 0, content) { pipeline.note($0) }
                if let attributes {
                    pipeline.expect()
                    self.send(.fsetstat(handle, attributes)) { pipeline.note($0.map { _ in }) }
                }
                if synchronizes, self.extensions.supports(.fsync) {
                    pipeline.expect()
                    self.send(.extended(.fsync(handle))) { pipeline.note($0.map { _ in }) }
                }
                pipeline.expect()
                self.send(.close(handle)) { pipeline.note($0.map { _ in }) }
            }
            pipeline.isComplete()
        }
    }
}

/// Requests that were sent together; it stays on the client's actor.
private final class Pipeline {
    private let call: PendingCall<Void>
    /// Replies that are still to come, and one for the requests that are still to be made.
    private var missing = 1
    private var failure: RequestError?

    init(_ call: PendingCall<Void>) {
        self.call = call
    }

    func expect() { missing += 1 }

    func isComplete() { note(.success(())) }

    func note(_ result: Result<Void, RequestError>) {
        missing -= 1
        if case .failure(let error) = result, failure == nil { failure = error }
        guard missing == 0 else { return }
        call.finish(failure.map { .failure($0) } ?? .success(()))
    }
}
