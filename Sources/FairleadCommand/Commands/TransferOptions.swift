package import Bytes
import Transfer

/// What to do when the target exists already.
package enum ConflictPolicy: String, Sendable, Hashable, CaseIterable {
    case overwrite, skip, rename, fail
}

/// What becomes of symbolic links below a folder.
package enum LinkPolicy: String, Sendable, Hashable, CaseIterable {
    case keep, follow, skip
}

/// When files are brought to the disk.
package enum SyncPolicy: String, Sendable, Hashable, CaseIterable {
    case auto, always, never
}

/// The options of every transfer.
package struct TransferOptions: Sendable, Hashable {
    /// One word on what is transferred; their order matters.
    package enum SelectionWord: Sendable, Hashable {
        case include(RawPath)
        case exclude(RawPath)
        /// A file of rules.
        case excludeFrom(InputSource)
    }

    package let isRecursive: Bool
    package let resumes: Bool
    package let verifies: Bool
    package let preserves: Bool
    package let preservesOwners: Bool
    package let links: LinkPolicy
    package let selection: [SelectionWord]
    /// Bytes of files; nil for no limit.
    package let minimumSize: UInt64?
    package let maximumSize: UInt64?
    /// Where names of what is to be transferred are read from.
    package let list: InputSource?
    /// Whether these names end with NUL, not with a newline.
    package let isListNULSeparated: Bool
    /// Files at a time; nil when not given.
    package let parallel: Int?
    /// Bytes per second; nil for no limit.
    package let rateLimit: UInt64?
    package let showsProgress: Bool
    package let onConflict: ConflictPolicy
    package let durability: SyncPolicy
    /// Whether a lost connection is made again.
    package let reconnects: Bool
    /// Whether the SCP protocol is used also where there is SFTP.
    package let usesSCP: Bool

    package init(_ arguments: ParsedArguments) throws(UsageError) {
        isRecursive = arguments.has(.recursive)
        resumes = arguments.has(.resume)
        verifies = arguments.has(.verify)
        preserves = arguments.has(.preserve)
        preservesOwners = arguments.has(.preserveOwner)
        links = arguments.choice(.links) ?? .keep
        selection = try Self.selection(arguments)
        minimumSize = arguments.size(.minimumSize)
        maximumSize = arguments.size(.maximumSize)
        if let minimumSize, let maximumSize, minimumSize > maximumSize {
            throw arguments.usageError("--min-size is more than --max-size, so that nothing fits")
        }
        list = arguments.path(.filesFrom).map(InputSource.init)
        isListNULSeparated = arguments.has(.null)
        if isListNULSeparated, list == nil { throw arguments.usageError("--null goes with --files-from") }
        parallel = arguments.integer(.parallel)
        rateLimit = arguments.byteCount(.limitRate)
        showsProgress = !arguments.has(.noProgress)
        onConflict = arguments.choice(.onConflict) ?? .overwrite
        durability = arguments.choice(.fsync) ?? .auto
        reconnects = !arguments.has(.noRetry)
        usesSCP = arguments.has(.scp)
        let reads = [list].compactMap { $0 } + selection.compactMap(\.source)
        let count = reads.count { $0 == .standardInput } + (arguments.has(.passwordStandardInput) ? 1 : 0)
        if count > 1 { throw arguments.usageError("standard input can be read for one option only") }
    }

    private static func selection(_ arguments: ParsedArguments) throws(UsageError) -> [SelectionWord] {
        var words: [SelectionWord] = []
        for (option, value) in arguments.ordered(.include, .exclude, .excludeFrom) {
            if option == .excludeFrom {
                words.append(.excludeFrom(InputSource(value.path)))
                continue
            }
            do throws(GlobError) {
                _ = try SelectionRule(option == .include ? .include : .exclude, value.path)
            } catch {
                throw arguments.usageError("\(option.name) '\(value)': \(error)")
            }
            words.append(option == .include ? .include(value.path) : .exclude(value.path))
        }
        return words
    }

    /// Throws where `sources` do not fit these options.
    func check(_ arguments: ParsedArguments, sources: [Location]) throws(UsageError) {
        if list != nil, sources.count > 1 {
            throw arguments.usageError("--files-from names what is below one source, but there are \(sources.count)")
        }
        if let clash = sources.clash {
            throw arguments.usageError(
                "'\(clash)' is the name of sources on different hosts", hint: "copy them one after the other")
        }
    }

    /// What is transferred, and what is kept of it.
    private static let what = OptionGroup(
        "What is transferred",
        [.recursive, .include, .exclude, .excludeFrom, .minimumSize, .maximumSize, .links])
    private static let lists = OptionGroup("Lists of names", [.filesFrom, .null])
    private static let how = OptionGroup(
        "How it is transferred",
        [
            .resume, .verify, .preserve, .preserveOwner, .onConflict, .fsync, .parallel, .limitRate, .noRetry,
            .noProgress,
        ])

    /// The declared options of `get`, `put` and `cp`.
    package static let groups = [
        what, lists, OptionGroup(how.title, how.options + [.scp]),
    ]
    /// The declared options of `sync`.
    package static let syncGroups = [
        what, OptionGroup(how.title, how.options.filter { $0 != .onConflict }),
    ]

    /// How to pause, for the help of each of these commands.
    package static let pausing = """
        The signal USR1 pauses a transfer and USR2 lets it go on (kill -USR1 PID); the connection stays meanwhile. Ctrl-Z \
        stops the whole command, and fg brings it back.
        """
}

extension TransferOptions.SelectionWord {
    fileprivate var source: InputSource? {
        switch self {
        case .include, .exclude: nil
        case .excludeFrom(let source): source
        }
    }
}
