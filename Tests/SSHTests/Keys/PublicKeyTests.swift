import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("Public keys")
struct PublicKeyTests {
    private static func encoding(_ fields: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        fields(&buffer)
        return [UInt8](buffer.bytes)
    }

    /// A modulus of `bits` that is odd and not negative.
    private static func modulus(bits: Int) -> [UInt8] {
        [0x80] + [UInt8](repeating: 0x5A, count: bits / 8 - 2) + [0x01]
    }

    @Test("An Ed25519 key has the bytes of RFC 8709")
    func ed25519() throws {
        // The point is the public key of RFC 8032 §7.1, test 1.
        let point = try #require(Hexadecimal.decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
        let blob = try #require(Hexadecimal.decode("0000000b7373682d6564323535313900000020")) + point
        let key = try PublicKey(blob: blob)
        #expect(key.verificationKey == .ed25519(point))
        #expect(key.algorithm == .ed25519)
        #expect(PublicKey(.ed25519(point)).blob == blob)
    }

    @Test("Keys of every type survive encoding and decoding", arguments: KeySample.all)
    func roundTrip(_ sample: KeySample) throws {
        let pair = try KeyPair.generate(sample.kind)
        #expect(pair.publicKey.algorithm == sample.algorithm)
        let decoded = try PublicKey(blob: pair.publicKey.blob)
        #expect(decoded == pair.publicKey)
        #expect(decoded.verificationKey == pair.publicKey.verificationKey)
    }

    @Test("A key cut off anywhere, or with a byte too many, is refused", arguments: KeySample.all)
    func truncation(_ sample: KeySample) throws {
        let blob = try KeyPair.generate(sample.kind).publicKey.blob
        for count in 0..<blob.count {
            #expect(throws: KeyError.self) { try PublicKey(blob: Array(blob.prefix(count))) }
        }
        #expect(throws: KeyError.wire(.trailingBytes(1))) { try PublicKey(blob: blob + [0]) }
    }

    @Test("A key with a flipped bit is another key or none", arguments: KeySample.all)
    func bitFlips(_ sample: KeySample) throws {
        let key = try KeyPair.generate(sample.kind).publicKey
        for flipped in key.blob.bitFlips {
            if let other = try? PublicKey(blob: flipped) {
                #expect(other != key)
                #expect(other.blob == flipped)
            }
        }
    }

    @Test("A compressed point, a point off the curve and another curve's name are refused")
    func ecdsa() throws {
        let key = try KeyPair.generate(.ecdsa(.p256)).publicKey
        guard case .ecdsa(_, let point) = key.verificationKey else { throw KeyError.malformed("no point") }
        func blob(_ curve: String, _ point: [UInt8]) -> [UInt8] {
            Self.encoding {
                $0.append(string: "ecdsa-sha2-nistp256")
                $0.append(string: curve)
                $0.append(string: point)
            }
        }
        #expect(try PublicKey(blob: blob("nistp256", point)) == key)
        var off = point
        off[64] ^= 1
        for bad in [
            blob("nistp384", point), blob("nistp256", [2] + point[1...32]), blob("nistp256", off), blob("nistp256", []),
            blob("nistp256", [4] + [UInt8](repeating: 0, count: 64)), blob("nistp256", point + [0]),
        ] {
            #expect(throws: KeyError.self) { try PublicKey(blob: bad) }
        }
    }

    @Test("RSA numbers that are negative, padded, too small or too large are refused")
    func rsa() throws {
        func blob(_ fields: [[UInt8]]) -> [UInt8] {
            Self.encoding { buffer in
                buffer.append(string: "ssh-rsa")
                for field in fields { buffer.append(string: field) }
            }
        }
        let good = [0] + Self.modulus(bits: 2048)
        #expect(try PublicKey(blob: blob([[1, 0, 1], good])).bitCount == 2048)
        for bad in [
            [[1, 0, 1], Self.modulus(bits: 2048)], [[1, 0, 1], [0] + good], [[0, 1, 0, 1], good], [[], good],
            [[1, 0, 1], [0] + Self.modulus(bits: 16392)], [[1, 0, 1], [0] + Self.modulus(bits: 512)], [[2], good],
            [[1], good], [[1, 0, 1]], [[1, 0, 1], good, good],
        ] {
            #expect(throws: KeyError.self) { try PublicKey(blob: blob(bad)) }
        }
    }

    @Test("The name of a signature algorithm is no type of key")
    func signatureName() {
        let blob = Self.encoding {
            $0.append(string: "rsa-sha2-256")
            $0.append(positiveInteger: [3])
            $0.append(positiveInteger: Self.modulus(bits: 2048))
        }
        #expect(throws: KeyError.self) { try PublicKey(blob: blob) }
    }

    @Test("A key of an unknown type is carried and verifies nothing")
    func opaque() throws {
        let blob = Self.encoding {
            $0.append(string: "sk-ssh-ed25519@openssh.com")
            $0.append(string: [1, 2, 3])
        }
        let key = try PublicKey(blob: blob)
        #expect(key.blob == blob)
        #expect(key.algorithm == .other("sk-ssh-ed25519@openssh.com"))
        #expect(key.bitCount == nil)
        #expect(throws: KeyError.unsupported(key.algorithm)) {
            try key.verify(signature: blob.rawSpan, message: blob.rawSpan, algorithm: key.algorithm)
        }
    }

    @Test("A name that is empty, too long or not printable is refused", arguments: ["", "a,b", "a b", "\u{7}", "é"])
    func names(_ name: String) {
        #expect(throws: KeyError.wire(.malformed("the name of an algorithm"))) {
            try PublicKey(blob: Self.encoding { $0.append(string: name) })
        }
        #expect(throws: KeyError.wire(.tooLong(65, limit: 64))) {
            try PublicKey(blob: Self.encoding { $0.append(string: String(repeating: "a", count: 65)) })
        }
    }

    @Test("A line is written and read, with and without a comment")
    func lines() throws {
        let key = try KeyPair.generate().publicKey
        for (text, comment) in [
            (key.line(), ""), (key.line(comment: "me at home"), "me at home"), ("\t" + key.line() + " \r\n", ""),
        ] {
            let parsed = try PublicKey.parse(line: [UInt8](text.utf8))
            #expect(parsed.key == key)
            #expect(parsed.comment == comment)
        }
        #expect(key.line(comment: "a\nb") == key.line() + " a\\nb")
    }

    @Test("A line that names another type, lacks the key or goes on is refused")
    func badLines() throws {
        let line = try KeyPair.generate().publicKey.line()
        for bad in [
            "", " ", "ssh-ed25519", line.replacing("ssh-ed25519", with: "ssh-rsa"), line + "\n" + line, line + "!",
            String(repeating: "a", count: 70_000),
        ] {
            #expect(throws: KeyError.self) { try PublicKey.parse(line: [UInt8](bad.utf8)) }
        }
    }
}
