import Bytes
import Errors
import Reactor

/// Files that are read whole: keys, known_hosts, configuration.
enum SmallFile {
    /// The contents of a regular file of at most `limit` bytes; nil when there is none.
    static func read(
        _ path: RawPath, limit: Int, on loop: EventLoop
    ) async throws(FairleadError) -> (bytes: ByteBuffer, status: FileStatus)? {
        do throws(ReactorError) {
            let file = try await File.open(path, [.read, .nonBlocking], on: loop)
            let status = try await file.stat()
            guard status.kind != .directory else {
                throw ReactorError(.isDirectory, name: "EISDIR", operation: "read", text: "is a directory", path: path)
            }
            // One byte more than allowed tells that there are too many.
            let bytes = try await file.read(at: 0, count: Int(min(status.size, UInt64(limit))) + 1)
            try await file.close()
            guard bytes.count <= limit else {
                throw ReactorError(.other, name: "EFBIG", operation: "read", text: "over \(limit) bytes", path: path)
            }
            return (bytes, status)
        } catch {
            if error.kind == .notFound || error.kind == .notDirectory { return nil }
            throw FairleadError(local: error, operation: "read")
        }
    }

    /// Appends `bytes` to a file that is made, with its folder, for the user alone if it does not exist.
    static func append(_ bytes: [UInt8], to path: RawPath, on loop: EventLoop) async throws(ReactorError) {
        let folder = path.parent
        if !folder.isEmpty {
            do throws(ReactorError) {
                try await FileSystem(on: loop).mkdir(folder, permissions: 0o700)
            } catch {
                guard error.kind == .alreadyExists || error.kind == .isDirectory else { throw error }
            }
        }
        let file = try await File.open(path, [.write, .create, .append], permissions: 0o600, on: loop)
        let end = try await file.stat().size
        try await file.write(ByteBuffer(bytes), at: end)
        try await file.close()
    }
}
