import Bytes

/// What the scripts for all shells share.
enum CompletionScript {
    /// Shell code that prints the hosts of ~/.ssh/config that are no patterns, one a line.
    static let hosts =
        #"awk 'tolower($1) == "host" { for (i = 2; i <= NF; i++) if ($i !~ /[*?!]/) print $i }' ~/.ssh/config 2>/dev/null"#

    /// `text` as one word of a POSIX shell or fish: in single quotes.
    static func quoted(_ text: String) -> String {
        text.shellQuoted
    }

    /// All names of the command's options, `-x` and `--long`, and `--help`.
    static func names(of command: CommandDeclaration) -> [String] {
        command.options.flatMap { option in (option.short.map { ["-\($0)"] } ?? []) + [option.name] } + ["--help"]
    }
}
