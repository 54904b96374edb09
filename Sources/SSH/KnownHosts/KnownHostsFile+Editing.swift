import Bytes
import Cryptography

/// Why a host cannot be written into a known_hosts file.
package enum KnownHostsError: Error, Equatable, Sendable {
    /// The name is empty, too long, or has characters that mean something else there; the name made visible.
    case unwritableName(String)
}

extension KnownHostsFile {
    /// How the name of a host is written.
    package enum NameForm: Sendable, CaseIterable {
        case plain
        /// `|1|salt|hash`: whoever reads the file does not learn the name.
        case hashed
    }

    /// Adds a line that says `key` is `host`'s at `port`, and returns the bytes to append to the file: that line,
    /// behind a line break where the file's last line lacks one.
    package mutating func add(
        host: String, port: UInt16 = KnownHostName.defaultPort, key: PublicKey, form: NameForm = .plain,
        comment: String = ""
    ) throws(KnownHostsError) -> [UInt8] {
        let name = KnownHostName(host: host, port: port)
        guard Self.isWritable(host) else { throw .unwritableName(name.description) }
        let field =
            switch form {
            case .plain: name.text
            case .hashed: name.hashed(salt: SystemRandom.bytes(KnownHostsLimits.hashLength))
            }
        let line = [UInt8]("\(field) \(key.line(comment: comment))\n".utf8)
        guard endsWithinLine else {
            append(line)
            return line
        }
        let addition = [UInt8(ascii: "\n")] + line
        self = KnownHostsFile(path: path, contents: contents + addition)
        return addition
    }

    /// Removes the lines that give `host` at `port` a key, as `ssh-keygen -R` does: a line with several names goes as a
    /// whole; lines with markers stay. Returns the removed keys with the numbers that their lines had.
    ///
    /// The file has to be written anew with `contents` when anything was removed.
    package mutating func remove(
        host: String, port: UInt16 = KnownHostName.defaultPort
    ) -> [KnownHostKey] {
        let name = KnownHostName(host: host, port: port)
        var removed: [Int: KnownHostKey] = [:]
        for (index, line) in lines.enumerated() {
            guard case .entry(let entry) = line.content, entry.marker == .none, entry.matches(name), let key = entry.key
            else { continue }
            removed[index] = KnownHostKey(location: KnownHostsLocation(file: path, line: index + 1), key: key)
        }
        removeLines(at: Set(removed.keys))
        return removed.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Neither pattern, list, marker, comment nor field: a name that reads back as itself.
    private static func isWritable(_ host: String) -> Bool {
        let special = [UInt8]("*?!,|[]#@\\\"".utf8)
        return !host.isEmpty && host.utf8.count <= KnownHostsLimits.hostNameLength
            && host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !special.contains($0) }
    }
}
