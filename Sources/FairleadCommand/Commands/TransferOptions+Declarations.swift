extension OptionDeclaration {
    package static let recursive = OptionDeclaration(
        "r", "recursive", "directories with all below (implied for a directory)")
    package static let resume = OptionDeclaration(
        nil, "resume", "go on where an earlier transfer stopped, and leave what this one does not finish for the next")
    package static let verify = OptionDeclaration(
        nil, "verify", "compare SHA-256 of both sides afterwards, and say how each was found")
    package static let preserve = OptionDeclaration(nil, "preserve", "keep modes and times")
    package static let preserveOwner = OptionDeclaration(
        nil, "preserve-owner", "keep owners and groups, by their numbers; mostly for root only")
    package static let links = OptionDeclaration(
        nil, "links", .single(metavariable: "WHAT", .choice(LinkPolicy.allCases.map(\.rawValue))), default: "keep",
        "symbolic links below a directory: keep makes them again, follow copies what they lead to, skip leaves them out"
    )
    package static let include = OptionDeclaration(
        nil, "include", .repeated(metavariable: "PATTERN", .file),
        "transfer what matches; of all include and exclude options the first that matches decides")
    package static let exclude = OptionDeclaration(
        nil, "exclude", .repeated(metavariable: "PATTERN", .file),
        "leave out what matches, as in rsync: '*.o' any such file, 'build/' a directory, '/top' only at the top")
    package static let excludeFrom = OptionDeclaration(
        nil, "exclude-from", .repeated(metavariable: "FILE", .file),
        "patterns to leave out, one a line ('+ PATTERN' includes, # begins a comment); - is standard input")
    package static let minimumSize = OptionDeclaration(
        nil, "min-size", .single(metavariable: "BYTES", .size), "leave out smaller files: 500K, 2M, 1G")
    package static let maximumSize = OptionDeclaration(
        nil, "max-size", .single(metavariable: "BYTES", .size), "leave out larger files")
    package static let filesFrom = OptionDeclaration(
        nil, "files-from", .single(metavariable: "FILE", .file),
        "transfer what this file names, one path a line below the source, to the same places; - is standard input")
    package static let null = OptionDeclaration(
        "0", "null", "the names of --files-from end with NUL, as of find -print0")
    package static let parallel = OptionDeclaration(
        nil, "parallel", .single(metavariable: "N", .integer(1...1024)),
        "at most so many files at a time (else as many as are worth it)")
    package static let limitRate = OptionDeclaration(
        nil, "limit-rate", .single(metavariable: "BYTES", .byteCount), "at most so many bytes a second: 500K, 2M, 1G")
    package static let noProgress = OptionDeclaration(nil, "no-progress", "do not show how far it is")
    package static let onConflict = OptionDeclaration(
        nil, "on-conflict", .single(metavariable: "WHAT", .choice(ConflictPolicy.allCases.map(\.rawValue))),
        default: "overwrite", "when the target exists: overwrite, skip, rename, or fail")
    package static let fsync = OptionDeclaration(
        nil, "fsync", .single(metavariable: "WHEN", .choice(SyncPolicy.allCases.map(\.rawValue))), default: "auto",
        "bring files to the disk: always before they get their name, never, or auto: large and named ones")
    package static let noRetry = OptionDeclaration(nil, "no-retry", "do not connect again when the connection is lost")
    package static let scp = OptionDeclaration(
        nil, "scp", "use the old SCP protocol, which is else used only where a host has no SFTP")
}
