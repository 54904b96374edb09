package import Bytes
package import Errors
package import Reactor
package import SSH

extension KeyPair {
    /// The key of a file without passphrase, and whether the file is closed to others; nil when there is no file.
    package static func read(
        _ path: RawPath, on loop: EventLoop
    ) async throws(FairleadError) -> (pair: KeyPair, isPrivate: Bool)? {
        guard let file = try await SmallFile.read(path, limit: KeyLimits.privateKeyFileLength, on: loop) else {
            return nil
        }
        var contents = file.bytes
        defer { contents.wipe() }
        do throws(PrivateKeyFileError) {
            let pair = try PrivateKeyFile(contents: contents.bytes).keyPair()
            return (pair, file.status.permissions & 0o077 == 0)
        } catch {
            throw FairleadError(
                .fileSystem, "\(path) is no private key that can be used: \(error)", operation: "read",
                path: path.description, cause: error)
        }
    }
}
