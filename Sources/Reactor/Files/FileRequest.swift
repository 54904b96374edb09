import Bytes
import CUV

/// Calls libuv's file functions synchronously, on whatever thread it runs: the pool's.
enum FileRequest {
    /// Calls `call` with a request and returns its result with what `read` takes from the request.
    static func run<Value>(
        _ operation: String, _ path: RawPath? = nil,
        _ call: (UnsafeMutablePointer<uv_fs_t>) -> CInt,
        read: (UnsafeMutablePointer<uv_fs_t>) -> Value
    ) -> Result<Value, ReactorError> {
        var request = unsafe uv_fs_t()
        // Without a callback libuv does everything before it returns and does not keep the request.
        return unsafe withUnsafeMutablePointer(to: &request) { request in
            defer { unsafe uv_fs_req_cleanup(request) }
            let status = unsafe call(request)
            guard status >= 0 else {
                return .failure(ReactorError(uv: status, operation: operation, path: path))
            }
            return .success(unsafe read(request))
        }
    }

    /// Like `run`, for calls that answer nothing but their success.
    static func run(
        _ operation: String, _ path: RawPath? = nil, _ call: (UnsafeMutablePointer<uv_fs_t>) -> CInt
    ) -> Result<Void, ReactorError> {
        unsafe run(operation, path, call) { _ in }
    }

    /// Like `run`, with `path` as a C string.
    static func run<Value>(
        _ operation: String, at path: RawPath,
        _ call: (UnsafeMutablePointer<uv_fs_t>, UnsafePointer<CChar>) -> CInt,
        read: (UnsafeMutablePointer<uv_fs_t>) -> Value
    ) -> Result<Value, ReactorError> {
        guard !path.bytes.contains(0) else {
            return .failure(ReactorError(uv: UV_EINVAL.rawValue, operation: operation, path: path))
        }
        return unsafe path.withCString { text in
            unsafe run(operation, path, { unsafe call($0, text) }, read: read)
        }
    }

    static func run(
        _ operation: String, at path: RawPath, _ call: (UnsafeMutablePointer<uv_fs_t>, UnsafePointer<CChar>) -> CInt
    ) -> Result<Void, ReactorError> {
        unsafe run(operation, at: path, call) { _ in }
    }

    /// Like `run`, with two paths; the error names the first.
    static func run(
        _ operation: String, at path: RawPath, and other: RawPath,
        _ call: (UnsafeMutablePointer<uv_fs_t>, UnsafePointer<CChar>, UnsafePointer<CChar>) -> CInt
    ) -> Result<Void, ReactorError> {
        guard !other.bytes.contains(0) else {
            return .failure(ReactorError(uv: UV_EINVAL.rawValue, operation: operation, path: other))
        }
        return unsafe other.withCString { text in
            unsafe run(operation, at: path) { unsafe call($0, $1, text) }
        }
    }
}
