/// How much a command says, and in which form.
package struct OutputOptions: Sendable, Hashable {
    /// 0 to 3, as many as `-v` were given.
    package var verbosity = 0
    package var isQuiet = false
    package var isJSON = false
    package var isColorless = false

    package init() {}

    package init(_ arguments: ParsedArguments) {
        verbosity = min(arguments.count(.verbose), 3)
        isQuiet = arguments.has(.quiet)
        isJSON = arguments.has(.json)
        isColorless = arguments.has(.noColor)
    }

    /// The declared options.
    package static let group = OptionGroup("Output options", [.verbose, .quiet, .json, .noColor])
}

extension OptionDeclaration {
    package static let verbose = OptionDeclaration(
        "v", "verbose", .counted, "say what happens and what caused an error; -vv and -vvv say more")
    package static let quiet = OptionDeclaration("q", "quiet", "only errors on standard error, no progress")
    package static let json = OptionDeclaration(nil, "json", "one JSON document, or one object a line for progress")
    package static let noColor = OptionDeclaration(nil, "no-color", "no colour on a terminal (as with NO_COLOR set)")
}
