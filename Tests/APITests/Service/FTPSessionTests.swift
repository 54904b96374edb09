import API
import Foundation
import TestHosts
import Testing

@Suite("Sessions by FTP", .timeLimit(.minutes(2)), .enabled(if: !FTPServer.Product.installed.isEmpty))
struct FTPSessionTests {
    @Test("Files are listed, streamed and copied; commands are for SSH", arguments: FTPServer.Product.installed)
    func session(product: FTPServer.Product) async throws {
        let host = try await FTPServer.start(product)
        defer { host.stop() }
        try await TestService.with { service in
            let body: JSONValue = [
                "host": .string(host.host), "port": .integer(Int64(host.port)), "username": .string(host.user),
                "password": .string(host.password),
            ]
            let made = try await service.ask("POST", "/connections/ftp", body)
            #expect(made.status == 201 && made.string("type") == "ftp", "\(made.text)")
            let base = "/connections/\(made.string("session_id"))"
            let root = host.root.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let content = [UInt8]((0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 13) })
            let local = try service.folder.write("", to: "source")
            try Data(content).write(to: URL(fileURLWithPath: local))
            let up = try await service.ask("PUT", "\(base)/content?path=\(root)%2Fup", more: ["-T", local])
            #expect(up.status == 201, "\(up.text)")
            let down = try await service.ask("GET", "\(base)/content?path=\(root)%2Fup")
            let isSame = down.bytes == content
            #expect(isSame)
            let files = try await service.ask("GET", "\(base)/files?path=\(root.isEmpty ? "/" : root)")
            #expect(files["files"]?.array?.compactMap { $0["name"]?.string } == ["up"], "\(files.text)")
            let copied = try await service.ask(
                "POST", "\(base)/download", ["remotePath": .string(host.root + "/up"), "localPath": "came"])
            #expect(copied.status == 200 && copied["size"] == 200_000, "\(copied.text)")
            let run = try await service.ask("POST", "\(base)/execute", ["command": "true"])
            #expect(run.status == 409 && run.string("detail").contains("SSH"))
            #expect(try await service.ask("DELETE", base).status == 200)
            let wrong = try await service.ask(
                "POST", "/connections/ftp",
                .object((body.members ?? []).filter { $0.name != "password" } + [("password", "wrong")]))
            #expect(wrong.status == 502 && wrong.string("category") == "authentication", "\(wrong.text)")
        }
    }
}
