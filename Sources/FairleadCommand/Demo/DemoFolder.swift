import Bytes
import Cryptography
import Errors
import Reactor
import Sessions

/// The temporary folder of a demo host: `files`, which its user sees, and beside it the host's `known_hosts`.
struct DemoFolder: Sendable {
    let path: RawPath
    private let files: FileSystem
    private let loop: EventLoop

    /// What the user sees as the whole host.
    var root: RawPath { path.appending("files") }
    var knownHosts: RawPath { path.appending("known_hosts") }

    /// Makes the folder, open to this user only, with the example files in it.
    static func make(on loop: EventLoop) async throws -> DemoFolder {
        let parent = ProcessContext.environment("TMPDIR").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
        let name = "fairlead-demo-\(Hexadecimal.encode(SystemRandom.bytes(8)))"
        let folder = DemoFolder(path: RawPath(parent).appending(RawPath(name)), loop: loop)
        do throws(ReactorError) {
            try await folder.files.mkdir(folder.path, permissions: 0o700)
            try await folder.files.mkdir(folder.root, permissions: 0o755)
            for example in DemoExamples.folders {
                try await folder.files.mkdir(folder.root.appending(RawPath(example)), permissions: 0o755)
            }
            for (name, content) in DemoExamples.files {
                try await folder.write(content, to: folder.root.appending(RawPath(name)))
            }
        } catch {
            await folder.remove()
            throw FairleadError(local: error, operation: "demo")
        }
        return folder
    }

    private init(path: RawPath, loop: EventLoop) {
        self.path = path
        self.loop = loop
        files = FileSystem(on: loop)
    }

    func write(_ content: [UInt8], to path: RawPath) async throws(ReactorError) {
        let file = try await File.open(path, [.write, .create, .exclusive], permissions: 0o644, on: loop)
        try await file.write(ByteBuffer(content), at: 0)
        try await file.close()
    }

    /// Removes the folder with everything in it, following no links; what cannot be removed stays.
    func remove() async {
        await remove(path, depth: 0)
    }

    /// Deeper than any path that the system takes, so that the recursion ends.
    private static let greatestDepth = 2048

    private func remove(_ folder: RawPath, depth: Int) async {
        guard depth < Self.greatestDepth, let entries = try? await files.scandir(folder) else { return }
        for entry in entries {
            let path = folder.appending(entry.name)
            guard let status = try? await files.lstat(path) else { continue }
            if status.kind == .directory {
                // A folder that its user has closed.
                if status.permissions & 0o700 != 0o700 { try? await files.chmod(path, permissions: 0o700) }
                await remove(path, depth: depth + 1)
            } else {
                try? await files.unlink(path)
            }
        }
        try? await files.rmdir(folder)
    }
}
