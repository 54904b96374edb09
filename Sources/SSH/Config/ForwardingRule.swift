/// One forwarding of ssh_config(5): where to listen, and where connections go.
package struct ForwardingRule: Sendable, Hashable {
    /// One end of a forwarding.
    package enum End: Sendable, Hashable {
        /// A host, nil where none is named, and a port.
        case network(host: String?, port: UInt16)
        case socket(path: String)
        /// Wherever the client of a SOCKS proxy asks for.
        case socks
    }

    package var listener: End
    package var destination: End

    /// Whose connections are forwarded.
    enum Direction {
        case local, remote, dynamic
    }

    /// Reads `[host:]port:host:port` and the like, variables expanded; nil when it is none. `service` finds the port of a
    /// name.
    init?(
        _ text: String, _ direction: Direction, isDynamic: Bool,
        service: (String) throws(EvaluationStop) -> UInt16?
    ) throws(EvaluationStop) {
        guard let fields = Self.fields(text) else { return nil }
        func port(_ index: Int) throws(EvaluationStop) -> UInt16? { try Self.port(fields[index].text, service) }
        let listenPort: UInt16?
        switch (fields.count, isDynamic) {
        case (1, true) where fields[0].isPath, (2, true) where fields[0].isPath && fields[1].isPath:
            guard fields.count == 1 else { return nil }
            listener = .socket(path: fields[0].text)
            listenPort = nil
            destination = .socks
        case (1, true):
            listenPort = try port(0)
            listener = .network(host: nil, port: listenPort ?? 0)
            destination = .socks
        case (2, true) where !fields[1].isPath:
            listenPort = try port(1)
            listener = .network(host: fields[0].text, port: listenPort ?? 0)
            destination = .socks
        case (2, false) where fields[0].isPath && fields[1].isPath:
            listenPort = nil
            listener = .socket(path: fields[0].text)
            destination = .socket(path: fields[1].text)
        case (2, false) where fields[1].isPath:
            listenPort = try port(0)
            listener = .network(host: nil, port: listenPort ?? 0)
            destination = .socket(path: fields[1].text)
        case (3, false) where fields[0].isPath:
            listenPort = nil
            listener = .socket(path: fields[0].text)
            guard let number = try port(2), number > 0 else { return nil }
            destination = .network(host: fields[1].text, port: number)
        case (3, false) where fields[2].isPath:
            listenPort = try port(1)
            listener = .network(host: fields[0].text, port: listenPort ?? 0)
            destination = .socket(path: fields[2].text)
        case (3, false):
            listenPort = try port(0)
            listener = .network(host: nil, port: listenPort ?? 0)
            guard let number = try port(2), number > 0 else { return nil }
            destination = .network(host: fields[1].text, port: number)
        case (4, false):
            listenPort = try port(1)
            listener = .network(host: fields[0].text, port: listenPort ?? 0)
            guard let number = try port(3), number > 0 else { return nil }
            destination = .network(host: fields[2].text, port: number)
        case _: return nil
        }
        if case .network = listener {
            guard let listenPort, listenPort > 0 || direction == .remote else { return nil }
        }
        guard listener.hasFittingLength, destination.hasFittingLength else { return nil }
    }

    /// The number that `text` is or names; nil when it is none.
    static func port(
        _ text: String, _ service: (String) throws(EvaluationStop) -> UInt16?
    ) throws(EvaluationStop) -> UInt16? {
        if let number = SettingNumber.integer(text, 65_535) { return UInt16(number) }
        return try service(text)
    }

    private struct Field {
        var text: String
        var isPath: Bool
    }

    /// What stands between colons, in brackets or with backslashes where it has colons itself; at most four fields.
    private static func fields(_ text: String) -> [Field]? {
        var rest = Array(text.utf8)[...].drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let slash = UInt8(ascii: "/")
        var fields: [Field] = []
        while !rest.isEmpty {
            guard fields.count < 4 else { return nil }
            if rest.first == UInt8(ascii: "[") {
                let inner = rest.dropFirst().prefix { $0 != UInt8(ascii: "]") }
                rest = rest.dropFirst(inner.count + 1)
                guard rest.popFirst() != nil, rest.isEmpty || rest.first == UInt8(ascii: ":") else { return nil }
                rest = rest.dropFirst()
                fields.append(Field(text: String(decoding: inner, as: UTF8.self), isPath: inner.contains(slash)))
                continue
            }
            var bytes: [UInt8] = []
            var isPath = false
            while let byte = rest.popFirst(), byte != UInt8(ascii: ":") {
                if byte == UInt8(ascii: "\\") {
                    guard let next = rest.popFirst() else { return nil }
                    bytes.append(next)
                    continue
                }
                if byte == slash { isPath = true }
                bytes.append(byte)
            }
            fields.append(Field(text: String(decoding: bytes, as: UTF8.self), isPath: isPath))
        }
        return fields
    }
}

extension ForwardingRule.End {
    fileprivate var hasFittingLength: Bool {
        switch self {
        case .network(let host, _): (host?.utf8.count ?? 0) <= ConfigurationLimits.hostLength
        case .socket(let path): path.utf8.count <= ConfigurationLimits.socketPathLength
        case .socks: true
        }
    }

    /// The form of `ssh -G`.
    var printed: String {
        switch self {
        case .network(nil, let port): "\(port)"
        case .network(.some(let host), let port): "[\(host)]:\(port)"
        case .socket(let path): path
        case .socks: "[socks]:0"
        }
    }
}
