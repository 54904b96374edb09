import Bytes

/// What can be chosen for connecting by TCP.
package struct ConnectOptions: Sendable {
    package var stream = StreamOptions()
    /// How long an attempt has the field to itself before the next address is tried too (RFC 8305 §5).
    package var attemptDelay = Limits.attemptDelay

    package init() {}
}

extension TCPStream {
    /// Connects to `host`, a name or an address, by whichever of its addresses answers first (RFC 8305).
    ///
    /// From any executor; the stream belongs to `loop`. Looking up and connecting take `timeout` together, nil waits for
    /// as long as the system does. The error has the kind of the most telling answer and lists every address's. When the
    /// task is cancelled, the attempts are closed and the error is `cancelled`.
    package static func connect(
        host: String, port: UInt16, on loop: EventLoop, timeout: Duration? = nil,
        options: ConnectOptions = ConnectOptions()
    ) async throws(ReactorError) -> TCPStream {
        let operation = "connect to \(host.visible()) port \(port)"
        return try await connect(operation, on: loop, options: options) { race in
            race.start(host: host, port: port, timeout: timeout)
        }
    }

    /// Connects to one of `addresses`, which are those of one host; otherwise as by name.
    package static func connect(
        addresses: [SocketAddress], on loop: EventLoop, timeout: Duration? = nil,
        options: ConnectOptions = ConnectOptions()
    ) async throws(ReactorError) -> TCPStream {
        precondition(!addresses.isEmpty, "there is nothing to connect to")
        return try await connect("connect", on: loop, options: options) { race in
            race.start(addresses: addresses, timeout: timeout)
        }
    }

    private static func connect(
        _ operation: String, on loop: EventLoop, options: ConnectOptions,
        start: @escaping @Sendable (ConnectionRace) -> Void
    ) async throws(ReactorError) -> TCPStream {
        try await loop.perform(operation) { completion in
            let race = ConnectionRace(loop: loop, options: options, operation: operation, completion: completion)
            start(race)
            return { race.cancel() }
        }.get()
    }
}
