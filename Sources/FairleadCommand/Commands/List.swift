/// `fairlead ls TARGET[:PATH]`.
package struct List: Command {
    private static let target = ArgumentDeclaration(
        "TARGET[:PATH]", completion: .target, "what to list; the home directory without PATH")
    private static let long = OptionDeclaration("l", "long", "mode, links, owner, group, size and time too")
    private static let all = OptionDeclaration("a", "all", "names that begin with a dot too")
    private static let recursive = OptionDeclaration("R", "recursive", "directories below too")
    private static let human = OptionDeclaration("h", "human", "sizes such as 1.5K and 23M (with -l)")
    private static let onePerLine = OptionDeclaration("1", "one", "one name a line also on a terminal")
    private static let byTime = OptionDeclaration("t", "time", "newest first")
    private static let bySize = OptionDeclaration("S", "size", "largest first")
    private static let reverse = OptionDeclaration("r", "reverse", "in reverse order")

    /// `-l` is the long form here; the user's name is `--user` or `user@host`.
    private static let connectionGroups = ConnectionOptions.groups.map { group in
        OptionGroup(group.title, group.options.map { $0 == .user ? $0.withoutShort : $0 })
    }

    package static let declaration = CommandDeclaration(
        "ls", summary: "lists a directory on a host",
        discussion: """
            On a terminal the names are in columns, elsewhere one a line; control characters and bytes that are not UTF-8 \
            are made visible. --json gives names exactly (name_base64 where a name is not UTF-8). Here -l means the long \
            form and -h sizes for people: the user's name is given as user@host or --user, and the help is --help.
            """,
        arguments: [target],
        options: [OptionGroup("Listing options", [long, all, recursive, human, onePerLine, byTime, bySize, reverse])]
            + connectionGroups,
        examples: [
            .init("fairlead ls web1", "the home directory"),
            .init("fairlead ls -lh ada@example.org:/var/log", "with sizes for people"),
            .init("fairlead ls --json web1:/srv | jq -r '.entries[].name'", "for a program"),
        ],
        alsoCalled: ["list", "dir"])

    package let target: Target
    package let isLong: Bool
    package let isRecursive: Bool
    package let listing: ListingOptions
    package let connection: ConnectionOptions
    package var output: OutputOptions { connection.output }

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        target = try arguments.hostOrRemotePath(Self.target)
        isLong = arguments.has(Self.long)
        isRecursive = arguments.has(Self.recursive)
        listing = ListingOptions(
            form: isLong ? .long : arguments.has(Self.onePerLine) ? .onePerLine : .columns,
            order: arguments.has(Self.bySize) ? .size : arguments.has(Self.byTime) ? .time : .name,
            isReversed: arguments.has(Self.reverse), showsHidden: arguments.has(Self.all),
            hasHumanSizes: arguments.has(Self.human))
        connection = try ConnectionOptions(arguments)
    }
}

extension OptionDeclaration {
    /// The same option by its long name only.
    fileprivate var withoutShort: OptionDeclaration {
        OptionDeclaration(nil, long, form, default: standard, help)
    }
}
