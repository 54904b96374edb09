/// What the lines of configurations that apply say, before anything is replaced in it. The first value of a keyword wins.
package struct ClientOptions: Sendable {
    /// The value of a keyword as it is printed.
    enum Value: Sendable, Hashable {
        /// A choice, text, or list of algorithms as written.
        case text(String)
        case number(Int)
        case words([String])
    }

    /// A file of a key or certificate.
    package struct FileSetting: Sendable, Hashable {
        package let path: String
        /// Whether the user named it, and not the system's configuration.
        package let isUsers: Bool
        package let origin: SettingOrigin
    }

    /// A file of what kind a line came from.
    struct Source: Sendable, Hashable {
        /// The user's, or one that the command line names; else the system's.
        let isUsers: Bool
    }

    /// What could not be obeyed.
    package struct Notice: Sendable, Hashable {
        /// One sentence with file and line; safe for a terminal.
        package let text: String
        /// The system's file has it: nothing that this user has chosen.
        package let isSystemWide: Bool

        package init(text: String, isSystemWide: Bool) {
            self.text = text
            self.isSystemWide = isSystemWide
        }
    }

    private(set) var values: [SettingKeyword: Value] = [:]
    /// Where the values came from, and whether the user's file has them.
    private(set) var origins: [SettingKeyword: (origin: SettingOrigin, isUsers: Bool)] = [:]
    package var identityFiles: [FileSetting] = []
    package var certificateFiles: [FileSetting] = []
    /// Dynamic forwardings are local ones to `.socks`.
    package var localForwards: [ForwardingRule] = []
    package var remoteForwards: [ForwardingRule] = []
    /// Patterns of variables to send.
    package var sentVariables: [String] = []
    /// What goes through which hosts; an empty list for `none`.
    var jump: Jump?
    /// Seconds between key exchanges.
    package var rekeyInterval: Int?
    /// Seconds for which a master connection stays, where ControlPersist is `yes`; 0 for ever.
    package var controlPersistTime = 0
    /// Seconds for which AddKeysToAgent adds a key; 0 for ever.
    package var keyLifetime = 0
    /// The agent's socket that is forwarded instead of the usual one.
    package var forwardedAgent: String?
    var bindMask = 0o177
    package internal(set) var notices: [Notice] = []

    enum Jump: Sendable, Hashable {
        case none
        case through(JumpList)
    }

    init() {}

    /// Takes `value` unless there is one.
    mutating func take(
        _ keyword: SettingKeyword, _ value: Value, _ origin: SettingOrigin, _ source: Source
    ) {
        guard values[keyword] == nil else { return }
        values[keyword] = value
        note(keyword, origin, source)
    }

    /// Remembers where a keyword was first set.
    mutating func note(_ keyword: SettingKeyword, _ origin: SettingOrigin, _ source: Source) {
        if origins[keyword] == nil { origins[keyword] = (origin, source.isUsers) }
    }

    /// Replaces a value, after all files have been read.
    mutating func replace(_ keyword: SettingKeyword, by value: Value?) {
        values[keyword] = value
    }

    /// Fills in what applies where nothing is said.
    mutating func fill(_ keyword: SettingKeyword, _ value: Value) {
        if values[keyword] == nil { values[keyword] = value }
    }

    package func text(_ keyword: SettingKeyword) -> String? {
        if case .text(let text) = values[keyword] { text } else { nil }
    }

    package func number(_ keyword: SettingKeyword) -> Int? {
        if case .number(let number) = values[keyword] { number } else { nil }
    }

    package func words(_ keyword: SettingKeyword) -> [String]? {
        if case .words(let words) = values[keyword] { words } else { nil }
    }

    /// Whether a flag is set; nil where nothing is said.
    package func flag(_ keyword: SettingKeyword) -> Bool? {
        text(keyword).map { $0 == "yes" || $0 == "true" }
    }

    /// Where the keyword was set; nil where it was not.
    package func origin(of keyword: SettingKeyword) -> SettingOrigin? { origins[keyword]?.origin }

    /// Whether the user's file or the command line has the keyword, and not the system's file.
    package func isUsers(_ keyword: SettingKeyword) -> Bool { origins[keyword]?.isUsers ?? false }

    /// The hosts of a ProxyJump that applies, each reached through the one before.
    package var jumps: [JumpList.Host]? {
        switch jump {
        case nil: nil
        case .some(.none): []
        case .through(let list): list.hosts
        }
    }
}
