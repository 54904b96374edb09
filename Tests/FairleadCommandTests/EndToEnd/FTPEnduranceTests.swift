import Foundation
import TestHosts
import Testing

/// How long the verbs are run again and again.
private enum Endurance {
    /// How often each verb runs; `FAIRLEAD_FTP_ROUNDS` asks for more.
    static let rounds = ProcessInfo.processInfo.environment["FAIRLEAD_FTP_ROUNDS"].flatMap { Int($0) } ?? 2
    static let minutes = rounds > 4 ? 30 : 3
    /// How long one run may take at most: less than any time-out that could hide that nothing went on.
    static let patience = Duration.seconds(20)
}

/// The same verbs over and over, as what goes wrong between libcurl and a server does so once in many times.
@Suite("FTP over and over", .timeLimit(.minutes(Endurance.minutes)))
struct FTPEnduranceTests {
    private static let cases: [(FTPServer.Product, FTPServer.Security)] = FTPServer.Product.installed.flatMap {
        product in
        FTPServer.Security.allCases.filter { security in product != .pureFTPd || security != .implicit }
            .map { security in (product, security) }
    }

    private struct Site: Sendable {
        let fairlead: FairleadProgram
        let server: FTPServer
        let here: TestHosts.TemporaryDirectory
        let options: [String]
        let address: String
        let content: [UInt8] = (0..<300_000).map { (number: Int) -> UInt8 in UInt8(truncatingIfNeeded: number &* 31) }

        init(_ server: FTPServer, _ security: FTPServer.Security) throws {
            fairlead = try FairleadProgram()
            here = try TestHosts.TemporaryDirectory()
            self.server = server
            var options = ["--password-file", try here.write(server.password, to: "password")]
            if security == .explicit { options.append("--tls") }
            if security != .none { options += ["--ca-file", try FTPCertificate.server.files.certificate] }
            self.options = options
            let root = server.root.replacingOccurrences(of: "/", with: "%2F")
            address =
                "\(security == .implicit ? "ftps" : "ftp")://\(server.user)@127.0.0.1:\(server.port)/\(root)%2F"
            try here.write(content, to: "f")
        }

        func run(_ verb: String, _ arguments: String...) async throws -> ProgramResult {
            let start = ContinuousClock.now
            let result = try await fairlead.run([verb] + options + arguments)
            let time = start.duration(to: .now)
            #expect(result.status == 0, "\(verb): \(result.status) \(result.errors)")
            #expect(time < Endurance.patience, "\(verb) took \(time)")
            return result
        }

        /// Every verb, `rounds` times, in a folder of its own.
        func loop(_ name: String, _ rounds: Int) async throws {
            _ = try await run("mkdir", address + name)
            for round in 0..<rounds {
                _ = try await run("put", here.path("f"), "\(address)\(name)/f")
                let list = try await run("ls", "-l", address + name)
                #expect(list.output.contains("300000") && list.output.contains(" f\n"), "\(round): \(list.output)")
                let cat = try await run("cat", "\(address)\(name)/f")
                #expect(cat.outputBytes.elementsEqual(content), "\(round): cat brought \(cat.outputBytes.count)")
                let target = "\(name) \(round)"
                _ = try await run("get", "\(address)\(name)/f", here.path(target))
                #expect(try here.read(target).elementsEqual(content), "\(round): get")
                try FileManager.default.removeItem(atPath: here.path(target))
            }
        }
    }

    @Test("One after the other", arguments: cases)
    func alone(product: FTPServer.Product, security: FTPServer.Security) async throws {
        let server = try await FTPServer.start(product, security)
        defer { server.stop() }
        try await Site(server, security).loop("d", Endurance.rounds)
    }

    @Test("Eight at once", arguments: cases)
    func crowd(product: FTPServer.Product, security: FTPServer.Security) async throws {
        let server = try await FTPServer.start(product, security)
        defer { server.stop() }
        let site = try Site(server, security)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 { group.addTask { try await site.loop("d\(number)", max(1, Endurance.rounds / 4)) } }
            try await group.waitForAll()
        }
    }
}
