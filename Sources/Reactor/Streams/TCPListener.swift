import CUV

/// Accepts TCP connections at one address.
package final class TCPListener: LoopHandle, @unchecked Sendable {
    /// Where it listens, with the port that the system chose for port 0.
    package private(set) var localAddress: SocketAddress
    private let options: StreamOptions
    private var accept: (@Sendable (TCPStream) -> Void)?

    /// Listens at `address`; port 0 lets the system choose. `accept` gets each connection, on the loop; it has to start or
    /// close it. To be called on the loop.
    package init(
        address: SocketAddress, on loop: EventLoop, options: StreamOptions = StreamOptions(),
        accept: @escaping @Sendable (TCPStream) -> Void
    ) throws(ReactorError) {
        self.options = options
        self.accept = accept
        localAddress = address
        unsafe super.init(loop: loop, kind: UV_TCP) { uv, memory in
            unsafe uv_tcp_init(uv, memory.assumingMemoryBound(to: uv_tcp_t.self))
        }
        var status = unsafe address.withSystemAddress { unsafe uv_tcp_bind(pointer(), $0, 0) }
        if status == 0 {
            status = unsafe uv_listen(pointer(), Limits.backlog) { server, status in
                if status == 0 { unsafe TCPListener.owner(of: server).didConnect() }
            }
        }
        guard status == 0 else {
            closeHandle()
            throw ReactorError(uv: status, operation: "listen at \(address)")
        }
        let tcp = unsafe pointer(as: uv_tcp_t.self)
        if let actual = unsafe SocketAddress({ unsafe uv_tcp_getsockname(tcp, $0, $1) }) { localAddress = actual }
    }

    /// Listens at the first address of `host` that can be bound; from any executor.
    package static func bind(
        host: String, port: UInt16, on loop: EventLoop, options: StreamOptions = StreamOptions(),
        accept: @escaping @Sendable (TCPStream) -> Void
    ) async throws(ReactorError) -> TCPListener {
        let addresses = try await Resolver.resolve(host: host, port: port, on: loop)
        return try await loop.perform("listen") { completion in
            var result = Result<TCPListener, ReactorError>.failure(.closed("listen"))
            for address in addresses {
                do throws(ReactorError) {
                    result = .success(try TCPListener(address: address, on: loop, options: options, accept: accept))
                    break
                } catch {
                    result = .failure(error)
                }
            }
            completion(result)
            return {}
        }.get()
    }

    private func didConnect() {
        let stream = TCPStream(loop: loop, options: options)
        guard unsafe uv_accept(pointer(), stream.pointer()) == 0, let accept else { return stream.close() }
        stream.didConnect()
        accept(stream)
    }

    /// Stops listening; connections stay. From any thread; on the loop it takes effect at once.
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
