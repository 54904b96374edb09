/// The first line of a request (RFC 9112 §3): method, target and version with one space between them.
struct RequestLine {
    let method: HTTPMethod
    let target: RequestTarget
    let version: HTTPRequest.Version
    /// The host of a target in absolute form (RFC 9112 §3.2.2).
    let authority: ArraySlice<UInt8>?

    /// The line `bytes`, without its end.
    init(_ bytes: ArraySlice<UInt8>) throws(HTTPRefusal) {
        let name = bytes.prefix { $0.isTokenCharacter }
        guard !name.isEmpty, name.count <= HTTPLimits.method, name.endIndex < bytes.endIndex,
            bytes[name.endIndex] == 0x20
        else { throw .malformed("The method is not one.") }
        method = HTTPMethod(String(decoding: name, as: UTF8.self))

        let asked = bytes[(name.endIndex + 1)...].prefix { $0.isVisible }
        guard !asked.isEmpty, asked.endIndex < bytes.endIndex, bytes[asked.endIndex] == 0x20 else {
            throw .malformed("The request line has to be method, target and version.")
        }
        version = try Self.version(bytes[(asked.endIndex + 1)...])
        (target, authority) = try Self.target(asked, method)
    }

    private static func version(_ bytes: ArraySlice<UInt8>) throws(HTTPRefusal) -> HTTPRequest.Version {
        let start = bytes.startIndex
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), bytes[start + 5].isDigit,
            bytes[start + 6] == UInt8(ascii: "."), bytes[start + 7].isDigit
        else { throw .malformed("The version is not one.") }
        switch (bytes[start + 5], bytes[start + 7]) {
        case (0x31, 0x31): return .http11
        case (0x31, 0x30): return .http10
        default: throw HTTPRefusal(.versionNotSupported, "This version of HTTP is not spoken here.")
        }
    }

    private static func target(
        _ asked: ArraySlice<UInt8>, _ method: HTTPMethod
    ) throws(HTTPRefusal) -> (RequestTarget, ArraySlice<UInt8>?) {
        if case .connect = method { throw HTTPRefusal(.notImplemented, "This is not a proxy.") }
        if asked.first == Bytestring.slash {
            guard let target = RequestTarget(asked) else { throw .malformed("The target is not one.") }
            return (target, nil)
        }
        if case .options = method, asked.elementsEqual("*".utf8) { return (.asterisk, nil) }
        // Absolute form, in either scheme: what a proxy would send on.
        guard let scheme = asked.firstIndex(of: Bytestring.colon),
            ["http", "https"].contains(where: { asked[..<scheme].map(\.lowercased).elementsEqual($0.utf8) }),
            asked[(scheme + 1)...].starts(with: "//".utf8)
        else { throw .malformed("The target has to begin with a slash.") }
        let rest = asked[(scheme + 3)...]
        let authority = rest.prefix { $0 != Bytestring.slash && $0 != UInt8(ascii: "?") }
        let path = rest[authority.endIndex...]
        guard HostAuthority.isValid(authority), let target = RequestTarget(path.isEmpty ? [Bytestring.slash] : path)
        else { throw .malformed("The target is not one.") }
        return (target, authority)
    }
}
