import Bytes

extension ConfigurationPass {
    /// Puts HostName in place of the host, and makes its name canonical where that is asked for (ssh_config(5),
    /// CanonicalizeHostname).
    mutating func settleHost() throws(EvaluationStop) {
        options.fill(.canonicalizeMaxDots, .number(1))
        options.fill(.canonicalizeFallbackLocal, .text("yes"))
        options.fill(.canonicalizeHostname, .text("false"))
        if let text = options.text(.hostName) { host = try expandHostName(text, host, .option) }
        let family = options.text(.addressFamily) ?? "any"
        let isAddress = HostNames.looksLikeAddress(host) || HostNames.canonicalAddress(host, family: family) != nil
        if !isAddress { host = host.lowercasedASCII }
        let choice = options.text(.canonicalizeHostname) ?? "false"
        var isFound = false
        if let address = HostNames.canonicalAddress(host, family: family) {
            if address.lowercasedASCII != host.lowercasedASCII { host = address }
            isFound = true
        } else if !isAddress, choice != "false" {
            isFound = try canonicalize(choice)
        }
        if !isFound, !aliasRules.isEmpty, isDirect || choice == "always" {
            if let found = try lookUp(host) {
                followAlias(found)
            } else if isDirect {
                throw .failed("the host '\(host.visible())' is not known", .option)
            }
        }
        if choice != "false" { wantsFinal = true }
    }

    /// Whether the host is connected to without a proxy, as far as has been read.
    private var isDirect: Bool {
        (options.text(.proxyCommand).map { $0.lowercasedASCII == "none" } ?? true) && options.jump == nil
    }

    private var aliasRules: [(sources: String, targets: String)] {
        (options.words(.canonicalizePermittedCNAMEs) ?? []).filter { $0 != "none" }.map { rule in
            let parts = rule.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts.first ?? ""), String(parts.last ?? ""))
        }
    }

    private func lookUp(_ name: String) throws(EvaluationStop) -> HostLookup? {
        guard case .lookup(let found) = try evaluation.answer(to: .lookup(name)) else { return nil }
        return found
    }

    /// Tries the domains; whether one has the host.
    private mutating func canonicalize(_ choice: String) throws(EvaluationStop) -> Bool {
        guard isDirect || choice == "always", let last = host.utf8.last else { return false }
        if last == UInt8(ascii: ".") {
            if let found = try lookUp(host) {
                host = String(host.dropLast())
                followAlias(found)
                return true
            }
        } else {
            let dots = host.utf8.count { $0 == UInt8(ascii: ".") }
            guard dots <= options.number(.canonicalizeMaxDots) ?? 1 else { return false }
            for domain in options.words(.canonicalDomains) ?? [] where domain != "none" {
                guard let found = try lookUp("\(host).\(domain).") else { continue }
                host = "\(host).\(domain)"
                followAlias(found)
                return true
            }
        }
        guard options.flag(.canonicalizeFallbackLocal) ?? true else {
            throw .failed("the host '\(host.visible())' is in none of CanonicalDomains", .option)
        }
        return false
    }

    private mutating func followAlias(_ found: HostLookup) {
        guard let name = found.canonicalName, HostNames.isDomain(name), name != host else { return }
        for rule in aliasRules
        where NamePatterns.verdict(rule.sources, host, lowersPatterns: true) == .matches
            && NamePatterns.verdict(rule.targets, name, lowersPatterns: true) == .matches
        {
            host = name
            return
        }
    }
}
