import Foundation
import TestHosts
import Testing

/// `fairlead` with URLs of FTP servers.
@Suite("FTP servers by the command", .timeLimit(.minutes(2)))
struct FTPVerbTests {
    private struct Site {
        let fairlead: FairleadProgram
        let server: FTPServer
        let here: TestHosts.TemporaryDirectory
        let security: FTPServer.Security

        init(_ server: FTPServer, _ security: FTPServer.Security) throws {
            fairlead = try FairleadProgram()
            here = try TestHosts.TemporaryDirectory()
            self.server = server
            self.security = security
        }

        /// The URL of `path` below the server's root; `userInfo` ends in `@`.
        func url(_ path: String = "", userInfo: String? = nil) -> String {
            let scheme = security == .implicit ? "ftps" : "ftp"
            let root = server.root.replacingOccurrences(of: "/", with: "%2F")
            return "\(scheme)://\(userInfo ?? "\(server.user)@")127.0.0.1:\(server.port)/\(root)%2F\(path)"
        }

        func options() throws -> [String] {
            let password = try here.write(server.password, to: "password")
            var options = ["--password-file", password]
            if security == .explicit { options.append("--tls") }
            if security != .none { options += ["--ca-file", try FTPCertificate.server.files.certificate] }
            return options
        }

        func run(_ verb: String, _ arguments: String..., options: [String]? = nil) async throws -> ProgramResult {
            try await fairlead.run([verb] + (options ?? self.options()) + arguments)
        }
    }

    private static func with(
        _ product: FTPServer.Product, _ security: FTPServer.Security, _ body: (Site) async throws -> Void
    ) async throws {
        let server = try await FTPServer.start(product, security)
        defer { server.stop() }
        try await body(try Site(server, security))
    }

    private static let cases: [(FTPServer.Product, FTPServer.Security)] = FTPServer.Product.installed.flatMap {
        product in
        FTPServer.Security.allCases.filter { security in product != .pureFTPd || security != .implicit }
            .map { security in (product, security) }
    }

    @Test("Every verb for files", arguments: cases)
    func verbs(product: FTPServer.Product, security: FTPServer.Security) async throws {
        try await Self.with(product, security) { site in
            let content: [UInt8] = (0..<300_000).map { (number: Int) -> UInt8 in UInt8(truncatingIfNeeded: number &* 31)
            }
            let file = try site.here.write(content, to: "f")
            func good(_ result: ProgramResult, _ what: String) {
                #expect(result.status == 0, "\(what): \(result.errors)")
            }
            good(try await site.run("mkdir", site.url("d")), "mkdir")
            good(try await site.run("put", "--verify", file, site.url("d/f")), "put")
            let list = try await site.run("ls", "-l", site.url("d"))
            #expect(list.output.contains("300000") && list.output.contains(" f\n"), "\(list.output)\(list.errors)")
            let stat = try await site.run("stat", "--json", site.url("d/f"))
            #expect(
                stat.output.contains("\"size\":300000") || stat.output.contains("\"size\": 300000"), "\(stat.output)")
            let cat = try await site.run("cat", site.url("d/f"))
            #expect(cat.outputBytes.elementsEqual(content), "\(cat.errors)")
            let sum = try await site.run("checksum", site.url("d/f"))
            let expected = try await runProgram("sha256sum", [file])
            #expect(sum.output.prefix(64) == expected.output.prefix(64), "\(sum.errors)")
            good(try await site.run("mv", site.url("d/f"), "\(site.server.root)/d/g"), "mv")
            good(try await site.run("get", site.url("d"), site.here.path("back")), "get")
            #expect(try site.here.read("back/g").elementsEqual(content))
            good(try await site.run("cp", site.url("d/g"), site.url("d/h")), "cp")
            let sync = try await site.run("sync", "--delete", site.here.path("back"), site.url("d"))
            good(sync, "sync")
            let names = try await site.run("ls", site.url("d"))
            #expect(names.output == "g\n", "\(names.output)\(names.errors)")
            let missing = try await site.run("cat", site.url("d/nothing"))
            #expect(missing.status == 66, "\(missing.errors)")
            good(try await site.run("rm", "-r", site.url("d")), "rm")
            #expect(try FileManager.default.contentsOfDirectory(atPath: site.server.directory).isEmpty)
        }
    }

    @Test(
        "TLS is checked, pinned, or left unchecked with a warning", .enabled(if: Installed.proFTPDWithTLS, "no ProFTPD")
    )
    func certificates() async throws {
        try await Self.with(.proFTPD, .explicit) { site in
            let password = ["--password-file", try site.here.write(site.server.password, to: "password"), "--tls"]
            let unknown = try await site.run("ls", site.url(), options: password)
            #expect(unknown.status == 79 && unknown.errors.contains("certificate"), "\(unknown.errors)")
            let insecure = try await site.run("ls", site.url(), options: password + ["--insecure"])
            #expect(insecure.status == 0 && insecure.errors.contains("not checked"), "\(insecure.errors)")
            let pin = try FTPCertificate.server.pin
            let pinned = try await site.run("ls", site.url(), options: password + ["--insecure", "--pin", pin])
            #expect(pinned.status == 0 && pinned.errors.isEmpty, "\(pinned.errors)")
            let other = try FTPCertificate.stranger.pin
            let wrong = try await site.run("ls", site.url(), options: password + ["--insecure", "--pin", other])
            #expect(wrong.status == 79 && wrong.errors.contains("--pin"), "\(wrong.errors)")
            let plain = try await site.run("ls", site.url(), options: Array(password.dropLast()))
            #expect(plain.status == 79 || plain.status == 65, "\(plain.errors)")
            let useless = try await site.run("ls", site.url(), options: Array(password.dropLast()) + ["--insecure"])
            #expect(useless.status == 78 && useless.errors.contains("--tls"), "\(useless.errors)")
            let malformed = try await site.run("ls", site.url(), options: password + ["--pin", "x"])
            #expect(malformed.status == 2, "\(malformed.errors)")
        }
    }

    @Test(
        "Passwords come from a URL with a warning, or from a prompt",
        .enabled(if: Installed.proFTPDWithTLS, "no ProFTPD"))
    func passwords() async throws {
        try await Self.with(.proFTPD, .none) { site in
            let encoded = site.server.password.replacingOccurrences(of: " ", with: "%20")
            let inURL = try await site.run(
                "ls", site.url(userInfo: "\(site.server.user):\(encoded)@"), options: [])
            #expect(inURL.status == 0 && inURL.errors.contains("seen by every user"), "\(inURL.errors)")
            #expect(!inURL.errors.contains(site.server.password))
            let wrong = try await site.run("ls", site.url(userInfo: "\(site.server.user):wrong@"), options: [])
            #expect(wrong.status == 79 && wrong.errors.contains("530"), "\(wrong.errors)")
            let none = try await site.run("ls", site.url(), options: [])
            #expect(none.status == 79 && none.errors.contains("terminal"), "\(none.errors)")
            let exec = try await site.run("exec", site.url(), "true", options: [])
            #expect(exec.status == 2 && exec.errors.contains("FTP has no commands"), "\(exec.errors)")
        }
    }

    @Test("Nobody there is an error of the network")
    func nobody() async throws {
        let fairlead = try FairleadProgram()
        let result = try await fairlead.run(["ls", "ftp://127.0.0.1:1/"])
        #expect(result.status == 69, "\(result.errors)")
    }
}
