import Bytes
import Cryptography
import Errors
import Reactor
import SSH
import Sessions

extension KeyGenerate: Verb {
    package func run(_ console: Console) async throws -> ExitStatus {
        let local = ProcessContext.user
        let path = file ?? local.home.appending(RawPath(".ssh/id_\(kind.rawValue)"))
        let publicPath = RawPath(bytes: path.bytes + Array(".pub".utf8))
        let loop = CommandLoop.shared
        for path in [path, publicPath] where try await exists(path, loop) {
            throw FairleadError(
                .fileSystem, "\(path) exists already", operation: "generate", path: path.description,
                hint: "name another file with -f")
        }
        let passphrase: Secret? =
            switch self.passphrase {
            case .none: nil
            case .file(let file): try PasswordSource.file(file).read()
            case .prompt: try await Prompter().newPassphrase()
            }
        let comment = comment ?? "\(local.name)@\(ProcessContext.hostName)"
        let kind = signingKind
        let made = await loop.offload { () -> Result<(KeyPair, Secret), KeyFailure> in
            Result { () throws(KeyFailure) in try Self.make(kind, comment: comment, passphrase: passphrase) }
        }
        let (pair, text) = try made.mapError { failure in
            FairleadError(.internal, "the key could not be made: \(failure.text)", operation: "generate")
        }.get()
        if file == nil { try await makeFolder(path.parent, loop) }
        try await write(text.withBytes { ByteBuffer($0) }, to: path, permissions: 0o600, loop)
        let line = pair.publicKey.line(comment: pair.comment) + "\n"
        try await write(ByteBuffer(Array(line.utf8)), to: publicPath, permissions: 0o644, loop)
        try show(pair, path, publicPath, console)
        return .done
    }

    private struct KeyFailure: Error {
        let text: String
    }

    private static func make(
        _ kind: SigningKey.Kind, comment: String, passphrase: Secret?
    ) throws(KeyFailure) -> (KeyPair, Secret) {
        do {
            let pair = try KeyPair.generate(kind, comment: comment)
            return (pair, try PrivateKeyFile.text(of: pair, passphrase: passphrase))
        } catch {
            throw KeyFailure(text: "\(error)")
        }
    }

    private var signingKind: SigningKey.Kind {
        switch kind {
        case .ed25519: .ed25519
        case .rsa: .rsa(bits: bits)
        case .ecdsa: .ecdsa(bits == 384 ? .p384 : bits == 521 ? .p521 : .p256)
        }
    }

    private func show(_ pair: KeyPair, _ path: RawPath, _ publicPath: RawPath, _ console: Console) throws {
        let key = pair.publicKey
        guard !output.isJSON else {
            let members =
                JSON.members("file", of: path) + JSON.members("public_file", of: publicPath) + [
                    ("type", .string(key.algorithm.name)), ("bits", .integer(Int64(key.bitCount ?? 0))),
                    ("fingerprint", .string("\(key.fingerprint)")), ("comment", .string(pair.comment)),
                ]
            return try console.out(.object(members))
        }
        try console.out("\(key.fingerprint) \(pair.comment.visible()) (\(key.algorithm.family))\n")
        console.note("The private key is in \(path), the public one in \(publicPath).")
    }

    private func exists(_ path: RawPath, _ loop: EventLoop) async throws -> Bool {
        do throws(ReactorError) {
            _ = try await FileSystem(on: loop).lstat(path)
            return true
        } catch {
            guard error.kind == .notFound else { throw FairleadError(local: error, operation: "generate") }
            return false
        }
    }

    private func makeFolder(_ path: RawPath, _ loop: EventLoop) async throws {
        do throws(ReactorError) {
            try await FileSystem(on: loop).mkdir(path, permissions: 0o700)
        } catch {
            guard error.kind == .alreadyExists else { throw FairleadError(local: error, operation: "generate") }
        }
    }

    private func write(_ bytes: ByteBuffer, to path: RawPath, permissions: UInt32, _ loop: EventLoop) async throws {
        do throws(ReactorError) {
            let file = try await File.open(path, [.write, .create, .exclusive], permissions: permissions, on: loop)
            try await file.write(bytes, at: 0)
            try await file.fsync()
            try await file.close()
        } catch {
            throw FairleadError(local: error, operation: "generate")
        }
    }
}
