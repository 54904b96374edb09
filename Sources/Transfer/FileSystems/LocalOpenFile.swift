import Bytes
import Reactor

/// A file of this machine's disk.
struct LocalOpenFile: OpenFile {
    private let file: File

    init(_ file: File) {
        self.file = file
    }

    var path: RawPath { file.path }
    var bytesWanted: Int { .max }
    var readLength: Int { .max }
    var writeLength: Int { .max }
    var roundTrip: UInt64? { nil }
    var gathersWrites: Bool { true }

    func read(
        at offset: UInt64, length: Int, _ completion: @escaping @Sendable (Result<ByteBuffer, TransferError>) -> Void
    ) {
        let path = path
        file.read(at: offset, count: length) { result in
            completion(result.mapError { TransferError($0, at: path) })
        }
    }

    func read(
        _ ranges: [Range<UInt64>], _ completion: @escaping @Sendable ([Result<ByteBuffer, TransferError>]) -> Void
    ) {
        let path = path
        file.readPreferringMemory(ranges) { results in
            completion(results.map { $0.mapError { TransferError($0, at: path) } })
        }
    }

    func write(
        _ pieces: [ByteBuffer], at offset: UInt64,
        _ completion: @escaping @Sendable (Result<Void, TransferError>) -> Void
    ) {
        let path = path
        file.write(pieces, at: offset) { result in completion(result.mapError { TransferError($0, at: path) }) }
    }

    private func perform<Value>(_ body: () async throws(ReactorError) -> Value) async throws(TransferError) -> Value {
        do throws(ReactorError) { return try await body() } catch { throw TransferError(error, at: path) }
    }

    func facts() async throws(TransferError) -> FileFacts {
        try await perform { () throws(ReactorError) in FileFacts(try await file.stat()) }
    }

    func change(_ changes: FileChanges) async throws(TransferError) {
        try await perform { () throws(ReactorError) in
            if let size = changes.size { try await file.truncate(to: size) }
            if let owner = changes.owner { try await file.chown(user: owner.user, group: owner.group) }
            if let permissions = changes.permissions { try await file.chmod(permissions) }
            if let times = changes.times {
                try await file.utimes(accessed: times.accessed, modified: times.modified)
            }
        }
    }

    /// How many stretches of data of a sparse file are told apart; what follows is taken as a whole.
    private static var maximumExtents: Int { 1 << 16 }

    func dataRanges(from offset: UInt64) async throws(TransferError) -> [Range<UInt64>]? {
        try await perform { () throws(ReactorError) in
            var extents = try await file.extents(from: offset, limit: Self.maximumExtents)
            // Behind the last one that is known, anything may be data.
            if extents.count >= Self.maximumExtents, let last = extents.last {
                extents.append(last.upperBound..<UInt64.max)
            }
            return extents
        }
    }

    func synchronize() async throws(TransferError) {
        try await perform { () throws(ReactorError) in try await file.datasync() }
    }

    func close() async throws(TransferError) {
        try await perform { () throws(ReactorError) in try await file.close() }
    }

    func abandon() async {
        try? await file.close()
    }
}
