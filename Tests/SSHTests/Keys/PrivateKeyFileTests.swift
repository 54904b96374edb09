import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("Private key files")
struct PrivateKeyFileTests {
    private static let message = [UInt8]("a message to sign".utf8)

    private static func expectWorks(_ pair: KeyPair, _ publicKey: PublicKey) throws {
        #expect(pair.publicKey == publicKey)
        let algorithm = try #require(publicKey.algorithm.signatureAlgorithms.first)
        let signature = try pair.sign(message.rawSpan, algorithm: algorithm)
        try publicKey.verify(signature: signature.rawSpan, message: message.rawSpan, algorithm: algorithm)
    }

    /// The bytes between the armour's lines.
    private static func container(_ text: [UInt8]) throws -> [UInt8] {
        try PrivateKeyArmour.decode(text.rawSpan).withBytes { [UInt8]($0) }
    }

    private static func text(_ container: [UInt8]) -> [UInt8] {
        PrivateKeyArmour.encode(container.rawSpan).withBytes { [UInt8]($0) }
    }

    @Test("Plain keys of ssh-keygen are read", arguments: KeySample.all)
    func readPlain(_ sample: KeySample) throws {
        let folder = try TemporaryFolder()
        try sample.make(in: folder)
        let file = try PrivateKeyFile(contents: folder.read("id"))
        let publicKey = try PublicKey.parse(line: folder.read("id.pub")).key
        #expect(file.publicKey == publicKey)
        #expect(!file.isEncrypted)
        let pair = try file.keyPair()
        #expect(pair.comment == "a comment")
        try Self.expectWorks(pair, publicKey)
    }

    @Test("Encrypted keys of ssh-keygen are read", arguments: KeySample.all)
    func readEncrypted(_ sample: KeySample) throws {
        let folder = try TemporaryFolder()
        try sample.make(in: folder, passphrase: "pass phrase", options: ["-a", "2"])
        let file = try PrivateKeyFile(contents: folder.read("id"))
        #expect(file.isEncrypted)
        try Self.expectWorks(
            file.keyPair(passphrase: Secret(utf8: "pass phrase")),
            PublicKey.parse(line: folder.read("id.pub")).key)
    }

    @Test(
        "Every cipher that ssh-keygen writes is read, and tells a wrong passphrase",
        arguments: KeyFileCipher.allCases.filter { $0 != .none })
    func ciphers(_ cipher: KeyFileCipher) throws {
        let folder = try TemporaryFolder()
        try KeySample.all[0].make(in: folder, passphrase: "secret", options: ["-a", "1", "-Z", cipher.rawValue])
        let file = try PrivateKeyFile(contents: folder.read("id"))
        try Self.expectWorks(file.keyPair(passphrase: Secret(utf8: "secret")), file.publicKey)
        #expect(throws: PrivateKeyFileError.needsPassphrase) { try file.keyPair() }
        #expect(throws: PrivateKeyFileError.wrongPassphrase) { try file.keyPair(passphrase: Secret(utf8: "Secret")) }
        #expect(throws: PrivateKeyFileError.wrongPassphrase) { try file.keyPair(passphrase: Secret(utf8: "")) }
    }

