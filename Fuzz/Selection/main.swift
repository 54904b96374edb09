import Bytes
import FuzzDriver
import Transfer

// A pattern, a path, and a file of rules of anybody's making: read, and tried on each other's bytes.

func attack(_ input: borrowing ByteBuffer) {
    let records = records(input)
    let text = RawPath(bytes: records.first ?? [])
    let path = RawPath(bytes: Array((records.dropFirst().first ?? []).prefix(4096)))
    if let pattern = try? GlobPattern(text) {
        _ = pattern.matches(path)
        for component in pattern.components { _ = component.matches(name: Array(path.bytes.prefix(255))) }
        // Without wildcards, the pattern is its own path.
        if !pattern.isGlob { precondition(pattern.matches(pattern.literalPrefix), "a path does not match itself") }
    }
    var rules = SelectionRules()
    if (try? rules.append(contents: Array(records.dropFirst(2).joined()), of: "rules", action: .exclude)) != nil {
        // As many as take no longer than libFuzzer waits.
        for rule in rules.rules.prefix(16) { _ = rule.matches(path, isFolder: path.bytes.count % 2 == 0) }
    }
}

fuzz { attack($0) }
