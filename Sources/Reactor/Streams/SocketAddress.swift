import CUV

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An IPv4 or IPv6 address with a port.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Family: Sendable, Hashable {
        case ipv4
        case ipv6
    }

    package let family: Family
    /// The address as text, without brackets; a zone follows `%`.
    package let host: String
    package let port: UInt16

    /// The address that `host` spells, with nothing looked up; nil when it spells none.
    package init?(host: String, port: UInt16) {
        self.host = host
        self.port = port
        var address4 = sockaddr_in()
        var address6 = sockaddr_in6()
        if unsafe uv_ip4_addr(host, CInt(port), &address4) == 0 {
            family = .ipv4
        } else if unsafe uv_ip6_addr(host, CInt(port), &address6) == 0 {
            family = .ipv6
        } else {
            return nil
        }
    }

    /// The address in the system's form; nil for other families.
    init?(_ address: UnsafePointer<sockaddr>) {
        let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard unsafe uv_ip_name(address, buffer.baseAddress, buffer.count) == 0 else { return nil as String? }
            return unsafe buffer.baseAddress.map { unsafe String(cString: $0) }
        }
        guard let text else { return nil }
        // `sa_family` says which of the two structures the address is.
        switch CInt(unsafe address.pointee.sa_family) {
        case AF_INET:
            family = .ipv4
            host = text
            port = unsafe UnsafeRawPointer(address).load(as: sockaddr_in.self).sin_port.bigEndian
        case AF_INET6:
            family = .ipv6
            let address6 = unsafe UnsafeRawPointer(address).load(as: sockaddr_in6.self)
            host = address6.sin6_scope_id == 0 ? text : "\(text)%\(address6.sin6_scope_id)"
            port = address6.sin6_port.bigEndian
        default: return nil
        }
    }

    /// The address that `fill` writes: a libuv call such as `uv_tcp_getpeername`.
    init?(_ fill: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<CInt>) -> CInt) {
        var storage = sockaddr_storage()
        var count = CInt(MemoryLayout<sockaddr_storage>.size)
        let address = unsafe withUnsafeMutablePointer(to: &storage) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe fill(address, &count) == 0 else { return nil as SocketAddress? }
                return unsafe SocketAddress(UnsafePointer(address))
            }
        }
        guard let address else { return nil }
        self = address
    }

    /// Calls `body` with the address in the system's form.
    func withSystemAddress<R>(_ body: (UnsafePointer<sockaddr>) -> R) -> R {
        switch family {
        case .ipv4:
            var address = sockaddr_in()
            unsafe uv_ip4_addr(host, CInt(port), &address)
            return unsafe withUnsafePointer(to: &address) { address in
                unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
            }
        case .ipv6:
            var address = sockaddr_in6()
            unsafe uv_ip6_addr(host, CInt(port), &address)
            return unsafe withUnsafePointer(to: &address) { address in
                unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
            }
        }
    }

    /// The address alone: 4 bytes, or 16.
    package var bytes: [UInt8] {
        unsafe withSystemAddress { address in
            switch family {
            case .ipv4:
                let address = unsafe UnsafeRawPointer(address).load(as: sockaddr_in.self).sin_addr
                return unsafe withUnsafeBytes(of: address) { unsafe Array($0) }
            case .ipv6:
                let address = unsafe UnsafeRawPointer(address).load(as: sockaddr_in6.self).sin6_addr
                return unsafe withUnsafeBytes(of: address) { unsafe Array($0) }
            }
        }
    }

    /// `192.0.2.1:22` or `[2001:db8::1]:22`.
    package var description: String {
        switch family {
        case .ipv4: "\(host):\(port)"
        case .ipv6: "[\(host)]:\(port)"
        }
    }
}
