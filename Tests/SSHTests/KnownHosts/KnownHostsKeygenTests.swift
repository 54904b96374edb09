import Bytes
import Cryptography
import Testing

@testable import SSH

@Suite("known_hosts as ssh-keygen sees it")
struct KnownHostsKeygenTests {
    private static let hosts: [(host: String, port: UInt16)] = [
        ("a.example", 22), ("b.example", 22), ("c.example", 22), ("a.example", 2222), ("10.0.0.1", 22), ("::1", 22),
        ("::1", 2222), ("x.wild.example", 22), ("not.wild.example", 22), ("unknown.example", 22),
    ]

    private static func text() throws -> String {
        var lines: [String] = []
        for (index, field) in [
            "a.example", "b.example,10.0.0.1", "[a.example]:2222", "::1", "[::1]:2222",
            "*.wild.example,!not.wild.example",
            "A.EXAMPLE", "@revoked b.example", "@cert-authority *.example",
        ].enumerated() {
            let key = try KeyPair.generate(index % 2 == 0 ? .ed25519 : .ecdsa(.p256)).publicKey
            lines.append("\(field) \(key.line(comment: "key \(index)"))")
        }
        return "# kept\n\n" + lines.joined(separator: "\n") + "\n"
    }

    /// What `ssh-keygen -F` finds: numbers of lines.
    private static func found(_ name: String, in path: String) throws -> [Int] {
        let outcome = try OpenSSHProgram.run("ssh-keygen", ["-F", name, "-f", path])
        return outcome.lines.compactMap { line in
            guard let range = line.firstRange(of: "found: line ") else { return nil }
            return Int(line[range.upperBound...].prefix { $0.isNumber })
        }
    }

    /// The numbers of all lines about the name, whatever their marker.
    private static func lines(_ name: KnownHostName, _ contents: [UInt8]) -> [Int] {
        KnownHostsFile(path: "f", contents: contents).lines.enumerated().compactMap { index, line in
            guard case .entry(let entry) = line.content, entry.key != nil, entry.matches(name) else { return nil }
            return index + 1
        }
    }

    @Test("Both find the same lines, plain and hashed")
    func find() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write([UInt8](try Self.text().utf8), to: "known_hosts")
        var total = 0
        for round in 0..<2 {
            if round == 1 { _ = try OpenSSHProgram.run("ssh-keygen", ["-H", "-f", path]) }
            let contents = try folder.read("known_hosts")
            #expect(String(decoding: contents, as: UTF8.self).contains("|1|") == (round == 1))
            for (host, port) in Self.hosts {
                let name = KnownHostName(host: host, port: port)
                let lines = Self.lines(name, contents)
                #expect(try Self.found(name.text, in: path) == lines, "\(name)")
                total += lines.count
            }
        }
        #expect(total > 20)
    }

    @Test("ssh-keygen finds what was added", arguments: KnownHostsFile.NameForm.allCases)
    func add(_ form: KnownHostsFile.NameForm) throws {
        let folder = try TemporaryFolder()
        var file = KnownHostsFile(path: "known_hosts", contents: [UInt8]("# first".utf8))
        var additions: [UInt8] = []
        for (host, port) in Self.hosts {
            additions += try file.add(host: host, port: port, key: KeyPair.generate().publicKey, form: form)
        }
        let path = try folder.write([UInt8]("# first".utf8) + additions, to: "known_hosts")
        for (index, (host, port)) in Self.hosts.enumerated() {
            #expect(try Self.found(KnownHostName(host: host, port: port).text, in: path) == [index + 2])
        }
        #expect(file.defects.isEmpty)
    }

    @Test("Both leave the same file when a host is removed", arguments: hosts)
    func remove(_ host: String, _ port: UInt16) throws {
        let folder = try TemporaryFolder()
        let contents = [UInt8](try Self.text().utf8)
        let path = try folder.write(contents, to: "known_hosts")
        let name = KnownHostName(host: host, port: port)
        _ = try OpenSSHProgram.run("ssh-keygen", ["-R", name.text, "-f", path])
        var file = KnownHostsFile(path: "known_hosts", contents: contents)
        let removed = file.remove(host: host, port: port)
        #expect(try file.contents == folder.read("known_hosts"))
        #expect(removed.isEmpty == (file.contents == contents))
        #expect(Set(removed.map(\.location.line)).isSubset(of: Self.lines(name, contents)))
    }
}
