import Bytes
import Transfer

extension TransferOptions {
    /// Bytes of a list of names, at most: some million of them.
    static let listLength = 256 << 20

    /// What the engine is to do; reads the files of rules. Throws a `ConfigurationError` where these cannot be used.
    func engineOptions() throws -> Transfer.TransferOptions {
        var options = Transfer.TransferOptions()
        options.resumes = resumes
        options.verifies = verifies
        options.preserves = preserves
        options.preservesOwners = preservesOwners
        options.links =
            switch links {
            case .keep: .keep
            case .follow: .follow
            case .skip: .skip
            }
        options.selection = try rules()
        options.expandsPatterns = true
        if let parallel { options.parallelFiles = parallel }
        options.rateLimit = rateLimit
        options.onConflict =
            switch onConflict {
            case .overwrite: .overwrite
            case .skip: .skip
            case .rename: .rename
            case .fail: .fail
            }
        options.durability =
            switch durability {
            case .auto: .automatic
            case .always: .everyFile
            case .never: .never
            }
        return options
    }

    private func rules() throws -> SelectionRules {
        var rules = SelectionRules()
        rules.minimumSize = minimumSize
        rules.maximumSize = maximumSize
        for word in selection {
            let source: InputSource?
            switch word {
            case .include, .exclude: source = nil
            case .excludeFrom(let file): source = file
            }
            let contents = try source?.read(limit: SelectionLimits.ruleFileLength)
            do throws(SelectionError) {
                switch word {
                case .include(let pattern): try rules.append(.include, pattern)
                case .exclude(let pattern): try rules.append(.exclude, pattern)
                case .excludeFrom(let file):
                    try rules.append(contents: contents ?? [], of: file.path, action: .exclude)
                }
            } catch {
                throw ConfigurationError("\(error)", path: source?.path.description)
            }
        }
        return rules
    }

    /// The names that `--files-from` gives, relative to the source; nil without that option.
    func names() throws -> [RawPath]? {
        guard let list else { return nil }
        return Self.names(in: try list.read(limit: Self.listLength), areNULSeparated: isListNULSeparated)
    }

    /// The paths in `content`, one a line or each behind a NUL; empty ones are left out, and so is what means no more than
    /// the folder itself, as `./` before what find(1) prints.
    static func names(in content: [UInt8], areNULSeparated: Bool) -> [RawPath] {
        content.split(separator: areNULSeparated ? 0 : UInt8(ascii: "\n")).compactMap { line in
            let line = !areNULSeparated && line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            let path = RawPath(bytes: Array(line))
            let isPlain = !path.components.contains(".")
            let names = isPlain ? path.components : path.components.filter { $0 != "." }
            if names.isEmpty { return nil }
            let start = path.isAbsolute ? [UInt8(ascii: "/")] : []
            return RawPath(bytes: start + names.map(\.bytes).joined(separator: [UInt8(ascii: "/")]))
        }
    }
}
