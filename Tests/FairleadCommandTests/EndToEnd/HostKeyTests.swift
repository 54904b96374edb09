import Foundation
import TestHosts
import Testing

@Suite("Host keys of real hosts", .timeLimit(.minutes(2)))
struct HostKeyTests {
    let fairlead: FairleadProgram

    init() throws {
        fairlead = try FairleadProgram()
    }

    private func arguments(_ host: any TestHost, _ more: String...) throws -> [String] {
        ["exec", "-F", "none", "-p", "\(host.port)", "-i", try TestKeys.user.path(.ed25519)] + more + [
            host.host, "true",
        ]
    }

    @Test("strict refuses an unknown host without a terminal, with its fingerprint")
    func strict() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let result = try await fairlead.run(arguments(host))
            #expect(result.status == 79)
            #expect(result.errors.contains("is not known: ED25519 SHA256:"))
            #expect(!FileManager.default.fileExists(atPath: fairlead.home.path(".ssh")))
        }
    }

    @Test("strict asks on a terminal, shows the picture, and remembers the answer")
    func asks() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let refused = try await fairlead.start(arguments(host))
            await refused.wait(for: "+--[ED25519 256]--+")
            await refused.wait(for: "(yes/no/[fingerprint])")
            refused.type("no\n")
            #expect(await refused.status() == 79)
            let wrong = try await fairlead.start(arguments(host))
            await wrong.wait(for: "(yes/no/[fingerprint])")
            wrong.type("SHA256:AAAA\n")
            #expect(await wrong.status() == 79)
            let accepted = try await fairlead.start(arguments(host))
            await accepted.wait(for: "(yes/no/[fingerprint])")
            accepted.type("yes\n")
            #expect(await accepted.status() == 0)
            #expect(try await fairlead.run(arguments(host)).status == 0)
        }
    }

    @Test("accept-new remembers a new key in a file of the user's own, and refuses a changed one with file and line")
    func acceptNew() async throws {
        let host = try await OpenSSHServer.start(hostKeys: [.ed25519])
        let first = try await fairlead.run(arguments(host, "--host-key", "accept-new"))
        #expect(first.status == 0, "\(first.errors)")
        let file = fairlead.home.path(".ssh/known_hosts")
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        let folderMode =
            try FileManager.default.attributesOfItem(atPath: fairlead.home.path(".ssh"))[.posixPermissions] as? Int
        #expect(mode == 0o600 && folderMode == 0o700)
        #expect(try await fairlead.run(arguments(host)).status == 0)
        host.stop()
        // The same place, with another key of the same type.
        let other = readText(try TestKeys.user.path(.ed25519) + ".pub").split(separator: " ")[1]
        try fairlead.home.write("# first\n[127.0.0.1]:\(host.port) ssh-ed25519 \(other)\n", to: ".ssh/known_hosts")
        let again = try await OpenSSHServer.start(hostKeys: [.ed25519])
        defer { again.stop() }
        try fairlead.home.write("# first\n[127.0.0.1]:\(again.port) ssh-ed25519 \(other)\n", to: ".ssh/known_hosts")
        for policy in ["strict", "accept-new"] {
            let changed = try await fairlead.run(arguments(again, "--host-key", policy))
            #expect(changed.status == 79)
            #expect(changed.errors.contains("has changed"))
            #expect(changed.errors.contains("known_hosts:2"))
            #expect(changed.errors.components(separatedBy: "SHA256:").count == 3)
            #expect(changed.errors.split(separator: "\n").count == 1)
        }
        let off = try await fairlead.run(arguments(again, "--host-key", "off"))
        #expect(off.status == 0)
        #expect(off.errors.contains("WARNING"))
    }

    @Test("Names are hashed where the configuration says so, and found again")
    func hashed() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let first = try await fairlead.run(
                arguments(host, "--host-key", "accept-new", "-o", "HashKnownHosts=yes"))
            #expect(first.status == 0)
            #expect(readText(fairlead.home.path(".ssh/known_hosts")).hasPrefix("|1|"))
            #expect(try await fairlead.run(arguments(host)).status == 0)
        }
    }

    @Test("A host with several keys is asked for the one that is known")
    func knownType() async throws {
        try await with(try await OpenSSHServer.start()) { host in
            let line = readText(host.knownHosts).split(separator: "\n").first { $0.contains("ssh-rsa") } ?? ""
            let known = try fairlead.home.write("\(line)\n", to: "known")
            let result = try await fairlead.run(arguments(host, "-v", "--known-hosts", known))
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains("host key algorithm rsa-sha2-512"))
        }
    }
}
