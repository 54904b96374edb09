import Bytes
import Cryptography
import Errors
import Reactor
import SSH
import Sessions

/// The private key by which clients know a server.
public struct HostKey: Sendable {
    let pair: KeyPair

    init(_ pair: KeyPair) {
        self.pair = pair
    }

    /// A new Ed25519 key, in memory alone.
    public static func generate() throws(FairleadError) -> HostKey {
        do throws(KeyError) { return HostKey(try KeyPair.generate()) } catch {
            throw FairleadError(.internal, "no key could be made: \(error)", operation: "make a host key", cause: error)
        }
    }

    /// The key in the file at `path`, in OpenSSH's format without passphrase. A file that others can read is refused.
    public static func load(at path: String) async throws(FairleadError) -> HostKey {
        guard let key = try await read(RawPath(path)) else {
            throw FairleadError(
                .fileSystem, "there is no host key at \(path)", operation: "read the host key", path: path,
                hint: "make one by ssh-keygen -t ed25519 -N '' -f \(path)")
        }
        return key
    }

    /// The key in the file at `path`; where there is none, a new one is made and written there, for this user alone.
    public static func loadOrCreate(at path: String) async throws(FairleadError) -> HostKey {
        let place = RawPath(path)
        if let key = try await read(place) { return key }
        let key = try generate()
        do {
            let text = try PrivateKeyFile.text(of: key.pair)
            let loop = EventLoopGroup.shared.next()
            let file = try await File.open(place, [.write, .create, .exclusive], permissions: 0o600, on: loop)
            try await file.write(text.withBytes { ByteBuffer($0) }, at: 0)
            try await file.fsync()
            try await file.close()
        } catch let error as ReactorError {
            // Somebody else has made it at the same time.
            if error.kind == .alreadyExists, let key = try await read(place) { return key }
            throw FairleadError(local: error, operation: "write the host key")
        } catch {
            throw FairleadError(.internal, "\(error)", operation: "write the host key", path: path, cause: error)
        }
        return key
    }

    private static func read(_ path: RawPath) async throws(FairleadError) -> HostKey? {
        guard let (pair, isPrivate) = try await KeyPair.read(path, on: EventLoopGroup.shared.next()) else { return nil }
        guard isPrivate else {
            throw FairleadError(
                .permission, "\(path) can be read by others", operation: "read the host key", path: path.description,
                hint: "run: chmod 600 \(path)")
        }
        return HostKey(pair)
    }

    /// `SHA256:…`, for people to compare.
    public var fingerprint: String { pair.publicKey.fingerprint.description }

    /// The public half as in a `.pub` file: `type base64`.
    public var publicLine: String { pair.publicKey.line() }

    /// The line of a `known_hosts` file that makes clients trust this key at `address`.
    public func knownHostsLine(for address: SSHServer.Address) -> String {
        "\(KnownHostName(host: address.host, port: address.port).text) \(publicLine)"
    }
}
