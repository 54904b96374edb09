import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("KEXINIT")
struct KeyExchangeInitTests {
    /// Written by hand after RFC 4253 §7.1.
    private static let sample: [UInt8] = {
        var bytes: [UInt8] = [20] + (0..<16).map { UInt8($0) }
        for list in ["curve25519-sha256,x@y", "ssh-ed25519", "a", "b,c", "d", "e", "none", "zlib", "", "en"] {
            bytes += [0, 0, 0, UInt8(list.utf8.count)] + Array(list.utf8)
        }
        return bytes + [1, 0, 0, 0, 0]
    }()

    @Test("is read as RFC 4253 §7.1 writes it, and written back the same")
    func bytes() throws {
        let message = try KeyExchangeInit(decoding: Self.sample.rawSpan)
        #expect(message.cookie == (0..<16).map { UInt8($0) })
        #expect(message.keyExchange == ["curve25519-sha256", "x@y"])
        #expect(message.hostKeys == ["ssh-ed25519"])
        #expect(message.ciphersToServer == ["a"])
        #expect(message.ciphersToClient == ["b", "c"])
        #expect(message.macsToServer == ["d"])
        #expect(message.macsToClient == ["e"])
        #expect(message.compressionToServer == ["none"])
        #expect(message.compressionToClient == ["zlib"])
        #expect(message.languagesToServer == [])
        #expect(message.languagesToClient == ["en"])
        #expect(message.firstPacketFollows)
        #expect(message.encoded() == Self.sample)
    }

    @Test("Cut at any offset it throws, as with anything behind it")
    func truncated() {
        for end in 0..<Self.sample.count {
            let part = Array(Self.sample.prefix(end))
            #expect(throws: WireError.self, "\(end) bytes") { try KeyExchangeInit(decoding: part.rawSpan) }
        }
        #expect(throws: WireError.trailingBytes(1)) { try KeyExchangeInit(decoding: (Self.sample + [0]).rawSpan) }
    }

    @Test("A list with more names than the limit is refused")
    func tooMany() {
        var message = KeyExchangeInit(.defaults, role: .server, isFirst: true)
        message.macsToClient = (0...TransportLimits.algorithmCount).map { "m\($0)" }
        #expect(throws: WireError.self) { try KeyExchangeInit(decoding: message.encoded().rawSpan) }
        message.macsToClient.removeLast()
        #expect(throws: Never.self) { try KeyExchangeInit(decoding: message.encoded().rawSpan) }
    }

    @Test("Empty, over-long and unprintable names are refused", arguments: ["a,,b", ",a", "a,", "a b", "ä", "\u{1}"])
    func names(list: String) {
        var bytes: [UInt8] = [20] + [UInt8](repeating: 0, count: 16)
        bytes += [0, 0, 0, UInt8(list.utf8.count)] + Array(list.utf8)
        bytes += [UInt8](repeating: 0, count: 36 + 5)
        #expect(throws: WireError.self) { try KeyExchangeInit(decoding: bytes.rawSpan) }
    }

    @Test("The markers are sent in a connection's first exchange only", arguments: [Role.client, .server])
    func markers(role: Role) {
        let first = KeyExchangeInit(.defaults, role: role, isFirst: true)
        let later = KeyExchangeInit(.defaults, role: role, isFirst: false)
        let letter = role == .client ? "c" : "s"
        #expect(first.keyExchange.suffix(2) == ["ext-info-\(letter)", "kex-strict-\(letter)-v00@openssh.com"])
        #expect(later.keyExchange == first.keyExchange.dropLast(2))
        #expect(first.cookie != later.cookie)
    }
}
