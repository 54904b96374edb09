package import Foundation

/// A TCP socket for threads that may block: a hostile peer's, or a plain client's. Every wait is bounded by `timeout`.
package final class BlockingSocket: Sendable {
    package let descriptor: Int32

    init(descriptor: Int32, timeout: TimeInterval) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var on: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        setTimeout(timeout)
    }

    deinit { close(descriptor) }

    /// Connects to `port` on loopback.
    package convenience init(port: UInt16, timeout: TimeInterval = 20) throws {
        let descriptor = try Self.open()
        var address = Self.loopback(port)
        let result = unsafe withUnsafeBytes(of: &address) { bytes in
            unsafe connect(
                descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
        }
        guard result == 0 else {
            let reason = unsafe String(cString: strerror(errno))
            close(descriptor)
            throw TestHostError.system("connect", reason)
        }
        self.init(descriptor: descriptor, timeout: timeout)
    }

    /// How long a read or write may wait, in seconds; afterwards it returns as if the connection had ended.
    package func setTimeout(_ seconds: TimeInterval) {
        var time = timeval(tv_sec: Int(seconds), tv_usec: .init((seconds - seconds.rounded(.down)) * 1_000_000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            unsafe setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// What has arrived, at most `limit` bytes; empty at the end, on an error and after the timeout.
    package func read(limit: Int = 1 << 16) -> [UInt8] {
        // `recv` writes as many bytes as it says.
        unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            unsafe count = max(0, recv(descriptor, buffer.baseAddress, limit, 0))
        }
    }

    /// Exactly `count` bytes; nil when the connection ends before.
    package func read(exactly count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = read(limit: count - bytes.count)
            guard !more.isEmpty else { return nil }
            bytes += more
        }
        return bytes
    }

    /// A line without its line feed and carriage return; nil when the connection ends before, or it is longer than 64 KiB.
    package func readLine() -> String? {
        var bytes: [UInt8] = []
        while bytes.count < 1 << 16, let byte = read(exactly: 1) {
            if byte[0] == UInt8(ascii: "\n") {
                if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
                return String(decoding: bytes, as: UTF8.self)
            }
            bytes += byte
        }
        return nil
    }

    /// Sends all of `bytes`; false when the peer is gone or takes nothing until the timeout.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL.bits))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    package func write(_ text: String) -> Bool { write([UInt8](text.utf8)) }

    /// Reads and drops until the peer closes; how many bytes came.
    @discardableResult
    package func drain() -> Int {
        var count = 0
        while true {
            let bytes = read()
            if bytes.isEmpty { return count }
            count += bytes.count
        }
    }

    /// Sends the end of the stream; reading goes on.
    package func shutdownOutput() { _ = shutdown(descriptor, SHUT_WR.bits) }

    /// Ends both directions and wakes who waits; the descriptor closes with the object.
    package func end() { _ = shutdown(descriptor, SHUT_RDWR.bits) }

    static func open() throws -> Int32 {
        let descriptor = socket(AF_INET, SOCK_STREAM.bits, 0)
        guard descriptor >= 0 else {
            throw TestHostError.system("socket", unsafe String(cString: strerror(errno)))
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    /// A listening socket on a free loopback port (`port` 0) and its port.
    static func listen(port: UInt16 = 0, backlog: Int32 = 512) throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = try open()
        var address = loopback(port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            let generic = unsafe bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!
            if unsafe bind(descriptor, generic, length) != 0 { return -1 }
            if Foundation.listen(descriptor, backlog) != 0 { return -1 }
            return unsafe getsockname(descriptor, generic, &length)
        }
        guard result == 0 else {
            let reason = unsafe String(cString: strerror(errno))
            close(descriptor)
            throw TestHostError.system("listen", reason)
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}

// The constants' types differ between C libraries.
extension Int32 { fileprivate var bits: Int32 { self } }
extension Int { fileprivate var bits: Int32 { Int32(self) } }
#if canImport(Glibc)
    extension __socket_type { fileprivate var bits: Int32 { Int32(rawValue) } }
#endif

/// A loopback port that nothing listens on just now.
package func freePort() throws -> UInt16 {
    let (descriptor, port) = try BlockingSocket.listen()
    close(descriptor)
    return port
}
