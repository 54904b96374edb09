package import Bytes
import Cryptography
import SFTP

/// What a command on a host is asked to hash.
package enum HashQuestion: Sendable, Hashable {
    /// Whole files; the answer has a sum for each, empty for one that cannot be read.
    case files([RawPath])
    /// Ranges of one file.
    case ranges(RawPath, [Range<UInt64>])
}

/// Finds the SHA-256 of a host's files by the cheapest way that the host offers.
struct RemoteChecksums {
    let client: FileTransferClient
    /// A command on the host.
    let hash: SFTPFileSystem.Hash?
    /// How much of a file that is read back is under way at once, in pieces.
    private static let piecesUnderWay = 16

    /// Of a whole file; one that turns out longer than `size` bytes is read no further, since it differs anyway.
    func whole(_ path: RawPath, size: UInt64) async throws(TransferError) -> (
        sha256: String, method: ChecksumMethod
    ) {
        // Servers that have it do not always announce it.
        if let sum = try await checkFile(path, nil) { return (sum, .checkFile) }
        if let sum = await hash?(.files([path]))?.first, !sum.isEmpty { return (sum.lowercased(), .command) }
        return (try await readBack(path, size), .readBack)
    }

    /// Of parts of a file, as long as nothing has to be read back for that.
    func parts(_ path: RawPath, _ ranges: [Range<UInt64>]) async throws(TransferError) -> [String]? {
        guard let first = ranges.first else { return [] }
        if let sum = try await checkFile(path, first), try await hashesRanges(path, ranges) {
            var sums = [sum]
            for range in ranges.dropFirst() {
                guard let sum = try await checkFile(path, range) else { return nil }
                sums.append(sum)
            }
            return sums
        }
        guard let sums = await hash?(.ranges(path, ranges)), sums.count == ranges.count else { return nil }
        return sums.map { $0.lowercased() }
    }

    /// Whether the server's sum of a range is that of the range, by one that does not begin at the start of the file:
    /// ProFTPD 1.3.8's is of something else.
    private func hashesRanges(_ path: RawPath, _ ranges: [Range<UInt64>]) async throws(TransferError) -> Bool {
        guard let range = ranges.first(where: { $0.lowerBound > 0 && !$0.isEmpty }) else { return true }
        let probe = range.lowerBound..<min(range.upperBound, range.lowerBound + Self.probeLength)
        guard let sum = try await checkFile(path, probe) else { return false }
        do throws(RequestError) {
            let handle = try await client.open(path, .read)
            do throws(RequestError) {
                let data = try await client.read(
                    handle, offset: probe.lowerBound, length: Int(probe.upperBound - probe.lowerBound))
                await client.abandon(handle)
                return Hexadecimal.encode(MessageDigest.digest(.sha256, of: data.bytes)) == sum
            } catch {
                await client.abandon(handle)
                throw error
            }
        } catch {
            throw TransferError(error, at: path)
        }
    }

    /// How much is read to know whether a server hashes ranges, in bytes.
    private static let probeLength: UInt64 = 1024

    /// How many files one command is asked for, at most.
    private static let filesPerCommand = 256
    /// Bytes of their paths, at most: a command has 128 KiB on Linux, and quoting makes them longer.
    private static let commandLength = 16 << 10

    /// Of whole files, nil for one that cannot be read; as long as nothing has to be read back for that.
    func each(_ paths: [RawPath]) async throws(TransferError) -> [String?]? {
        guard let first = paths.first else { return [] }
        if let sum = try await checkFile(first, nil) {
            var sums: [String?] = [sum]
            for path in paths.dropFirst() { sums.append(try await checkFile(path, nil)) }
            return sums
        }
        guard let hash else { return nil }
        var sums: [String?] = []
        var rest = paths[...]
        while !rest.isEmpty {
            var length = 0
            let part = rest.prefix(Self.filesPerCommand).prefix { path in
                length += path.bytes.count
                return length <= Self.commandLength || length == path.bytes.count
            }
            guard let answer = await hash(.files(Array(part))), answer.count == part.count else { return nil }
            sums += answer.map { $0.isEmpty ? nil : $0.lowercased() }
            rest = rest.dropFirst(part.count)
        }
        return sums
    }

    private func checkFile(_ path: RawPath, _ range: Range<UInt64>?) async throws(TransferError) -> String? {
        // A length of 0 would be the rest of the file.
        if let range, range.isEmpty { return Hexadecimal.encode(MessageDigest.digest(.sha256, of: [UInt8]().rawSpan)) }
        do throws(RequestError) {
            let hashes = try await client.hashes(
                at: path,
                FileCheck(
                    algorithms: ["sha256"], offset: range?.lowerBound ?? 0,
                    length: range.map { $0.upperBound - $0.lowerBound } ?? 0))
            guard hashes.algorithm == "sha256", hashes.bytes.count == HashAlgorithm.sha256.digestLength else {
                return nil
            }
            return Hexadecimal.encode(hashes.bytes)
        } catch {
            let failure = TransferError(error, at: path)
            if failure.endsConnection { throw failure }
            return nil
        }
    }

    private func readBack(_ path: RawPath, _ size: UInt64) async throws(TransferError) -> String {
        do throws(RequestError) {
            let handle = try await client.open(path, .read)
            do throws(RequestError) {
                var digest = MessageDigest(.sha256)
                let length = await client.limits.readLength
                var offset: UInt64 = 0
                reading: while offset <= size {
                    // Several pieces at a time, taken in their order.
                    let offsets = (0..<Self.piecesUnderWay).map { offset + UInt64($0 * length) }.filter { $0 <= size }
                    let client = client
                    let tasks = offsets.map { offset in
                        Task(executorPreference: client.loop) { () -> Result<ByteBuffer, RequestError> in
                            do throws(RequestError) {
                                return .success(try await client.read(handle, offset: offset, length: length))
                            } catch {
                                return .failure(error)
                            }
                        }
                    }
                    defer { for task in tasks { task.cancel() } }
                    for (task, start) in zip(tasks, offsets) {
                        let piece = await withTaskCancellationHandler {
                            await task.value
                        } onCancel: {
                            task.cancel()
                        }
                        let data = try piece.get()
                        digest.update(data.bytes)
                        offset = start + UInt64(data.count)
                        if data.isEmpty { break reading }
                        // Fewer bytes than asked for: what was asked for behind them comes anew.
                        if data.count < length { continue reading }
                    }
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
}
