package import Bytes

/// Changing what is on the server.
extension FTPClient {
    /// Says one command; throws when it is refused.
    private func demand(_ verb: String, _ path: RawPath) async throws(FTPError) {
        let command = try FTPCommand(verb, path)
        guard let reply = try await ask([command]).reply(to: command) else {
            throw .protocolViolation("\(verb) has no answer")
        }
        guard reply.isPositive else { throw .refused(reply, command: verb) }
    }

    package func makeDirectory(_ path: RawPath) async throws(FTPError) { try await demand("MKD", path) }

    /// Removes an empty directory.
    package func removeDirectory(_ path: RawPath) async throws(FTPError) { try await demand("RMD", path) }

    /// Removes a file or a link.
    package func remove(_ path: RawPath) async throws(FTPError) { try await demand("DELE", path) }

    /// Gives `path` the name `target`; whether what has it is replaced is up to the server.
    package func rename(_ path: RawPath, to target: RawPath) async throws(FTPError) {
        let (from, to) = (try FTPCommand("RNFR", path), try FTPCommand("RNTO", target))
        let outcome = try await ask([from, to])
        for (command, verb) in [(from, "RNFR"), (to, "RNTO")] {
            guard let reply = outcome.reply(to: command) else { throw .protocolViolation("\(verb) has no answer") }
            guard reply.isPositive else { throw .refused(reply, command: verb) }
        }
    }

    /// Sets the lower twelve bits of the mode (SITE CHMOD); false where the server has no such command.
    package func setPermissions(_ permissions: UInt32, of path: RawPath) async throws(FTPError) -> Bool {
        try await optional("SITE CHMOD \(String(permissions & 0o7777, radix: 8))", name: "SITE CHMOD", path)
    }

    /// Sets the time of the last change, in seconds since 1970 (MFMT); false where the server has no such command.
    package func setModified(_ seconds: Int64, of path: RawPath) async throws(FTPError) -> Bool {
        guard try await connect().features.setsModificationTime, let text = FTPTime.text(seconds) else { return false }
        return try await optional("MFMT \(text)", name: "MFMT", path)
    }

    private func optional(_ text: String, name: String, _ path: RawPath) async throws(FTPError) -> Bool {
        if unknownCommands.contains(name) { return false }
        do throws(FTPError) {
            try await demand(text, path)
            return true
        } catch {
            guard error.isUnknownCommand else { throw error }
            unknownCommands.insert(name)
            return false
        }
    }

    /// How the server hashed.
    package enum HashCommand: String, Sendable {
        case hash = "HASH"
        case sha256 = "XSHA256"
    }

    /// The SHA-256 of a whole file in lower-case hexadecimal, by HASH (draft-bryan-ftp-hash) or XSHA256; nil where the server
    /// has neither, or cannot.
    package func sha256(of path: RawPath) async throws(FTPError) -> (sum: String, by: HashCommand)? {
        let features = try await connect().features
        if features.hashes {
            let command = try FTPCommand("HASH", path)
            let outcome = try await ask([FTPCommand("OPTS HASH SHA-256"), FTPCommand("TYPE I"), command])
            // "213 SHA-256 0-49 hash name"
            if let reply = outcome.reply(to: command), reply.code == 213 {
                let words = reply.text.split(separator: " ")
                if words.count >= 3, words[0].uppercased() == "SHA-256", let sum = Self.sum(words[2]) {
                    return (sum, .hash)
                }
            }
        }
        guard features.sha256 else { return nil }
        let command = try FTPCommand("XSHA256", path)
        guard let reply = try await ask([FTPCommand("TYPE I"), command]).reply(to: command), reply.isPositive else {
            return nil
        }
        return reply.text.split(separator: " ").lazy.compactMap { Self.sum($0) }.first.map { ($0, .sha256) }
    }

    private static func sum(_ word: Substring) -> String? {
        word.utf8.count == 64 && word.allSatisfy(\.isHexDigit) ? word.lowercased() : nil
    }

    /// Asks whether the server is still there.
    package func ping() async throws(FTPError) {
        _ = try await ask([FTPCommand("NOOP")])
    }
}
