import Fairlead
import Foundation
import Synchronization
import TestHosts
import Testing

@Suite("The library", .timeLimit(.minutes(3)))
struct LibraryTests {
    /// A server with a folder of its own, as the library makes it.
    private struct Box {
        let directory: TemporaryDirectory
        let server: SSHServer
        let address: SSHServer.Address
        let key: HostKey

        var folder: String { directory.path("box") }

        /// How to sign in as Ada, who trusts the server's key.
        var options: SSHClient.Options {
            var options = SSHClient.Options()
            options.hostKeys = .fingerprints([key.fingerprint])
            options.usesAgent = false
            options.keyFiles = ["/nowhere/key"]
            options.password = "open sesame"
            return options
        }
    }

    private func withBox(
        _ change: (inout SharedFolder) -> Void = { _ in },
        logins: any Logins = Accounts([.init("ada", password: "open sesame")]),
        observe: @escaping @Sendable (SSHServer.Event) -> Void = { _ in }, _ body: (Box) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path("box"), withIntermediateDirectories: false)
        let key = try await HostKey.loadOrCreate(at: directory.path("host_key"))
        var folder = SharedFolder(directory.path("box"))
        change(&folder)
        var options = SSHServer.Options()
        options.penalisesGuessing = false
        options.banner = "Files only.\n"
        let server = SSHServer(hostKey: key, logins: logins, folder: folder, options: options, observe: observe)
        let address = try await server.listen()
        let box = Box(directory: directory, server: server, address: address, key: key)
        let result: Result<Void, any Error>
        do { result = .success(try await body(box)) } catch { result = .failure(error) }
        await server.shutdown()
        try result.get()
    }

    private func visit(
        _ box: Box, as user: String = "ada", change: (inout SSHClient.Options) -> Void = { _ in },
        _ body: (SSHClient) async throws -> Void
    ) async throws {
        var options = box.options
        change(&options)
        try await SSHClient.withConnection(
            to: box.address.host, port: box.address.port, as: user, options: options, body)
    }

    /// Expects that `body` throws an error of one of these categories.
    private func expect(
        _ categories: FairleadError.Category..., at location: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Void
    ) async {
        var found: FairleadError.Category?
        do { try await body() } catch { found = (error as? FairleadError)?.category }
        #expect(
            found.map { categories.contains($0) } ?? false, "\(String(describing: found))", sourceLocation: location)
    }

    @Test("puts and gets files and folders, and looks at them")
    func files() async throws {
        try await withBox { box in
            try FileManager.default.createDirectory(
                atPath: box.directory.path("tree/inner"), withIntermediateDirectories: true)
            try box.directory.write([UInt8](repeating: 1, count: 70_000), to: "tree/one")
            try box.directory.write("two", to: "tree/inner/two")
            try await visit(box) { host in
                let put = try await host.put(box.directory.path("tree"), to: "copy", verifying: true)
                #expect(put.files == 2 && put.bytes == 70_003 && put.verified.count == 2)
                let listed = try await host.list("copy").map(\.name).sorted()
                #expect(listed == ["inner", "one"])
                let info = try await host.info("copy/one")
                #expect(info.kind == .file && info.size == 70_000 && info.name == "one")
                try await host.makeFolder("new")
                try await host.rename("copy/one", to: "new/uno")
                let got = try await host.get("new", to: box.directory.path("back"))
                #expect(got.files == 1 && got.bytes == 70_000)
                let isSame = try box.directory.read("back/uno") == [UInt8](repeating: 1, count: 70_000)
                #expect(isSame)
                try await host.remove("new/uno")
                try await host.removeFolder("new")
                let rest = try await host.list().map(\.name)
                #expect(rest == ["copy"])
                await expect(.fileSystem) { try await host.get("nothing", to: box.directory.path("x")) }
                await expect(.fileSystem) { _ = try await host.info("nothing") }
                await expect(.permission) { _ = try await host.run("id") }
                let counts = await box.server.connectionCounts
                #expect(counts == (1, 1))
            }
        }
    }

    @Test("refuses a host whose key is not known, and a user who cannot prove who it is")
    func refusals() async throws {
        let events = Mutex<[String]>([])
        try await withBox(observe: { event in events.withLock { $0.append("\(event)") } }) { box in
            let other = try HostKey.generate()
            for keys in [SSHClient.Options.HostKeys.known, .fingerprints([other.fingerprint])] {
                await expect(.authentication) {
                    try await visit(
                        box,
                        change: { options in
                            options.hostKeys = keys
                            options.knownHostsFile = box.directory.path("known_hosts")
                        }, { _ in })
                }
            }
            await expect(.authentication) { try await visit(box, change: { $0.password = "guess" }, { _ in }) }
            await expect(.authentication) { try await visit(box, as: "eve", { _ in }) }
            let busy = SSHServer(hostKey: other, logins: Accounts([]), folder: SharedFolder(box.folder))
            await expect(.network) { try await busy.listen(port: box.address.port) }
            let astray = SSHServer(hostKey: other, logins: Accounts([]), folder: SharedFolder("/nowhere"))
            await expect(.fileSystem) { try await astray.listen() }
        }
        #expect(events.withLock { $0.contains { $0.hasSuffix(": connected") } })
        #expect(events.withLock { !$0.contains { $0.contains("signed in") } })
    }

    @Test("remembers a new host where it is told to, and knows it the next time")
    func newHost() async throws {
        try await withBox { box in
            for keys in [SSHClient.Options.HostKeys.acceptNew, .known] {
                try await visit(
                    box,
                    change: { options in
                        options.hostKeys = keys
                        options.knownHostsFile = box.directory.path("known_hosts")
                    },
                    { host in
                        let listed = try await host.list()
                        #expect(listed.isEmpty)
                    })
            }
            #expect(readText(box.directory.path("known_hosts")) == box.key.knownHostsLine(for: box.address) + "\n")
        }
    }

    @Test("keeps to the quota, and changes nothing where it may only read")
    func bounds() async throws {
        try await withBox({ $0.quota = 50_000 }) { box in
            try box.directory.write([UInt8](repeating: 1, count: 40_000), to: "large")
            try await visit(box) { host in
                try await host.put(box.directory.path("large"), to: "one")
                await expect(.fileSystem) { try await host.put(box.directory.path("large"), to: "two") }
            }
        }
        try await withBox({ $0.isReadOnly = true }) { box in
            try Data("text".utf8).write(to: URL(fileURLWithPath: box.folder + "/one"))
            try await visit(box) { host in
                let rest = try await host.list().map(\.name)
                #expect(rest == ["one"])
                await expect(.permission) { try await host.makeFolder("new") }
                await expect(.permission) { try await host.remove("one") }
            }
        }
    }

    @Test("asks the program, by password, by key and by prompt")
    func questions() async throws {
        struct Members: Logins {
            let key: UserKey
            @concurrent func allows(_ attempt: LoginAttempt) async -> Bool {
                switch attempt.proof {
                case .password(let password): attempt.user == "ada" && password.matches("one-time 123")
                case .key(let key): attempt.user == "grace" && key == self.key
                }
            }
        }
        let key = try #require(UserKey(line: TestKeys.user.publicKey(.ed25519)))
        #expect(
            UserKey.all(in: "# none\n\n\(key.line) comment\nnonsense\n") == [key] && UserKey(line: "nonsense") == nil)
        try await withBox(logins: Members(key: key)) { box in
            let asked = Mutex<[SSHClient.Options.Question]>([])
            try await visit(
                box,
                change: { options in
                    options.password = nil
                    options.answer = { question in
                        asked.withLock { $0.append(question) }
                        return "one-time 123"
                    }
                },
                { host in
                    let listed = try await host.list()
                    #expect(listed.isEmpty)
                })
            #expect(asked.withLock { $0 } == [.prompt("Password: ", isSecret: true)])
            let path = try TestKeys.user.path(.ed25519, encrypted: true)
            try await visit(
                box, as: "grace",
                change: { options in
                    options.keyFiles = [path]
                    options.answer = { $0 == .passphrase(file: path) ? TestKeys.passphrase : nil }
                },
                { host in
                    let listed = try await host.list()
                    #expect(listed.isEmpty)
                })
        }
    }

    @Test("runs commands on OpenSSH and says how they ended", .enabled(if: Installed.openSSH))
    func commands() async throws {
        try await with(OpenSSHServer.start()) { host in
            var options = SSHClient.Options()
            options.knownHostsFile = host.knownHosts
            options.keyFiles = [try TestKeys.user.path(.ed25519)]
            options.usesAgent = false
            try await SSHClient.withConnection(to: "127.0.0.1", port: host.port, as: host.user, options: options) {
                client in
                let result = try await client.run("echo out; echo err >&2; exit 4")
                #expect(result.text == "out\n" && result.errors == Array("err\n".utf8) && result.status == 4)
                #expect(!result.isSuccess && result.signal == nil)
                let killed = try await client.run("kill -TERM $$")
                #expect(killed.status == nil && killed.signal == "TERM")
                let long = try await client.run("head -c 5000 /dev/zero", limit: 1000)
                #expect(long.output.count == 1000 && long.droppedCount == 4000)
            }
        }
    }

    @Test("host keys are written for this user alone, and others' are not taken")
    func hostKeys() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("key")
        await expect(.fileSystem) { _ = try await HostKey.load(at: path) }
        let made = try await HostKey.loadOrCreate(at: path)
        #expect(try await HostKey.loadOrCreate(at: path).publicLine == made.publicLine)
        #expect(try await HostKey.load(at: path).fingerprint == made.fingerprint)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        await expect(.permission) { _ = try await HostKey.load(at: path) }
        try directory.write("nonsense", to: "other")
        await expect(.fileSystem) { _ = try await HostKey.load(at: directory.path("other")) }
    }
}
