package import Bytes
import CUV

/// A connection by a Unix socket, or an end of a pipe.
package final class UnixStream: StreamHandle, @unchecked Sendable {
    init(loop: EventLoop, options: StreamOptions) {
        unsafe super.init(loop: loop, kind: UV_NAMED_PIPE, options: options) { uv, memory in
            unsafe uv_pipe_init(uv, memory.assumingMemoryBound(to: uv_pipe_t.self), 0)
        }
    }

    /// Bytes of a socket's path, at most: `sun_path` with its NUL.
    static let longestPath = 107

    /// Connects to the socket at `path`; from any executor. Cancellation of the task ends the attempt.
    package static func connect(
        path: RawPath, on loop: EventLoop, options: StreamOptions = StreamOptions()
    ) async throws(ReactorError) -> UnixStream {
        // Libuv would silently cut the path off.
        guard path.bytes.count <= longestPath, !path.bytes.contains(0) else {
            throw ReactorError(uv: UV_ENAMETOOLONG.rawValue, operation: "connect", path: path)
        }
        return try await loop.perform("connect") { completion in
            let stream = UnixStream(loop: loop, options: options)
            let attempt = ConnectAttempt(stream: stream) { status in
                guard status == 0 else {
                    stream.close()
                    return completion(.failure(ReactorError(uv: status, operation: "connect", path: path)))
                }
                completion(.success(stream))
            }
            unsafe attempt.start { request, callback in
                unsafe path.withCString { unsafe uv_pipe_connect(request, stream.pointer(), $0, callback) }
                return 0
            }
            return { stream.close() }
        }.get()
    }
}

extension RawPath {
    /// Calls `body` with the bytes as a C string; the caller has made sure that there is no NUL in them.
    func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
        var string = bytes.map { CChar(bitPattern: $0) }
        string.append(0)
        return unsafe string.withUnsafeBufferPointer { buffer in
            // Not empty, so it has a base address.
            unsafe body(buffer.baseAddress.unsafelyUnwrapped)
        }
    }
}
