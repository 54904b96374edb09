import Bytes
import Errors
import Reactor
import SSH
import Sessions

extension KeyFingerprint: Verb {
    /// One key that was found, and where.
    private struct Found {
        let key: PublicKey
        let comment: String
    }

    package func run(_ console: Console) async throws -> ExitStatus {
        var failures = PathFailures(console, of: files.count)
        var documents: [JSON] = []
        for path in files {
            do {
                for found in try await keys(in: path) {
                    if output.isJSON {
                        documents.append(json(found, path))
                    } else {
                        try console.out(text(found))
                    }
                }
            } catch {
                try failures.note(error)
            }
        }
        if output.isJSON { try console.out(.array(documents)) }
        return failures.status
    }

    private func text(_ found: Found) -> String {
        let key = found.key
        let bits = key.bitCount.map { "\($0) " } ?? ""
        let comment = found.comment.isEmpty ? "" : " \(found.comment.visible())"
        var lines = ["\(bits)\(key.fingerprint)\(comment) (\(key.algorithm.family))"]
        if showsMD5 { lines.append("\(bits)\(Fingerprint(of: key, form: .md5))\(comment) (\(key.algorithm.family))") }
        if showsRandomart { lines += Randomart(of: key).lines }
        return lines.joined(separator: "\n") + "\n"
    }

    private func json(_ found: Found, _ path: RawPath) -> JSON {
        let key = found.key
        var members = JSON.members("file", of: path)
        members += [("type", .string(key.algorithm.name)), ("fingerprint", .string("\(key.fingerprint)"))]
        if showsMD5 { members.append(("md5", .string("\(Fingerprint(of: key, form: .md5))"))) }
        if let bits = key.bitCount { members.append(("bits", .integer(Int64(bits)))) }
        members.append(("comment", .string(found.comment)))
        return .object(members)
    }

    private func keys(in path: RawPath) async throws -> [Found] {
        var contents = try await read(path)
        defer { contents.wipe() }
        if let file = try? PrivateKeyFile(contents: contents.bytes) {
            return [Found(key: file.publicKey, comment: "")]
        }
        let lines = [UInt8](contents.bytes).split(separator: UInt8(ascii: "\n"))
        var found: [Found] = []
        for line in lines {
            if let (key, comment) = try? PublicKey.parse(line: Array(line)) {
                found.append(Found(key: key, comment: comment))
            }
        }
        if found.isEmpty { found = knownHosts(path, [UInt8](contents.bytes)) }
        guard !found.isEmpty else {
            throw FairleadError(
                .fileSystem, "\(path): there is no key in it", operation: "fingerprint", path: path.description)
        }
        return found
    }

    private func knownHosts(_ path: RawPath, _ contents: [UInt8]) -> [Found] {
        KnownHostsFile(path: path, contents: contents).lines.compactMap { line in
            guard case .entry(let entry) = line.content, let key = entry.key else { return nil }
            return Found(key: key, comment: entry.hostsText)
        }
    }

    private func read(_ path: RawPath) async throws -> ByteBuffer {
        do throws(ReactorError) {
            let file = try await File.open(path, .read, on: CommandLoop.shared)
            let size = try await file.stat().size
            let bytes = try await file.read(at: 0, count: Int(min(size, 64 << 20)))
            try await file.close()
            return bytes
        } catch {
            throw FairleadError(local: error, operation: "fingerprint")
        }
    }
}
