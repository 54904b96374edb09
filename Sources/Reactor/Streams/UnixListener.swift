package import Bytes
import CUV

/// Accepts connections at a Unix socket.
package final class UnixListener: LoopHandle, @unchecked Sendable {
    /// The socket's path; libuv removes it when the listener closes.
    package let path: RawPath
    private let options: StreamOptions
    private var accept: (@Sendable (UnixStream) -> Void)?

    /// Makes a socket at `path`, where nothing may be. `accept` gets each connection, on the loop; it has to start or close
    /// it. To be called on the loop.
    package init(
        path: RawPath, on loop: EventLoop, options: StreamOptions = StreamOptions(),
        accept: @escaping @Sendable (UnixStream) -> Void
    ) throws(ReactorError) {
        guard path.bytes.count <= UnixStream.longestPath, !path.bytes.contains(0) else {
            throw ReactorError(uv: UV_ENAMETOOLONG.rawValue, operation: "listen", path: path)
        }
        self.path = path
        self.options = options
        self.accept = accept
        unsafe super.init(loop: loop, kind: UV_NAMED_PIPE) { uv, memory in
            unsafe uv_pipe_init(uv, memory.assumingMemoryBound(to: uv_pipe_t.self), 0)
        }
        var status = unsafe path.withCString { unsafe uv_pipe_bind(pointer(), $0) }
        if status == 0 {
            status = unsafe uv_listen(pointer(), Limits.backlog) { server, status in
                if status == 0 { unsafe UnixListener.owner(of: server).didConnect() }
            }
        }
        guard status == 0 else {
            closeHandle()
            throw ReactorError(uv: status, operation: "listen", path: path)
        }
    }

    /// Makes a socket at `path`, as the initialiser does; from any executor.
    package static func bind(
        path: RawPath, on loop: EventLoop, options: StreamOptions = StreamOptions(),
        accept: @escaping @Sendable (UnixStream) -> Void
    ) async throws(ReactorError) -> UnixListener {
        try await loop.perform("listen") { completion in
            completion(
                Result { () throws(ReactorError) in
                    try UnixListener(path: path, on: loop, options: options, accept: accept)
                })
            return {}
        }.get()
    }

    private func didConnect() {
        let stream = UnixStream(loop: loop, options: options)
        guard unsafe uv_accept(pointer(), stream.pointer()) == 0, let accept else { return stream.close() }
        accept(stream)
    }

    /// Stops listening and removes the socket; connections stay. From any thread; on the loop it takes effect at once.
    package func close() {
        guard loop.isCurrent else {
            loop.execute { self.close() }
            return
        }
        accept = nil
        closeHandle()
    }

    override func handleDidClose() { accept = nil }
}
