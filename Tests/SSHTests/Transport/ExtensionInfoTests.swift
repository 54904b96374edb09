import Bytes
import Testing

@testable import SSH

@Suite("EXT_INFO")
struct ExtensionInfoTests {
    private static func message(_ pairs: [(String, [UInt8])], count: UInt32? = nil) -> [UInt8] {
        payload { buffer in
            buffer.append(MessageNumber.extensionInfo.rawValue)
            buffer.append(count ?? UInt32(pairs.count))
            for (name, value) in pairs {
                buffer.append(string: name)
                buffer.append(string: value)
            }
        }
    }

    @Test("tells signature algorithms and ping; unknown extensions have no effect")
    func known() throws {
        var info = ExtensionInfo()
        try info.merge(
            decoding: Self.message([
                ("server-sig-algs", Array("ssh-ed25519,rsa-sha2-512".utf8)), ("odd\u{1}@x", [0, 255]),
                ("ping@openssh.com", Array("0".utf8)),
            ]).rawSpan)
        #expect(info.signatureAlgorithms == ["ssh-ed25519", "rsa-sha2-512"])
        #expect(info.supportsPing)
        #expect(info.names.count == 3)
        #expect(!info.names.contains { $0.utf8.contains(1) })
    }

    @Test("has the bytes of RFC 8308 §2.3")
    func bytes() throws {
        var info = ExtensionInfo()
        let bytes: [UInt8] =
            [7, 0, 0, 0, 1, 0, 0, 0, 15] + Array("server-sig-algs".utf8) + [0, 0, 0, 7] + Array("ssh-rsa".utf8)
        try info.merge(decoding: bytes.rawSpan)
        #expect(info.signatureAlgorithms == ["ssh-rsa"])
    }

    @Test("Ping of another version than 0 is not ours")
    func pingVersion() throws {
        var info = ExtensionInfo()
        try info.merge(decoding: Self.message([("ping@openssh.com", Array("1".utf8))]).rawSpan)
        #expect(!info.supportsPing)
    }

    @Test("throws when it is cut at any offset, or something follows")
    func truncated() throws {
        let whole = Self.message([("server-sig-algs", [65]), ("x", [])])
        for end in 1..<whole.count {
            let part = Array(whole.prefix(end))
            #expect(throws: WireError.self) {
                var info = ExtensionInfo()
                try info.merge(decoding: part.rawSpan)
            }
        }
        #expect(throws: WireError.trailingBytes(1)) {
            var info = ExtensionInfo()
            try info.merge(decoding: (whole + [0]).rawSpan)
        }
    }

    @Test("An absurd count or length is refused before anything is held")
    func limits() throws {
        #expect(throws: WireError.tooLong(Int(UInt32.max), limit: TransportLimits.extensionCount)) {
            var info = ExtensionInfo()
            try info.merge(decoding: Self.message([], count: .max).rawSpan)
        }
        let long = [UInt8](repeating: 65, count: TransportLimits.extensionLength + 1)
        #expect(throws: WireError.tooLong(long.count, limit: TransportLimits.extensionLength)) {
            var info = ExtensionInfo()
            try info.merge(decoding: Self.message([("server-sig-algs", long)]).rawSpan)
        }
    }
}
