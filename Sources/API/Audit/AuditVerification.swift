package import Bytes
package import Reactor

/// Checks an audit log's chain from its first line to its last.
package enum AuditVerification {
    package enum Verdict: Sendable, Equatable {
        /// How many lines there are, and the hash of the last.
        case intact(lines: Int64, last: String)
        /// The first line that is wrong, from 1, and why.
        case broken(line: Int64, reason: String)
    }

    /// Reads the log at `path`, and what lies beside it about its end.
    package static func check(_ path: RawPath, on loop: EventLoop) async throws(ReactorError) -> Verdict {
        let file = try await File.open(path, .read, on: loop)
        var chain = Chain()
        var offset: UInt64 = 0
        while chain.verdict == nil {
            let piece = try await file.read(at: offset, count: 1 << 20)
            guard !piece.isEmpty else { break }
            offset += UInt64(piece.count)
            chain.add(piece.array)
        }
        try await file.close()
        let head = await head(of: path, on: loop)
        return chain.finish(head)
    }

    private static func head(of path: RawPath, on loop: EventLoop) async -> AuditHead? {
        guard let file = try? await File.open(AuditHead.path(for: path), .read, on: loop),
            let bytes = try? await file.read(at: 0, count: AuditHead.length)
        else { return nil }
        try? await file.close()
        return AuditHead(bytes.array)
    }

    /// Follows the chain as the lines come.
    private struct Chain {
        private(set) var verdict: Verdict?
        private var rest: [UInt8] = []
        private var line: Int64 = 0
        private var number: Int64?
        private var hash = AuditLine.origin
        /// The line that the file beside the log speaks of is looked for among these.
        private var hashes: [Int64: String] = [:]

        mutating func add(_ bytes: [UInt8]) {
            rest += bytes
            var start = rest.startIndex
            while verdict == nil, let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                check(rest[start..<end])
                start = end + 1
            }
            rest.removeFirst(start)
            if verdict == nil, rest.count > AuditLine.maximumLength { fail("it is too long", line + 1) }
        }

        private mutating func check(_ text: ArraySlice<UInt8>) {
            line += 1
            guard let (number, hash, previous) = AuditLine.read(text) else {
                return fail("it was changed: its hash does not fit", line)
            }
            guard previous == self.hash else { return fail("what was before it is missing or was changed", line) }
            guard number == (self.number ?? 0) + 1 else { return fail("lines before it are missing", line) }
            (self.number, self.hash) = (number, hash)
            hashes[number] = hash
            hashes[number - 64] = nil
        }

        private mutating func fail(_ reason: String, _ line: Int64) {
            verdict = .broken(line: line, reason: reason)
        }

        mutating func finish(_ head: AuditHead?) -> Verdict {
            if let verdict { return verdict }
            guard rest.isEmpty else { return .broken(line: line + 1, reason: "it does not end") }
            let last = number ?? 0
            if let head {
                guard head.number <= last else {
                    return .broken(
                        line: line + 1, reason: "lines at the end are missing: there were \(head.number) in all")
                }
                if let known = hashes[head.number], known != head.hash {
                    return .broken(line: head.number, reason: "it is not the line that was written")
                }
            }
            return .intact(lines: last, last: hash)
        }
    }
}
