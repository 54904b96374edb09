import API
import Bytes
import Foundation
import Reactor
import TestHosts
import Testing

@Suite("Folders that requests may name files in", .timeLimit(.minutes(1)))
struct LocalFoldersTests {
    private let base: TestHosts.TemporaryDirectory
    private let folders: LocalFolders

    init() throws {
        base = try TestHosts.TemporaryDirectory()
        let manager = FileManager.default
        for name in ["files/inner", "keys", "outside"] {
            try manager.createDirectory(atPath: base.path(name), withIntermediateDirectories: true)
        }
        for name in ["files/a", "files/inner/b", "keys/id", "outside/secret", "filesX"] {
            try base.write("x", to: name)
        }
        for (link, target) in [
            ("files/out", "../outside"), ("files/leak", "../outside/secret"), ("files/good", "inner/b"),
            ("files/dangling", "../outside/new"), ("files/loop", "loop"),
        ] {
            try manager.createSymbolicLink(atPath: base.path(link), withDestinationPath: target)
        }
        folders = LocalFolders(
            [RawPath(base.path("files")), RawPath(base.path("keys"))], on: EventLoopGroup.shared.next())
    }

    @Test(
        "What is in them is found, also what is not there yet",
        arguments: [
            ("a", "files/a"), ("inner/b", "files/inner/b"), ("inner/../a", "files/a"), ("new", "files/new"),
            ("inner/new", "files/inner/new"), ("good", "files/inner/b"), ("inner/", "files/inner"),
        ])
    func found(name: String, path: String) async throws {
        #expect(try await folders.resolve(name) == RawPath(base.path(path)))
        #expect(try await folders.resolve(base.path("files/" + name)) == RawPath(base.path(path)))
    }

    @Test(
        "What leads out of them is refused",
        arguments: [
            "../outside/secret", "out/secret", "leak", "dangling", "out/new", "inner/../../outside/secret",
            "/etc/passwd",
            "../filesX", "loop", "nowhere/x", "/",
        ])
    func refused(name: String) async {
        await #expect(throws: LocalFolders.Refusal.self) { try await folders.resolve(name) }
    }

    @Test(
        "What is no name is refused",
        arguments: ["", ".", "..", "a\u{0}b", "inner/..", String(repeating: "x", count: 5000)])
    func malformed(name: String) async {
        await #expect(throws: LocalFolders.Refusal.self) { try await folders.resolve(name) }
    }

    @Test("The second folder is reached by its whole path alone")
    func second() async throws {
        #expect(try await folders.resolve(base.path("keys/id")) == RawPath(base.path("keys/id")))
        #expect(try await folders.resolve("id") == RawPath(base.path("files/id")))
    }
}
