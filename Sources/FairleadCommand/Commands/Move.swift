package import Bytes

/// `fairlead mv TARGET:PATH... PATH`.
package struct Move: Command {
    private static let sources = ArgumentDeclaration("TARGET:PATH", .oneOrMore, completion: .target, "what to move")
    private static let destination = ArgumentDeclaration(
        "PATH", completion: .none,
        "a directory that exists, or the new name, on the same host (with or without TARGET:)")
    private static let noClobber = OptionDeclaration("n", "no-clobber", "fail instead of replacing a file")

    package static let declaration = CommandDeclaration(
        "mv", summary: "moves and renames files on a host",
        arguments: [sources, destination], options: [OptionGroup("Options", [noClobber])] + ConnectionOptions.groups,
        examples: [
            .init("fairlead mv web1:site.new site", "renames"),
            .init("fairlead mv web1:a.log web1:b.log /var/archive", "into a directory"),
        ],
        alsoCalled: ["move", "rename", "ren"])

    /// All on one host.
    package let sources: [Target]
    package let destination: RawPath
    package let keepsExisting: Bool
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        sources = try arguments.remotePaths(Self.sources)
        let host = sources[0].withoutPath
        if let other = sources.first(where: { $0.withoutPath != host }) {
            throw arguments.usageError(
                "mv stays on one host, but \(host) and \(other.withoutPath) are two",
                hint: "use get and put between hosts")
        }
        let word = arguments.word(Self.destination)
        if case .remote(let remote) = try arguments.location(word) {
            guard remote.withoutPath == host else {
                throw arguments.usageError(
                    "mv stays on one host, but \(host) and \(remote.withoutPath) are two",
                    hint: "use get and put between hosts")
            }
            destination = remote.path ?? RawPath(bytes: [])
        } else {
            destination = Target.homeRelative(word.path)
        }
        keepsExisting = arguments.has(Self.noClobber)
        connection = try ConnectionOptions(arguments)
    }
}
