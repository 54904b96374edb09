package import Bytes
import Cryptography
import Reactor
package import SFTP

/// Computes the SHA-256 of files on both sides.
package struct Checksums: Sendable {
    /// Runs `sha256sum` for the path on the host; nil when that cannot be done there.
    package typealias Command = @Sendable (RawPath) async -> String?

    let client: FileTransferClient
    let command: Command?
    /// How much is read at once, in bytes.
    private static let pieceLength = 256 * 1024

    package init(client: FileTransferClient, command: Command?) {
        self.client = client
        self.command = command
    }

    /// The remote file's, by the cheapest way that the host offers.
    package func remote(_ path: RawPath) async throws(TransferError) -> (sha256: String, method: ChecksumMethod) {
        let extensions = await client.extensions
        if extensions.supports(.checkFileName) || extensions.supports(.checkFile) {
            if let hashes = try? await client.hashes(at: path, FileCheck(algorithms: ["sha256"])),
                hashes.algorithm == "sha256"
            {
                return (Hexadecimal.encode(hashes.bytes), .checkFile)
            }
        }
        if let sum = await command?(path) { return (sum, .command) }
        return (try await readBack(path), .readBack)
    }

    private func readBack(_ path: RawPath) async throws(TransferError) -> String {
        do throws(RequestError) {
            let handle = try await client.open(path, .read)
            do throws(RequestError) {
                var digest = MessageDigest(.sha256)
                var offset: UInt64 = 0
                // Several pieces at a time would be faster; this is the last resort.
                while true {
                    let piece = try await client.read(handle, offset: offset, length: Self.pieceLength - 1024)
                    if piece.isEmpty { break }
                    digest.update(piece.bytes)
                    offset += UInt64(piece.count)
                }
                try await client.close(handle)
                return Hexadecimal.encode(digest.finish())
            } catch {
                await client.abandon(handle)
                throw error
            }
        } catch {
            throw .remote(error, path: path)
        }
    }

    /// The local file's.
    package func local(_ path: RawPath) async throws(TransferError) -> String {
        do throws(ReactorError) {
            let file = try await File.open(path, .read, on: client.loop)
            var digest = MessageDigest(.sha256)
            var offset: UInt64 = 0
            while true {
                let piece = try await file.read(at: offset, count: Self.pieceLength)
                if piece.isEmpty { break }
                digest.update(piece.bytes)
                offset += UInt64(piece.count)
            }
            try await file.close()
            return Hexadecimal.encode(digest.finish())
        } catch {
            throw .local(error, path: path)
        }
    }
}
