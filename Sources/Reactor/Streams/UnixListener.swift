package import Bytes
import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Accepts connections at a Unix socket.
package final class UnixListener: LoopHandle, @unchecked Sendable {
    /// The socket's path; libuv removes it when the listener closes.
    package let path: RawPath
    /// The folder that was made for the socket and goes with it.
    private var folder: RawPath?
    private let options: StreamOptions
    private var accept: (@Sendable (UnixStream) -> Void)?

    /// Makes a socket at `path`, where nothing may be. `accept` gets each connection, on the loop; it has to start or close
    /// it. With `isPrivate` only our user may connect. To be called on the loop.
    package init(
        path: RawPath, on loop: EventLoop, isPrivate: Bool = false, options: StreamOptions = StreamOptions(),
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
        // Before it listens nobody can have connected.
        if status == 0, isPrivate, unsafe path.withCString({ unsafe chmod($0, 0o600) }) != 0 { status = -errno }
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

    /// Makes a socket called `name` in a new folder `prefix…` that is closed to other users; both go with the listener. To
    /// be called on the loop.
    package static func inPrivateFolder(
        prefix: RawPath, name: RawPath, on loop: EventLoop, options: StreamOptions = StreamOptions(),
        accept: @escaping @Sendable (UnixStream) -> Void
    ) throws(ReactorError) -> UnixListener {
        var template =
            (prefix.bytes + [UInt8](repeating: UInt8(ascii: "X"), count: 6)).map { CChar(bitPattern: $0) } + [0]
        let made = unsafe template.withUnsafeMutableBufferPointer { template in
            // The array ends in NUL, and the call writes within it.
            unsafe template.baseAddress.flatMap { unsafe mkdtemp($0) } != nil
        }
        guard made else { throw ReactorError(errno: errno, operation: "make folder", path: prefix) }
        let folder = RawPath(bytes: template.dropLast().map { UInt8(bitPattern: $0) })
        do throws(ReactorError) {
            let listener = try UnixListener(
                path: folder.appending(name), on: loop, isPrivate: true, options: options, accept: accept)
            listener.folder = folder
            return listener
        } catch {
            _ = unsafe folder.withCString { unsafe rmdir($0) }
            throw error
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

    override func handleDidClose() {
        accept = nil
        // Libuv has removed the socket.
        if let folder { _ = unsafe folder.withCString { unsafe rmdir($0) } }
    }
}
