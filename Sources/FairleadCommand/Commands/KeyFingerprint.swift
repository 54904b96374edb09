package import Bytes

/// `fairlead key fingerprint FILE...`.
package struct KeyFingerprint: Command {
    private static let files = ArgumentDeclaration(
        "FILE", .oneOrMore, completion: .file, "public or private keys, or known_hosts files")
    private static let md5 = OptionDeclaration(nil, "md5", "the old MD5 form too")
    private static let randomart = OptionDeclaration(nil, "randomart", "the picture too")

    package static let declaration = CommandDeclaration(
        "key", "fingerprint", summary: "shows the fingerprints of keys",
        arguments: [files], options: [OptionGroup("Options", [md5, randomart]), OutputOptions.group],
        examples: [.init("fairlead key fingerprint --randomart ~/.ssh/id_ed25519.pub", "SHA256 and the picture")],
        exits: CommandDeclaration.Exit.offline, alsoCalled: ["fp", "show", "list"])

    package let files: [RawPath]
    package let showsMD5: Bool
    package let showsRandomart: Bool
    package let output: OutputOptions

    package init(_ arguments: ParsedArguments) {
        files = arguments.words(Self.files).map(\.path)
        showsMD5 = arguments.has(Self.md5)
        showsRandomart = arguments.has(Self.randomart)
        output = OutputOptions(arguments)
    }
}
