/// What to do when the target exists already.
package enum ConflictPolicy: String, Sendable, Hashable, CaseIterable {
    case overwrite, skip, rename, fail
}

/// The options of every transfer.
package struct TransferOptions: Sendable, Hashable {
    package let isRecursive: Bool
    package let resumes: Bool
    package let verifies: Bool
    package let preserves: Bool
    /// Files at a time; nil when not given.
    package let parallel: Int?
    /// Bytes per second; nil for no limit.
    package let rateLimit: UInt64?
    package let showsProgress: Bool
    package let onConflict: ConflictPolicy

    package init(_ arguments: ParsedArguments) {
        isRecursive = arguments.has(.recursive)
        resumes = arguments.has(.resume)
        verifies = arguments.has(.verify)
        preserves = arguments.has(.preserve)
        parallel = arguments.integer(.parallel)
        rateLimit = arguments.byteCount(.limitRate)
        showsProgress = !arguments.has(.noProgress)
        onConflict = arguments.choice(.onConflict) ?? .overwrite
    }

    /// The declared options.
    package static let group = OptionGroup(
        "Transfer options",
        [.recursive, .resume, .verify, .preserve, .parallel, .limitRate, .noProgress, .onConflict])
}

extension OptionDeclaration {
    package static let recursive = OptionDeclaration(
        "r", "recursive", "directories with all below (implied for a directory)")
    package static let resume = OptionDeclaration(nil, "resume", "go on where an earlier transfer stopped")
    package static let verify = OptionDeclaration(nil, "verify", "compare checksums of both sides afterwards")
    package static let preserve = OptionDeclaration(nil, "preserve", "keep modes and times")
    package static let parallel = OptionDeclaration(
        nil, "parallel", .single(metavariable: "N", .integer(1...64)), "so many files at a time")
    package static let limitRate = OptionDeclaration(
        nil, "limit-rate", .single(metavariable: "BYTES", .byteCount), "at most so many bytes a second: 500K, 2M, 1G")
    package static let noProgress = OptionDeclaration(nil, "no-progress", "do not draw the progress bar")
    package static let onConflict = OptionDeclaration(
        nil, "on-conflict", .single(metavariable: "WHAT", .choice(ConflictPolicy.allCases.map(\.rawValue))),
        default: "overwrite", "when the target exists: overwrite, skip, rename, or fail")
}
