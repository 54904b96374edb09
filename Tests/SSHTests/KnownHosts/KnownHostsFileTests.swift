import Bytes
import Testing

@testable import SSH

@Suite("known_hosts files")
struct KnownHostsFileTests {
    private static func file(_ text: String) -> KnownHostsFile {
        KnownHostsFile(path: "known_hosts", contents: [UInt8](text.utf8))
    }

    @Test("Any bytes come back as they were")
    func preservation() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = [UInt8]("\n\n\r #@|,!*? \tabc=\0é".utf8)
        for _ in 0..<500 {
            let contents = (0..<Int.random(in: 0..<200, using: &generator)).map { _ in alphabet.randomElement()! }
            let file = KnownHostsFile(path: "f", contents: contents)
            #expect(file.contents == contents)
            #expect(
                file.lines.count == contents.split(separator: 10, omittingEmptySubsequences: false).count
                    - (contents.isEmpty || contents.last == 10 ? 1 : 0))
        }
    }

    @Test("Each line is understood, kept as a comment, or named as broken")
    func contents() throws {
        let key = try KeyPair.generate().publicKey.line()
        let long = String(repeating: "a", count: KnownHostsLimits.lineLength)
        let file = Self.file(
            "# comment\n\n  \t\nhost \(key) me\n @revoked * \(key)\r\n@cert-authority\t*.a,b \(key)\n@other a \(key)\n"
                + "@revoked @revoked a \(key)\nhost\nhost ssh-ed25519\n@revoked\nhost # \(key)\nhost ssh-rsa AAAA\n"
                + "\(long) \(key)\nhost 1024 35 1234\nhost2 \(key)")
        #expect(file.lines.count == 16)
        let defects = file.defects
        #expect(defects.map(\.line) == [7, 8, 9, 10, 11, 12, 13, 14, 15])
        #expect(
            defects.map(\.defect) == [
                .unknownMarker, .unknownMarker, .incomplete, .incomplete, .incomplete, .incomplete, .incomplete,
                .tooLong(long.utf8.count + 1 + key.utf8.count), .incomplete,
            ])
        let markers = file.lines.compactMap { line -> KnownHostsFile.Marker? in
            guard case .entry(let entry) = line.content, entry.key != nil else { return nil }
            return entry.marker
        }
        #expect(markers == [.none, .revoked, .certificateAuthority, .none])
    }

    @Test(
        "Patterns match as in OpenSSH",
        arguments: [
            ("a.example", "a.example", true), ("A.Example", "a.example", true), ("a.example", "b.example", false),
            ("b,a", "a", true), ("*", "anything", true), ("*.example", "a.b.example", true),
            ("*.example", "example", false), ("?.example", "a.example", true), ("?.example", "ab.example", false),
            ("a*c*e", "abcde", true), ("a*c*f", "abcde", false), ("**", "", true), ("?", "", false),
            ("*.example,!b.example", "a.example", true), ("*.example,!b.example", "b.example", false),
            ("!b.example,*.example", "b.example", false), ("!b", "a", false), ("!*", "a", false),
            ("[a]:2222", "[a]:2222", true), ("[a]:2222", "a", false), ("[*]:2222", "[a]:2222", true),
            ("a,,b", "b", true), ("", "", false), ("!", "a", false), ("10.0.0.?", "10.0.0.7", true),
            ("abc", "ab", false), ("ab", "abc", false), ("*a", "aaab", false), ("*ab", "aaab", true),
        ])
    func patterns(_ field: String, _ name: String, _ expected: Bool) {
        #expect(HostPattern.matches([UInt8](field.utf8)[...], name: [UInt8](name.utf8)) == expected)
    }

    @Test("A hostile pattern takes no time to speak of", .timeLimit(.minutes(1)))
    func hostilePattern() {
        let pattern = [UInt8](String(repeating: "*a", count: 500).utf8)
        let name = [UInt8](String(repeating: "a", count: 400).utf8) + [UInt8(ascii: "b")]
        #expect(!HostPattern.matches(pattern[...], name: name))
        let field = [UInt8](Array(repeating: "*a*a*a*a*a*a*a*a", count: 3000).joined(separator: ",").utf8)
        #expect(!HostPattern.matches(field[...], name: name))
    }

    @Test(
        "Hashed names are those of OpenSSH",
        // From OpenSSH's regress/unittests/hostkeys/testdata/known_hosts.
        arguments: [
            ("sisyphus.example.com", "|1|z3xOIdT5ue3Vuf3MzT67kaioqjw=|GZhhe5uwDOBQrC9N4cCjpbLpSn4="),
            ("prometheus.example.com", "|1|mxnU8luzqWLvfVi5qBm5xVIyCRM=|9Epopft7LBd80Bf6RmWPIpwa8yU="),
            ("192.0.2.1", "|1|klvLmvh2vCpkNMDEjVvrE8SJWTg=|e/dqEEBLnbgqmwEesl4cDRu/7TM="),
        ])
    func hashedName(_ host: String, _ text: String) throws {
        let field = [UInt8](text.utf8)
        let parts = try #require(HostPattern.hashedParts(field[...]))
        let name = KnownHostName(host: host.uppercased())
        #expect(name.hashed(salt: parts.salt) == text)
        #expect(HostPattern.matches(field[...], name: name.bytes))
        #expect(!HostPattern.matches(field[...], name: KnownHostName(host: host, port: 2222).bytes))
    }

    @Test(
        "A broken hash matches nothing",
        arguments: [
            "|", "|1|", "|1||", "|1|z3xOIdT5ue3Vuf3MzT67kaioqjw=",
            "|2|z3xOIdT5ue3Vuf3MzT67kaioqjw=|GZhhe5uwDOBQrC9N4cCjpbLpSn4=", "|1|AAAA|GZhhe5uwDOBQrC9N4cCjpbLpSn4=",
            "|1|z3xOIdT5ue3Vuf3MzT67kaioqjw=|GZhhe5uwDOBQrC9N4cCjpbLpSn4=|",
            "|1|!3xOIdT5ue3Vuf3MzT67kaioqjw=|GZhhe5uwDOBQrC9N4cCjpbLpSn4=",
        ])
    func brokenHash(_ field: String) {
        #expect(!HostPattern.matches([UInt8](field.utf8)[...], name: [UInt8]("sisyphus.example.com".utf8)))
    }

    @Test("A line is added behind a line break, and reads back", arguments: KnownHostsFile.NameForm.allCases)
    func adding(_ form: KnownHostsFile.NameForm) throws {
        let key = try KeyPair.generate().publicKey
        for (text, isBroken) in [("", false), ("# c\n", false), ("# c", true), ("a b", true)] {
            var file = Self.file(text)
            let addition = try file.add(host: "Host.Example", port: 2222, key: key, form: form, comment: "me")
            #expect(file.contents == [UInt8](text.utf8) + addition)
            #expect((addition.first == UInt8(ascii: "\n")) == isBroken)
            #expect(addition.last == UInt8(ascii: "\n"))
            let known = KnownHosts(files: [file])
            let location = KnownHostsLocation(file: "known_hosts", line: text.isEmpty ? 1 : 2)
            #expect(known.lookup(host: "host.example", port: 2222, key: key) == .match(location))
            #expect(known.lookup(host: "host.example", key: key) == .unknown(otherTypesKnown: []))
            let shown = String(decoding: addition, as: UTF8.self)
            #expect(shown.contains("[host.example]:2222 ") == (form == .plain))
            #expect(shown.hasSuffix(" me\n"))
        }
    }

    @Test(
        "A name that would read back as something else is not written",
        arguments: [
            "", " ", "a b", "a,b", "*", "a?", "!a", "|a", "#a", "@a", "[a]", "a\n", "a\u{7F}",
            String(repeating: "a", count: 1025),
        ])
    func unwritable(_ host: String) throws {
        var file = Self.file("# c\n")
        let key = try KeyPair.generate().publicKey
        #expect(throws: KnownHostsError.self) { try file.add(host: host, key: key) }
        #expect(throws: KnownHostsError.self) { try file.add(host: host, key: key, form: .hashed) }
        #expect(file.contents == [UInt8]("# c\n".utf8))
    }

    @Test("A file cut off anywhere or with a flipped bit is read without a trap")
    func damage() throws {
        let key = try KeyPair.generate().publicKey
        var file = Self.file("# comment\n@revoked *,!a \(key.line())\n")
        _ = try file.add(host: "a", port: 22, key: key)
        _ = try file.add(host: "b", port: 2222, key: key, form: .hashed, comment: "c")
        let contents = file.contents
        let cuts = (0...contents.count).map { Array(contents.prefix($0)) }
        for damaged in cuts + Array(contents.bitFlips) {
            let file = KnownHostsFile(path: "f", contents: damaged)
            #expect(file.contents == damaged)
            let known = KnownHosts(files: [file])
            _ = known.decide(policy: .strict, host: "b", port: 2222, key: key)
            _ = file.defects
        }
    }
}
