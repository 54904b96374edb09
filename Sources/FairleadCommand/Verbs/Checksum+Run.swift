import Bytes
import Errors
import SFTP
import SSH
import Sessions
import Transfer

extension Checksum: Verb {
    /// Files that are looked at while the sum of another is computed.
    private static let parallelFiles = 4

    private typealias Sum = (sha256: String, method: ChecksumMethod)

    package func run(_ console: Console) async throws -> ExitStatus {
        var failures = PathFailures(console, of: paths.count)
        var documents: [JSON] = []
        let places = Places(HostAccess(connection, console), reconnects: true)
        do {
            var rest = paths[...]
            while let first = rest.first {
                let group = rest.prefix { $0.host == first.host }
                rest = rest.dropFirst(group.count)
                let place = try await places.place(first.host)
                let context = CopyRun.context("checksum", place, place)
                guard let files = place.files else {
                    throw ConfigurationError("checksum needs SFTP, which the host does not offer")
                }
                let paths = Array(group)
                try await Self.sums(of: paths.map(\.path), at: files, context) { index, result in
                    do {
                        let sum = try result.get()
                        try tell(sum, paths[index], console, &documents)
                    } catch let error as StandardStream.WriteError {
                        throw error
                    } catch {
                        try failures.note(error)
                    }
                }
            }
        } catch {
            await places.close()
            throw error
        }
        await places.close()
        if output.isJSON { try console.out(.object([("checksums", .array(documents))])) }
        return failures.status
    }

    /// Gives `take` the sum of each of `paths`, in order.
    private static func sums(
        of paths: [RawPath], at files: any RemoteFileSystem, _ context: FailureContext,
        _ take: (Int, Result<Sum, FairleadError>) throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Result<Sum, FairleadError>).self) { group in
            var (begun, told) = (0, 0)
            var waiting: [Int: Result<Sum, FairleadError>] = [:]
            while told < paths.count {
                while begun < paths.count, begun - told < parallelFiles {
                    let index = begun
                    group.addTask { (index, await sum(of: paths[index], at: files, context)) }
                    begun += 1
                }
                guard let (index, result) = try await group.next() else { return }
                waiting[index] = result
                while let result = waiting.removeValue(forKey: told) {
                    try take(told, result)
                    told += 1
                }
            }
        }
    }

    private static func sum(
        of path: RawPath, at files: any RemoteFileSystem, _ context: FailureContext
    ) async -> Result<Sum, FairleadError> {
        let path: RawPath = path.isEmpty ? "." : path
        do throws(TransferError) {
            let facts = try await files.facts(of: path, followingLinks: true)
            guard let facts else { throw .notFound(path: path, "no such file") }
            switch facts.kind {
            case .directory?: throw .wrongKind(path: path, "is a directory")
            case .namedPipe?, .socket?: throw .wrongKind(path: path, "is no file")
            case .regular?, .symbolicLink?, .blockDevice?, .characterDevice?, nil: break
            }
            // A file that grows meanwhile is read to the end that it had.
            return .success(try await files.sha256(of: path, size: facts.size ?? .max))
        } catch {
            return .failure(FairleadError(error, context))
        }
    }

    private func tell(_ sum: Sum, _ location: Location, _ console: Console, _ documents: inout [JSON]) throws {
        let path: RawPath = location.path.isEmpty ? "." : location.path
        console.debug(1, "\(path): by \(sum.method.rawValue)")
        guard !output.isJSON else {
            var members = JSON.members("path", of: path)
            if let host = location.host { members.append(("host", .string(host.description))) }
            members += [("sha256", .string(sum.sha256)), ("method", .string(sum.method.rawValue))]
            return documents.append(.object(members))
        }
        try console.out(Self.line(sum.sha256, path, isTerminal: console.outputWidth != nil))
    }

    /// As of sha256sum(1): a name with a newline, a carriage return or a backslash has these escaped, and a backslash stands
    /// before the line. Whoever sits at a terminal sees other control characters spelled out as well.
    static func line(_ sum: String, _ path: RawPath, isTerminal: Bool) -> [UInt8] {
        if isTerminal { return Array("\(sum)  \(path)\n".utf8) }
        let escapes: [UInt8: String] = [0x0A: #"\n"#, 0x0D: #"\r"#, 0x5C: #"\\"#]
        let isEscaped = path.bytes.contains { escapes[$0] != nil }
        let name = path.bytes.flatMap { byte in escapes[byte].map { Array($0.utf8) } ?? [byte] }
        return Array((isEscaped ? "\\" : "").utf8) + Array("\(sum)  ".utf8) + name + [0x0A]
    }
}
