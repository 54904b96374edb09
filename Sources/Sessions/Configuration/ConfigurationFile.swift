package import Bytes
import Errors
package import Reactor

/// An ssh_config file: sections of `Host` patterns with their settings.
package struct ConfigurationFile: Sendable {
    private struct Line {
        let keyword: String
        let value: String
        let number: Int
    }

    /// The longest file, in bytes.
    package static let maximumLength = 1 << 20

    package let path: RawPath
    private let lines: [Line]

    /// Reads `contents`, which may be any bytes.
    package init(path: RawPath, contents: [UInt8]) throws(SettingError) {
        self.path = path
        var lines: [Line] = []
        for (index, bytes) in contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            let origin = SettingOrigin.file(path, line: index + 1)
            guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
                throw SettingError("the line is not text", origin)
            }
            var rest = text.drop { $0 == " " || $0 == "\t" }
            while let last = rest.last, last == " " || last == "\t" || last == "\r" { rest.removeLast() }
            guard let first = rest.first, first != "#" else { continue }
            let keyword = rest.prefix { $0 != " " && $0 != "\t" && $0 != "=" }
            var value = rest.dropFirst(keyword.count).drop { $0 == " " || $0 == "\t" }
            if value.first == "=" { value = value.dropFirst().drop { $0 == " " || $0 == "\t" } }
            guard !keyword.isEmpty, !value.isEmpty else {
                throw SettingError("'\(String(rest).visible())' is no keyword with a value", origin)
            }
            lines.append(Line(keyword: String(keyword), value: String(value), number: index + 1))
        }
        self.lines = lines
    }

    /// Reads the file at `path`; nil when there is none.
    package static func read(_ path: RawPath, on loop: EventLoop) async throws -> ConfigurationFile? {
        guard let contents = try await SmallFile.read(path, limit: maximumLength, on: loop) else { return nil }
        return try ConfigurationFile(path: path, contents: [UInt8](contents.bytes.bytes))
    }

    /// Gives `settings` what the file has for `host`, as the user named it.
    package func apply(to settings: inout ClientSettings, host: String) throws(SettingError) {
        var applies = true
        for line in lines {
            let origin = SettingOrigin.file(path, line: line.number)
            switch line.keyword.lowercased() {
            case "host":
                let patterns = try SettingWords.split(line.value, origin)
                applies = NamePatterns.match(patterns, host)
            case "match":
                // What follows might apply or not: to guess would be to connect otherwise than asked for.
                throw Self.unsupported("Match", origin)
            case "include" where applies: throw Self.unsupported("Include", origin)
            case _ where applies: try settings.set(line.keyword, to: line.value, from: origin)
            case _: continue
            }
        }
    }

    private static func unsupported(_ keyword: String, _ origin: SettingOrigin) -> SettingError {
        SettingError(
            "'\(keyword)' is not supported yet", origin,
            hint: "use -F with a file without it, or -F none and options")
    }
}
