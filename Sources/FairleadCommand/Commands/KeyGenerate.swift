package import Bytes

/// `fairlead key generate`.
package struct KeyGenerate: Command {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case ed25519, ecdsa, rsa

        /// The sizes in bits that `-b` may ask for, and the one without it.
        var sizes: (allowed: ClosedRange<Int>, standard: Int) {
            switch self {
            case .ed25519: (256...256, 256)
            case .ecdsa: (256...521, 256)
            case .rsa: (2048...16384, 3072)
            }
        }
    }

    /// Where the new key's passphrase comes from.
    package enum Passphrase: Sendable, Hashable {
        case prompt
        case file(RawPath)
        case none
    }

    private static let kind = OptionDeclaration(
        "t", "type", .single(metavariable: "TYPE", .choice(Kind.allCases.map(\.rawValue))), default: "ed25519",
        "ed25519, ecdsa or rsa")
    private static let bits = OptionDeclaration(
        "b", "bits", .single(metavariable: "BITS", .integer(256...16384)),
        "ecdsa: 256 (default), 384 or 521; rsa: 2048 to 16384 (default 3072)")
    private static let file = OptionDeclaration(
        "f", "file", .single(metavariable: "FILE", .file), default: "~/.ssh/id_TYPE",
        "where the private key goes; the public one is beside it with .pub")
    private static let comment = OptionDeclaration(
        "C", "comment", .single(metavariable: "COMMENT", .text), default: "user@host", "the key's comment")
    private static let passphraseFile = OptionDeclaration(
        nil, "passphrase-file", .single(metavariable: "FILE", .file),
        "take the passphrase from a file that only you can read instead of asking")
    private static let noPassphrase = OptionDeclaration(nil, "no-passphrase", "leave the private key unencrypted")

    package static let declaration = CommandDeclaration(
        "key", "generate", summary: "makes a new key pair",
        discussion: """
            The private key is written in OpenSSH's format, readable only by you; an existing file is never replaced. The \
            passphrase is asked for on the terminal.
            """,
        options: [
            OptionGroup("Options", [kind, bits, file, comment, passphraseFile, noPassphrase]), OutputOptions.group,
        ],
        examples: [
            .init("fairlead key generate", "an Ed25519 key as ~/.ssh/id_ed25519"),
            .init("fairlead key generate -t rsa -b 4096 -f backup_key --no-passphrase", "for an old host and a script"),
        ],
        exits: CommandDeclaration.Exit.offline, alsoCalled: ["gen", "new", "create"])

    package let kind: Kind
    /// A size that the kind has: 256, 384 or 521 for ecdsa.
    package let bits: Int
    /// nil for the standard place.
    package let file: RawPath?
    package let comment: String?
    package let passphrase: Passphrase
    package let output: OutputOptions

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        kind = arguments.choice(Self.kind) ?? .ed25519
        bits = arguments.integer(Self.bits) ?? kind.sizes.standard
        guard kind.sizes.allowed.contains(bits), kind != .ecdsa || [256, 384, 521].contains(bits) else {
            switch kind {
            case .ed25519: throw arguments.usageError("an ed25519 key has always 256 bits")
            case .ecdsa: throw arguments.usageError("an ecdsa key has 256, 384 or 521 bits, not \(bits)")
            case .rsa: throw arguments.usageError("an rsa key has 2048 to 16384 bits, not \(bits)")
            }
        }
        file = arguments.path(Self.file)
        comment = arguments.text(Self.comment)
        if let comment, comment.visible() != comment {
            throw arguments.usageError("--comment has a control character in it")
        }
        switch (arguments.path(Self.passphraseFile), arguments.has(Self.noPassphrase)) {
        case (.some, true): throw arguments.usageError("--passphrase-file and --no-passphrase exclude each other")
        case (.some(let file), false): passphrase = .file(file)
        case (nil, true): passphrase = .none
        case (nil, false): passphrase = .prompt
        }
        output = OutputOptions(arguments)
    }
}
