package import Bytes

extension ParsedArguments {
    /// The argument as a host alone that commands can be run on.
    package func host(_ argument: ArgumentDeclaration) throws(UsageError) -> Target {
        // Before a path in the URL is found fault with.
        let start = String(decoding: word(argument).bytes, as: UTF8.self).lowercased()
        if start.hasPrefix("ftp://") || start.hasPrefix("ftps://") {
            throw usageError("FTP has no commands and shells", hint: "use ssh://")
        }
        return try checked { () throws(TargetError) in try Target(host: word(argument)) }
    }

    /// The argument as a host, or a path on one.
    package func hostOrRemotePath(_ argument: ArgumentDeclaration) throws(UsageError) -> Target {
        try checked { () throws(TargetError) in try Target(hostOrRemotePath: word(argument)) }
    }

    /// `word` as something here or on a host.
    package func location(_ word: Argument) throws(UsageError) -> Location {
        try checked { () throws(TargetError) in try Location(word) }
    }

    /// The argument's words as paths on hosts; there is at least one.
    package func remotePaths(_ argument: ArgumentDeclaration) throws(UsageError) -> [Target] {
        var targets: [Target] = []
        for word in words(argument) {
            switch try location(word) {
            case .remote(let target): targets.append(target)
            case .local:
                throw usageError(
                    "\(argument.name) is needed, but '\(word)' is here", hint: "write HOST:PATH for a path on a host")
            }
        }
        return targets
    }

    /// The argument's words as paths on this machine; there is at least one.
    package func localPaths(_ argument: ArgumentDeclaration) throws(UsageError) -> [RawPath] {
        var paths: [RawPath] = []
        for word in words(argument) {
            switch try location(word) {
            case .local(let path): paths.append(path)
            case .remote:
                throw usageError(
                    "\(argument.name) is needed, but '\(word)' is on a host",
                    hint: "write ./\(word) for a name with a colon")
            }
        }
        return paths
    }

    private func checked<Value>(_ read: () throws(TargetError) -> Value) throws(UsageError) -> Value {
        do { return try read() } catch {
            throw usageError(error.message, hint: error.hint)
        }
    }
}
