/// In which order the addresses of one host are tried.
enum AddressOrder {
    /// The addresses with their families alternating, beginning with the family of the first, and in their order
    /// otherwise (RFC 8305 §4, "First Address Family Count" 1).
    static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let first = addresses.first else { return [] }
        let preferred = addresses.filter { $0.family == first.family }
        let others = addresses.filter { $0.family != first.family }
        var order: [SocketAddress] = []
        for index in 0..<max(preferred.count, others.count) {
            if index < preferred.count { order.append(preferred[index]) }
            if index < others.count { order.append(others[index]) }
        }
        return order
    }
}
