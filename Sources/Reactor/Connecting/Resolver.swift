import Bytes
import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Looks host names up with the system's resolver, on libuv's thread pool.
package enum Resolver {
    /// The addresses of `host`, which may be a name or an address, in the order of RFC 6724; at most 32, at least one.
    ///
    /// From any executor. Cancellation of the task returns at once, though the system's resolver runs to its end.
    package static func resolve(
        host: String, port: UInt16, on loop: EventLoop
    ) async throws(ReactorError) -> [SocketAddress] {
        try await loop.perform("look up \(host.visible())") { completion in
            lookUp(host: host, port: port, on: loop, completion)
            return {}
        }.get()
    }

    /// Like `resolve`, with the result handed to `completion` on the loop, in a later turn; to be called on the loop.
    static func lookUp(
        host: String, port: UInt16, on loop: EventLoop,
        _ completion: @escaping @Sendable (Result<[SocketAddress], ReactorError>) -> Void
    ) {
        loop.preconditionCurrent()
        if let address = SocketAddress(host: host, port: port) {
            loop.execute { completion(.success([address])) }
            return
        }
        let lookup = Lookup(host: host, port: port, completion)
        if let error = lookup.start(on: loop) { loop.execute { completion(.failure(error)) } }
    }
}

/// One getaddrinfo request, which libuv keeps alive until it is done.
@safe
private final class Lookup {
    private let host: String
    private let port: UInt16
    private let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
    private let completion: @Sendable (Result<[SocketAddress], ReactorError>) -> Void

    init(host: String, port: UInt16, _ completion: @escaping @Sendable (Result<[SocketAddress], ReactorError>) -> Void)
    {
        self.host = host
        self.port = port
        self.completion = completion
    }

    deinit {
        unsafe request.deallocate()
    }

    func start(on loop: EventLoop) -> ReactorError? {
        guard !host.isEmpty, !host.utf8.contains(0) else {
            return ReactorError(uv: UV_EAI_NONAME.rawValue, operation: operation)
        }
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_protocol = CInt(IPPROTO_TCP)
        // Balanced in the callback, or below.
        let reference = unsafe Unmanaged.passRetained(self)
        unsafe request.pointee.data = reference.toOpaque()
        let status = unsafe uv_getaddrinfo(
            loop.uv, request,
            { request, status, addresses in
                defer { unsafe uv_freeaddrinfo(addresses) }
                guard let data = unsafe request?.pointee.data else { return }
                unsafe Unmanaged<Lookup>.fromOpaque(data).takeRetainedValue().finish(status, addresses)
            }, host, "\(port)", &hints)
        guard status < 0 else { return nil }
        unsafe reference.release()
        return ReactorError(uv: status, operation: operation)
    }

    private var operation: String { "look up \(host.visible())" }

    private func finish(_ status: CInt, _ first: UnsafeMutablePointer<addrinfo>?) {
        guard status == 0 else { return completion(.failure(ReactorError(uv: status, operation: operation))) }
        var addresses: [SocketAddress] = []
        var next = unsafe first
        while let entry = unsafe next, addresses.count < Limits.addressesPerHost {
            if let system = unsafe entry.pointee.ai_addr, let address = unsafe SocketAddress(UnsafePointer(system)),
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else {
            return completion(.failure(ReactorError(uv: UV_EAI_NODATA.rawValue, operation: operation)))
        }
        completion(.success(addresses))
    }
}
