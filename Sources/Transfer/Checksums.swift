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
    ///
    /// A file that turns out longer than `size` bytes is read no further, since it differs anyway.
    package func remote(_ path: RawPath, size: UInt64) async throws(TransferError) -> (
        sha256: String, method: ChecksumMethod
    ) {
        do throws(RequestError) {
            // Servers that have it do not always announce it.
            let hashes = try await client.hashes(at: path, FileCheck(algorithms: ["sha256"]))
            if hashes.algorithm == "sha256", hashes.bytes.count == HashAlgorithm.sha256.digestLength {
                return (Hexadecimal.encode(hashes.bytes), .checkFile)
            }
        } catch {
            let failure = TransferError(error, at: path)
            if failure.endsConnection { throw failure }
        }
        if let sum = await command?(path) { return (sum.lowercased(), .command) }
        return (try await readBack(path, size), .readBack)
    }

    private func readBack(_ path: RawPath, _ size: UInt64) async throws(TransferError) -> String {
        do throws(RequestError) {
            let handle = try await client.open(path, .read)
            do throws(RequestError) {
                var digest = MessageDigest(.sha256)
                var offset: UInt64 = 0
                // Several pieces at a time would be faster; this is the last resort.
                while offset <= size {
                    let length = min(Self.pieceLength, await client.limits.readLength)
                    let piece = try await client.read(handle, offset: offset, length: length)
                    if piece.isEmpty { break }
                    digest.update(piece.bytes)
                    offset += UInt64(piece.count)
                }
                await client.abandon(handle)
                return Hexadecimal.encode(digest.finish())
            } catch {
                await client.abandon(handle)
                throw error
            }
        } catch {
            throw TransferError(error, at: path)
        }
    }

    /// The local file's.
    package func local(_ path: RawPath) async throws(TransferError) -> String {
        guard let sum = try await localUnlessCancelled(path) else { throw .cancelled }
        return sum
    }

    private func localUnlessCancelled(_ path: RawPath) async throws(TransferError) -> String? {
        do throws(ReactorError) {
            let file = try await File.open(path, .read, on: client.loop)
            var digest = MessageDigest(.sha256)
            var offset: UInt64 = 0
            while !Task.isCancelled {
                let piece = try await file.read(at: offset, count: Self.pieceLength)
                if piece.isEmpty { break }
                digest.update(piece.bytes)
                offset += UInt64(piece.count)
            }
            try await file.close()
            guard !Task.isCancelled else { return nil }
            return Hexadecimal.encode(digest.finish())
        } catch {
            throw .local(error, path: path)
        }
    }
}
