import Bytes
import Cryptography
import FTP
import Reactor
import SFTP

/// A file of an FTP server, which is a stream of bytes in one direction at a time: reads and writes that follow each other
/// share one, others begin a new one.
actor FTPOpenFile: OpenFile {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    nonisolated let path: RawPath
    private nonisolated let system: FTPFileSystem
    private nonisolated let client: FTPClient
    private let mode: OpenMode
    /// What the server has of a file that is written, in bytes; nil when there is none.
    private var present: UInt64?
    /// Where what is there ends that counts, when there is more.
    private var cut: UInt64?
    private var hasWritten = false
    private var download: FTPDownload?
    private var upload: FTPUpload?
    /// Where the stream is.
    private var position: UInt64 = 0
    private var reads = 0
    /// Reads that wait for the ones under way, since they need another stream.
    private var waiting:
        [(offset: UInt64, length: Int, completion: @Sendable (Result<ByteBuffer, TransferError>) -> Void)] =
            []

    /// - Parameter present: how much of a file that is gone on with is there.
    init(_ path: RawPath, _ mode: OpenMode, of system: FTPFileSystem, _ client: FTPClient, present: UInt64?) {
        loop = client.loop
        self.path = path
        self.system = system
        self.client = client
        self.mode = mode
        self.present = present
    }

    /// Bytes that wait for the server to take them.
    nonisolated var bytesWanted: Int { 4 << 20 }
    nonisolated var readLength: Int { 256 << 10 }
    nonisolated var writeLength: Int { 256 << 10 }
    nonisolated var roundTrip: UInt64? { nil }
    nonisolated var gathersWrites: Bool { false }

    // MARK: Reading

    nonisolated func read(
        at offset: UInt64, length: Int, _ completion: @escaping @Sendable (Result<ByteBuffer, TransferError>) -> Void
    ) {
        assumeIsolated { file in
            file.waiting.append((offset, length, completion))
            file.readOn()
        }
    }

    nonisolated func read(
        _ ranges: [Range<UInt64>], _ completion: @escaping @Sendable ([Result<ByteBuffer, TransferError>]) -> Void
    ) {
        preconditionFailure("a server is asked for one range at a time")
    }

    private func readOn() {
        while let next = waiting.first {
            if download == nil || position != next.offset {
                guard reads == 0 else { return }
                download?.stop()
                do throws(FTPError) { download = try client.download(path, from: next.offset) } catch {
                    waiting.removeFirst()
                    next.completion(.failure(TransferError(error, at: path)))
                    continue
                }
                position = next.offset
            }
            waiting.removeFirst()
            reads += 1
            position += UInt64(next.length)
            download?.read(next.length) { result in
                self.loop.execute { self.assumeIsolated { $0.received(result, next.length, next.completion) } }
            }
        }
    }

    private func received(
        _ result: Result<ByteBuffer, FTPError>, _ length: Int,
        _ completion: @Sendable (Result<ByteBuffer, TransferError>) -> Void
    ) {
        reads -= 1
        if case .success(let data) = result {
            system.note(moved: data.count)
            // The end of the file, where whoever asks again gets nothing.
            if data.count < length, reads == 0, waiting.isEmpty { position -= UInt64(length - data.count) }
        } else {
            download = nil
        }
        completion(result.mapError { TransferError($0, at: path) })
        readOn()
    }

    // MARK: Writing

    nonisolated func write(
        _ pieces: [ByteBuffer], at offset: UInt64,
        _ completion: @escaping @Sendable (Result<Void, TransferError>) -> Void
    ) {
        assumeIsolated { $0.append(pieces, at: offset, completion) }
    }

    private func append(
        _ pieces: [ByteBuffer], at offset: UInt64,
        _ completion: @escaping @Sendable (Result<Void, TransferError>) -> Void
    ) {
        let path = path
        do throws(FTPError) {
            let upload = try startUpload(at: offset)
            guard offset >= position else { throw .unsupported("writing a file out of order") }
            // A hole of the source.
            fill(upload, to: offset)
            let count = pieces.reduce(0) { $0 + $1.count }
            position += UInt64(count)
            let loop = loop
            for (index, piece) in pieces.enumerated() {
                let isLast = index == pieces.count - 1
                upload.write(piece) { result in
                    guard isLast else { return }
                    loop.execute {
                        if case .success = result { self.system.note(moved: count) }
                        completion(result.mapError { TransferError($0, at: path) })
                    }
                }
            }
        } catch {
            completion(.failure(TransferError(error, at: path)))
        }
    }

    /// The stream that writes, begun at what is there if there is none.
    private func startUpload(at offset: UInt64) throws(FTPError) -> FTPUpload {
        if let upload { return upload }
        download?.stop()
        download = nil
        let present = present ?? 0
        let start: UploadStart
        switch (offset, present) {
        case (_, 0): (start, position) = (.anew, 0)
        case (0, _): (start, position) = (.anew, 0)
        case (let offset, let present) where offset >= present: (start, position) = (.appending(present), present)
        case (let offset, _): (start, position) = (.at(offset), offset)
        }
        let upload = try client.upload(path, start)
        self.upload = upload
        hasWritten = true
        return upload
    }

    /// Zeros that are given at once, in bytes.
    private static let zerosLength = 256 << 10

    private func fill(_ upload: FTPUpload, to offset: UInt64) {
        while position < offset {
            var zeros = ByteBuffer()
            let count = Int(min(UInt64(Self.zerosLength), offset - position))
            zeros.append(repeating: 0, count: count)
            upload.write(zeros) { _ in }
            position += UInt64(count)
        }
    }

    /// Waits until the server has everything that was written.
    private func settle() async throws(TransferError) {
        guard let upload else { return }
        self.upload = nil
        do throws(FTPError) {
            try await upload.finish()
            present = position
        } catch {
            throw TransferError(error, at: path)
        }
    }

    // MARK: Calls that wait

    private func perform<Value>(_ body: () async throws(FTPError) -> Value) async throws(TransferError) -> Value {
        do throws(FTPError) { return try await body() } catch { throw TransferError(error, at: path) }
    }

    /// Of a file that is written, what the server says of its size when it has everything.
    func facts() async throws(TransferError) -> FileFacts {
        switch mode {
        case .read:
            guard
                let entry = try await perform({ () throws(FTPError) in
                    try await client.entry(at: path, followingLinks: true)
                })
            else { throw .notFound(path: path, "no such file") }
            return FileFacts(entry)
        case .create, .update, .overwrite:
            try await settle()
            present = try await perform { () throws(FTPError) in try await client.size(of: path) }
            return FileFacts(kind: .regular, size: present ?? 0)
        }
    }

    func change(_ changes: FileChanges) async throws(TransferError) {
        try await makeIfMissing()
        try await settle()
        if let size = changes.size { try await setSize(size) }
        try await system.change(path, changes)
    }

    /// Makes it longer with zeros, or shorter.
    ///
    /// FTP cuts a file to nothing only. What is behind the new end otherwise is written over by what comes; where nothing more
    /// comes, the start is copied.
    private func setSize(_ size: UInt64) async throws(TransferError) {
        let there = present ?? 0
        if size < there, size > 0 {
            if cut == size || hasWritten { return try await shorten(to: size) }
            cut = size
            return
        }
        guard size != there || present == nil else { return }
        try await perform { () throws(FTPError) in
            let upload = try startUpload(at: size == 0 ? 0 : there)
            fill(upload, to: size)
        }
        try await settle()
    }

    /// Writes the first `size` bytes anew, from what is there under another name.
    private func shorten(to size: UInt64) async throws(TransferError) {
        let aside = TemporaryNames.unique(beside: path)
        try await perform { () throws(FTPError) in
            try await client.rename(path, to: aside)
            let source = try client.download(aside, from: 0)
            let sink = try client.upload(path, .anew)
            defer {
                source.stop()
                sink.stop()
            }
            var left = size
            while left > 0 {
                let piece = try await source.read(Int(min(UInt64(readLength), left))).get()
                if piece.isEmpty { throw .connectionLost("a part of \(path) is gone") }
                try await sink.write(piece).get()
                left -= UInt64(piece.count)
            }
            try await sink.finish()
            try await client.remove(aside)
        }
        present = size
    }

    func dataRanges(from offset: UInt64) async throws(TransferError) -> [Range<UInt64>]? { nil }

    func synchronize() async throws(TransferError) {}

    func close() async throws(TransferError) {
        download?.stop()
        download = nil
        switch mode {
        case .read, .overwrite: return
        case .create, .update:
            try await makeIfMissing()
            try await settle()
        }
    }

    /// Makes the file if nothing was written to it.
    private func makeIfMissing() async throws(TransferError) {
        guard upload == nil, present == nil else { return }
        _ = try await perform { () throws(FTPError) in try startUpload(at: 0) }
    }

    func abandon() async {
        download?.stop()
        download = nil
        upload?.stop()
        upload = nil
    }
}

extension FTPClient {
    /// The SHA-256 of a file, read back; one that is longer than `size` bytes is read no further.
    func readBack(_ path: RawPath, size: UInt64) async throws(FTPError) -> String {
        let download = try download(path, from: 0)
        defer { download.stop() }
        var digest = MessageDigest(.sha256)
        var count: UInt64 = 0
        while count <= size {
            let piece = try await download.read(256 << 10).get()
            if piece.isEmpty { break }
            digest.update(piece.bytes)
            count += UInt64(piece.count)
        }
        return Hexadecimal.encode(digest.finish())
    }
}