    @Test("A cipher that is not read is named")
    func unknownCipher() throws {
        let folder = try TemporaryFolder()
        let name = "chacha20-poly1305@openssh.com"
        try KeySample.all[0].make(in: folder, passphrase: "secret", options: ["-a", "1", "-Z", name])
        #expect(throws: PrivateKeyFileError.unsupported(.cipher(name))) {
            try PrivateKeyFile(contents: folder.read("id"))
        }
    }

    @Test("ssh-keygen reads our plain and encrypted keys", arguments: KeySample.all, [nil, "pass phrase"])
    func keygenReads(_ sample: KeySample, passphrase: String?) throws {
        let pair = try KeyPair.generate(sample.kind, comment: "made here")
        let text = try PrivateKeyFile.text(of: pair, passphrase: passphrase.map { Secret(utf8: $0) })
            .withBytes { [UInt8]($0) }
        let folder = try TemporaryFolder()
        let path = try folder.write(text, to: "id")
        let publicKey = try OpenSSHProgram.keygen(["-y", "-P", passphrase ?? "", "-f", path]).text
        #expect(publicKey == pair.publicKey.line(comment: "made here") + "\n")
        let size = try #require(pair.publicKey.bitCount)
        #expect(
            try OpenSSHProgram.keygen(["-l", "-f", path]).text.hasPrefix("\(size) \(pair.publicKey.fingerprint) "))
        let again = try PrivateKeyFile(contents: text)
            .keyPair(passphrase: passphrase.map { Secret(utf8: $0) })
        #expect(again.comment == "made here")
        try Self.expectWorks(again, pair.publicKey)
    }

    @Test("The text of a file is the one that ssh-keygen writes for the same content")
    func armour() throws {
        let folder = try TemporaryFolder()
        try KeySample.all[0].make(in: folder)
        let text = try folder.read("id")
        #expect(Self.text(try Self.container(text)) == text)
        for count in 0..<200 {
            let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + count) }
            #expect(try Self.container(Self.text(content)) == content)
        }
    }

    @Test("An empty passphrase encrypts nothing")
    func emptyPassphrase() throws {
        let pair = try KeyPair.generate()
        #expect(throws: PrivateKeyFileError.needsPassphrase) {
            try PrivateKeyFile.text(of: pair, passphrase: Secret(utf8: ""))
        }
    }

    @Test("Other formats are named, with what to do", arguments: ["PEM", "PKCS8"], ["", "secret"])
    func otherFormats(_ format: String, passphrase: String) throws {
        let folder = try TemporaryFolder()
        try KeySample.all[4].make(in: folder, passphrase: passphrase, options: ["-m", format])
        let label =
            format == "PEM" ? "RSA PRIVATE KEY" : passphrase.isEmpty ? "PRIVATE KEY" : "ENCRYPTED PRIVATE KEY"
        let contents = try folder.read("id")
        #expect(throws: PrivateKeyFileError.unsupported(.pem(label: label))) {
            try PrivateKeyFile(contents: contents)
        }
        #expect(UnsupportedPrivateKey.pem(label: label).advice(file: "id").contains("ssh-keygen -p -f 'id'"))
        // The advice holds: what it names turns the file into one that is read.
        _ = try OpenSSHProgram.keygen(["-p", "-f", "\(folder.path)/id", "-P", passphrase, "-N", ""])
        #expect(try PrivateKeyFile(contents: folder.read("id")).keyPair().publicKey.algorithm == .rsa)
    }

    @Test("What is no private key at all is named")
    func noPrivateKey() throws {
        let publicKey = try KeyPair.generate().publicKey.line(comment: "me")
        for (text, expected) in [
            (publicKey, .publicKey), ("PuTTY-User-Key-File-3: ssh-ed25519\n", .putty),
            ("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n", .sshCom), ("", .unknownFormat), ("hello", .unknownFormat),
            ("-----BEGIN CERTIFICATE-----\n", .unknownFormat), ("-----BEGIN PUBLIC KEY-----\n", .publicKey),
        ] as [(String, UnsupportedPrivateKey)] {
            #expect(throws: PrivateKeyFileError.unsupported(expected)) {
                try PrivateKeyFile(contents: [UInt8](text.utf8))
            }
        }
        #expect(throws: PrivateKeyFileError.tooLarge(1 << 20 + 1)) {
            try PrivateKeyFile(contents: [UInt8](repeating: 0, count: 1 << 20 + 1))
        }
    }

    @Test("Halves of different keys are refused", arguments: KeySample.all)
    func mixedHalves(_ sample: KeySample) throws {
        let pair = try KeyPair.generate(sample.kind)
        let other = try KeyPair.generate(sample.kind)
        func file(_ section: Secret, _ publicKey: PublicKey) -> [UInt8] {
            var buffer = ByteBuffer(PrivateKeyFile.magic)
            buffer.append(string: "none")
            buffer.append(string: "none")
            buffer.append(string: "")
            buffer.append(1 as UInt32)
            buffer.append(string: publicKey.blob)
            section.withBytes { buffer.append(string: $0) }
            return Self.text([UInt8](buffer.bytes))
        }
        let section = PrivateKeySection.write(pair, blockLength: 8)
        let good = try PrivateKeyFile(contents: file(section, pair.publicKey)).keyPair()
        #expect(good.publicKey == pair.publicKey)
        let bad = try PrivateKeyFile(contents: file(section, other.publicKey))
        do {
            _ = try bad.keyPair()
            Issue.record("the halves were taken for one key")
        } catch .corrupt {
        }
    }

    @Test("A plain file cut off anywhere is refused")
    func truncation() throws {
        let text = try PrivateKeyFile.text(of: KeyPair.generate()).withBytes { [UInt8]($0) }
        // The last line break is not needed.
        for count in 0..<text.count - 1 {
            #expect(throws: PrivateKeyFileError.self) {
                try PrivateKeyFile(contents: Array(text.prefix(count))).keyPair()
            }
        }
        let container = try Self.container(text)
        for count in 0..<container.count {
            #expect(throws: PrivateKeyFileError.self) {
                try PrivateKeyFile(contents: Self.text(Array(container.prefix(count)))).keyPair()
            }
        }
    }

    @Test("A plain file with a flipped bit gives no other key", arguments: KeySample.all)
    func bitFlips(_ sample: KeySample) throws {
        let pair = try KeyPair.generate(sample.kind, comment: "c")
        let text = try PrivateKeyFile.text(of: pair).withBytes { [UInt8]($0) }
        var kept = 0
        for flipped in try Self.container(text).bitFlips {
            do throws(PrivateKeyFileError) {
                let read = try PrivateKeyFile(contents: Self.text(flipped)).keyPair()
                // The comment is not covered by anything.
                #expect(read.publicKey == pair.publicKey && read.comment != "c")
                kept += 1
            } catch {
                #expect(error != .wrongPassphrase && error != .needsPassphrase)
            }
        }
        #expect(kept <= 1)
    }

    @Test("An encrypted file with a flipped bit never traps")
    func encryptedBitFlips() throws {
        let pair = try KeyPair.generate()
        let passphrase = Secret(utf8: "secret")
        let text = try PrivateKeyFile.text(of: pair, passphrase: passphrase, rounds: 1).withBytes { [UInt8]($0) }
        let container = try Self.container(text)
        var refused = 0
        for (index, flipped) in container.bitFlips.enumerated() {
            guard let file = try? PrivateKeyFile(contents: Self.text(flipped)) else {
                refused += 1
                continue
            }
            // The section is the last part; flips before it may ask for many rounds.
            guard index > container.count - 100 else { continue }
            #expect(throws: PrivateKeyFileError.self) { try file.keyPair(passphrase: passphrase) }
        }
        #expect(refused > 50)
    }

    @Test("More rounds of bcrypt than anybody should wait for are refused, not tried")
    func hugeRounds() throws {
        var options = ByteBuffer()
        options.append(string: [UInt8](repeating: 1, count: 16))
        options.append(UInt32.max)
        let pair = try KeyPair.generate()
        var buffer = ByteBuffer(PrivateKeyFile.magic)
        buffer.append(string: "aes256-ctr")
        buffer.append(string: "bcrypt")
        buffer.append(string: options.bytes)
        buffer.append(1 as UInt32)
        buffer.append(string: pair.publicKey.blob)
        buffer.append(string: [UInt8](repeating: 0, count: 160))
        let file = try PrivateKeyFile(contents: Self.text([UInt8](buffer.bytes)))
        #expect(throws: PrivateKeyFileError.unsupported(.bcryptRounds(.max))) {
            try file.keyPair(passphrase: Secret(utf8: "secret"))
        }
    }

    @Test("RSA keys are generated within limits only", arguments: [0, 1024, 2047, 16385, Int.max, Int.min])
    func sizes(_ bits: Int) {
        #expect(throws: KeyError.self) { try KeyPair.generate(.rsa(bits: bits)) }
    }
}
