import Glibc
import Reactor
import Testing

@testable import Reactor

/// A port at which connecting neither succeeds nor fails: a listener whose queue is full drops what comes.
private final class SilentPort: Sendable {
    let port: UInt16
    private let descriptors: [Int32]

    init() {
        var descriptors = [socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)]
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                precondition(unsafe bind(descriptors[0], pointer, length) == 0)
                precondition(listen(descriptors[0], 0) == 0)
                precondition(unsafe getsockname(descriptors[0], pointer, &length) == 0)
                for _ in 0..<4 {
                    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                    _ = unsafe connect(client, pointer, length)
                    descriptors.append(client)
                }
            }
        }
        port = address.sin_port.bigEndian
        self.descriptors = descriptors
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }
}

@Suite("Connecting by TCP")
struct ConnectTests {
    let loop = EventLoop()

    /// A port at which nobody listens, on either family.
    private func refusedPort() async throws -> UInt16 {
        let listener = try await TCPListener.bind(host: "127.0.0.1", port: 0, on: loop) { $0.close() }
        let port = listener.localAddress.port
        await loop.run { listener.close() }
        return port
    }

    private func error(_ body: () async throws(ReactorError) -> TCPStream) async -> ReactorError? {
        do throws(ReactorError) {
            let stream = try await body()
            loop.execute { stream.close() }
            return nil
        } catch {
            return error
        }
    }

    @Test("says refused when every address does, and what each said")
    func refused() async throws {
        let port = try await refusedPort()
        let addresses = ["127.0.0.1", "127.0.0.2"].compactMap { SocketAddress(host: $0, port: port) }
        let error = await error { () async throws(ReactorError) in
            try await TCPStream.connect(addresses: addresses, on: loop)
        }
        #expect(error?.kind == .refused)
        #expect(error?.name == "ECONNREFUSED")
        #expect(error?.attempts.map(\.address) == ["127.0.0.1:\(port)", "127.0.0.2:\(port)"])
        #expect(error?.attempts.allSatisfy { $0.kind == .refused } == true)
        await loop.shutdown()
    }

    @Test("gives up after its timeout")
    func timeout() async throws {
        let silent = SilentPort()
        let start = loop.now
        let error = await error { () async throws(ReactorError) in
            try await TCPStream.connect(host: "127.0.0.1", port: silent.port, on: loop, timeout: .milliseconds(60))
        }
        #expect(error?.kind == .timedOut)
        #expect(loop.now - start >= .milliseconds(60))
        withExtendedLifetime(silent) {}
        await loop.shutdown()
    }

    @Test("ends when its task is cancelled, also before it begins")
    func cancellation() async throws {
        let silent = SilentPort()
        for delay in [0, 20] {
            let task = Task {
                await error { () async throws(ReactorError) in
                    try await TCPStream.connect(host: "127.0.0.1", port: silent.port, on: loop)
                }
            }
            if delay > 0 {
                await withCheckedContinuation { continuation in
                    loop.execute { _ = loop.schedule(after: .milliseconds(delay)) { continuation.resume() } }
                }
            }
            task.cancel()
            #expect(await task.value?.kind == .cancelled)
        }
        await loop.shutdown()
    }

    @Test("takes the second address at once when the first refuses")
    func fallsBack() async throws {
        let listener = try await TCPListener.bind(host: "127.0.0.1", port: 0, on: loop) { $0.close() }
        let port = listener.localAddress.port
        let addresses = ["::1", "127.0.0.1"].compactMap { SocketAddress(host: $0, port: port) }
        var options = ConnectOptions()
        options.attemptDelay = .seconds(3600)
        let stream = try await TCPStream.connect(addresses: addresses, on: loop, options: options)
        #expect(stream.remoteAddress?.description == "127.0.0.1:\(port)")
        await loop.shutdown()
    }

    @Test("tries the second address beside the first when that one is silent")
    func races() async throws {
        let silent = SilentPort()
        let listener = try await TCPListener.bind(host: "127.0.0.1", port: 0, on: loop) { $0.close() }
        let port = listener.localAddress.port
        let addresses = [silent.port, port].compactMap { SocketAddress(host: "127.0.0.1", port: $0) }
        var options = ConnectOptions()
        options.attemptDelay = .milliseconds(20)
        let start = loop.now
        let stream = try await TCPStream.connect(
            addresses: addresses, on: loop, timeout: .seconds(60), options: options)
        #expect(stream.remoteAddress?.port == port)
        #expect(loop.now - start >= .milliseconds(20))
        withExtendedLifetime(silent) {}
        await loop.shutdown()
    }

    @Test("looks names up, and says when there is none", arguments: ["", "no-such-host.invalid", "a b", "a\0b"])
    func unknownNames(host: String) async throws {
        let error = await error { () async throws(ReactorError) in
            try await TCPStream.connect(host: host, port: 22, on: loop, timeout: .seconds(30))
        }
        #expect(error?.kind == .nameResolution)
        let addresses = try await Resolver.resolve(host: "localhost", port: 22, on: loop)
        #expect(addresses.contains { $0.host == "127.0.0.1" || $0.host == "::1" })
        await loop.shutdown()
    }

    @Test("interleaves the families, beginning with the preferred one")
    func order() async {
        func addresses(_ hosts: String...) -> [SocketAddress] { hosts.compactMap { SocketAddress(host: $0, port: 1) } }
        #expect(
            AddressOrder.interleaved(addresses("::1", "::2", "::3", "192.0.2.1"))
                == addresses("::1", "192.0.2.1", "::2", "::3"))
        #expect(
            AddressOrder.interleaved(addresses("192.0.2.1", "192.0.2.2", "::1", "::2"))
                == addresses("192.0.2.1", "::1", "192.0.2.2", "::2"))
        #expect(AddressOrder.interleaved([]) == [])
        await loop.shutdown()
    }

    @Test("writes addresses with their port")
    func addressText() async {
        #expect(SocketAddress(host: "192.0.2.1", port: 22)?.description == "192.0.2.1:22")
        #expect(SocketAddress(host: "2001:db8::1", port: 2222)?.description == "[2001:db8::1]:2222")
        #expect(SocketAddress(host: "example.org", port: 22) == nil)
        await loop.shutdown()
    }
}
