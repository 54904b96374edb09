/// The kinds of algorithms that ssh_config(5) lists.
package enum AlgorithmKind: Sendable, Hashable, CaseIterable {
    case ciphers, macs, keyExchanges, keys, authoritySignatures
}

/// Which algorithms there are, and which are offered where nothing is said.
package struct AlgorithmCatalog: Sendable {
    /// Names of one kind.
    package struct Names: Sendable {
        package let all: [String]
        package let usual: [String]

        package init(all: [String], usual: [String]) {
            self.all = all
            self.usual = usual
        }
    }

    package let names: [AlgorithmKind: Names]
    /// Names that nobody knows are refused, as OpenSSH does; otherwise they are named and passed over.
    package let isStrict: Bool

    package init(names: [AlgorithmKind: Names], isStrict: Bool) {
        self.names = names
        self.isStrict = isStrict
    }

    subscript(kind: AlgorithmKind) -> Names { names[kind] ?? Names(all: [], usual: []) }

    /// The names in `list` that are not known; a list is a new one, or a change of the usual one by `+`, `-` or `^`.
    func unknown(in list: String, _ kind: AlgorithmKind) -> [String] {
        guard list.first != "-" else { return [] }
        let names = Self.names(in: list)
        let known = self[kind].all
        let usesPatterns = kind == .keys || kind == .authoritySignatures
        // The list of key types is one for all of their uses.
        let all = kind == .authoritySignatures ? known + self[.keys].all : known
        let exact = Set(all)
        return names.filter { name in
            if exact.contains(name) { return false }
            let isPattern = usesPatterns && name.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
            return !isPattern || !all.contains { NamePatterns.verdict(name, $0, lowersPatterns: false) == .matches }
        }
    }

    /// What stands between the commas, up to the first empty name.
    private static func names(in list: String) -> [String] {
        let change = list.first
        let text = change == "+" || change == "^" ? list.dropFirst() : list[...]
        return text.split(separator: ",", omittingEmptySubsequences: false).prefix { !$0.isEmpty }.map(String.init)
    }

    /// The names that `list` makes of the usual ones; nil when none is left where one has to be.
    func assemble(_ list: String?, _ kind: AlgorithmKind) -> [String]? {
        let (all, usual) = (self[kind].all, self[kind].usual)
        guard let list, !list.isEmpty else { return usual }
        let rest = String(list.dropFirst())
        let parts = { (text: String) in
            text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let patterns: [String]
        switch list.first {
        case "-":
            return usual.filter { NamePatterns.verdict(rest, $0, lowersPatterns: false) != .matches }
        case "+": patterns = usual + parts(rest)
        case "^": patterns = parts(rest) + usual
        case _: patterns = parts(list)
        }
        var result: [String] = []
        var taken: Set<String> = []
        for pattern in patterns {
            guard pattern.first != "!" else { return nil }
            if taken.contains(pattern) { continue }
            for name in all where !taken.contains(name) && NamePatterns.matches(pattern, name) {
                taken.insert(name)
                result.append(name)
            }
        }
        return result.isEmpty ? nil : result
    }
}
