package import Bytes
import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A UDP socket bound to one address.
package final class UDPSocket: LoopHandle, @unchecked Sendable {
    /// Where it receives, with the port that the system chose for port 0.
    package private(set) var localAddress: SocketAddress
    private var receive: (@Sendable (ByteBuffer, SocketAddress) -> Void)?
    private var incoming = ByteBuffer()

    /// Binds to `address` and hands each datagram with its sender to `receive`, on the loop. To be called on the loop.
    package init(
        address: SocketAddress, on loop: EventLoop, receive: @escaping @Sendable (ByteBuffer, SocketAddress) -> Void
    ) throws(ReactorError) {
        localAddress = address
        self.receive = receive
        unsafe super.init(loop: loop, kind: UV_UDP) { uv, memory in
            unsafe uv_udp_init(uv, memory.assumingMemoryBound(to: uv_udp_t.self))
        }
        let udp = unsafe pointer(as: uv_udp_t.self)
        var status = unsafe address.withSystemAddress { unsafe uv_udp_bind(udp, $0, 0) }
        if status == 0 {
            status = unsafe uv_udp_recv_start(
                udp, { handle, _, buffer in unsafe UDPSocket.owner(of: handle).provideSpace(buffer) },
                { handle, count, _, sender, flags in
                    unsafe UDPSocket.owner(of: handle).didReceive(count, sender, flags)
                })
        }
        guard status == 0 else {
            closeHandle()
            throw ReactorError(uv: status, operation: "bind to \(address)")
        }
        if let actual = unsafe SocketAddress({ unsafe uv_udp_getsockname(udp, $0, $1) }) { localAddress = actual }
    }

    /// Sends one datagram, or drops it when the kernel has no room, as the network may. On the loop.
    package func send(_ buffer: ByteBuffer, to address: SocketAddress) throws(ReactorError) {
        loop.preconditionCurrent()
        guard handleState == .open else { throw .closed("send") }
        let status = unsafe address.withSystemAddress { address in
            var descriptor = unsafe buffer.descriptor
            return unsafe uv_udp_try_send(pointer(), &descriptor, 1, address)
        }
        if status < 0, status != UV_EAGAIN.rawValue {
            throw ReactorError(uv: status, operation: "send to \(address)")
        }
    }

    /// From any thread; on the loop it takes effect at once.
    package func close() {
        guard loop.isCurrent else {
            loop.execute { self.close() }
            return
        }
        receive = nil
        closeHandle()
    }

    override func handleDidClose() { receive = nil }

    private func provideSpace(_ buffer: UnsafeMutablePointer<uv_buf_t>?) {
        incoming.removeAll()
        // Libuv receives at once, before anything else can touch `incoming`.
        unsafe incoming.withFreeSpace(minimum: Limits.datagram) { space in
            unsafe buffer?.pointee = uv_buf_init(
                space.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(Limits.datagram))
            return 0
        }
    }

    private func didReceive(_ count: Int, _ sender: UnsafePointer<sockaddr>?, _ flags: UInt32) {
        // Errors are about datagrams sent earlier, and a cut datagram is as good as a lost one.
        guard handleState == .open, count >= 0, let sender = unsafe sender, flags & UV_UDP_PARTIAL.rawValue == 0,
            let address = unsafe SocketAddress(sender)
        else { return }
        // `provideSpace` has made the room that libuv filled.
        unsafe incoming.withFreeSpace(minimum: count) { _ in count }
        let datagram = ByteBuffer(incoming.bytes)
        incoming.removeAll()
        receive?(datagram, address)
        loop.endTurn()
    }
}
