import CUV

/// One connect request in libuv's hands, which keeps this object alive until it is done.
@safe
final class ConnectAttempt {
    // Not Sendable: made and used on the stream's loop.
    let stream: StreamHandle
    private let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
    private let completion: (CInt) -> Void

    /// `completion` gets libuv's status, in a later turn; the stream is then connected or to be closed.
    init(stream: StreamHandle, completion: @escaping (CInt) -> Void) {
        self.stream = stream
        self.completion = completion
    }

    deinit {
        unsafe request.deallocate()
    }

    /// Hands the request to libuv by `submit`, which returns libuv's error when it could not.
    func start(_ submit: (UnsafeMutablePointer<uv_connect_t>, uv_connect_cb?) -> CInt) {
        // Balanced in the callback, or below.
        let reference = unsafe Unmanaged.passRetained(self)
        unsafe request.pointee.data = reference.toOpaque()
        let status = unsafe submit(request) { request, status in
            guard let data = unsafe request?.pointee.data else { return }
            unsafe Unmanaged<ConnectAttempt>.fromOpaque(data).takeRetainedValue().completion(status)
        }
        guard status < 0 else { return }
        unsafe reference.release()
        completion(status)
    }
}
