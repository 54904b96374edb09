import Bytes

/// Where what one source names goes.
struct SCPPlace: Sendable {
    let source: RawPath
    let pattern: GlobPattern?
    let destination: RawPath
    let isInFolder: Bool

    /// The target of what stands at the top; its parent for what the source calls by no name, such as `.`.
    func target(_ entry: SCPEntry) -> RawPath {
        if pattern != nil { return destination.appending(entry.name) }
        let name = source.lastComponent
        return isInFolder && name.isSafeName ? destination.appending(name) : destination
    }

    /// What stands at the top, as it is called there.
    func source(of entry: SCPEntry) -> RawPath {
        pattern == nil ? source : source.parent.appending(entry.name)
    }

    /// Whether the target is the folder that the user named, and not one of its own.
    var isMerged: Bool { pattern == nil && isInFolder && !source.lastComponent.isSafeName }

    /// The path that `source` is with its backslashes taken away, or the pattern when it has wildcards.
    static func expand(_ source: RawPath) throws(TransferError) -> (path: RawPath, pattern: GlobPattern?) {
        let pattern: GlobPattern
        do throws(GlobError) { pattern = try GlobPattern(source) } catch {
            throw .scp(.unsupported("\(error)"), path: source)
        }
        guard pattern.isGlob else { return (pattern.literalPrefix, nil) }
        // Not every shell knows these, and one that does not would find something else.
        if pattern.components.contains(.anyDepth) { throw .scp(.unsupported("** in a pattern"), path: source) }
        if source.bytes.contains(UInt8(ascii: "{")) {
            throw .scp(.unsupported("braces in a pattern; give each alternative by itself"), path: source)
        }
        return (source, pattern)
    }
}

/// A folder that has begun.
struct SCPOpenFolder: Sendable {
    let source: RawPath
    let target: RawPath
    let entry: SCPEntry
    let isMerged: Bool
}
