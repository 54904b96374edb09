/// What kind of file a name stands for (the type bits of `st_mode`, POSIX.1-2017 `sys/stat.h`).
package enum FileKind: Hashable, Sendable, CaseIterable {
    case regular
    case directory
    case symbolicLink
    case blockDevice
    case characterDevice
    case namedPipe
    case socket

    /// The letter in front of the permissions in a long listing (POSIX.1-2017 `ls`).
    package var letter: Character {
        switch self {
        case .regular: "-"
        case .directory: "d"
        case .symbolicLink: "l"
        case .blockDevice: "b"
        case .characterDevice: "c"
        case .namedPipe: "p"
        case .socket: "s"
        }
    }

    /// The kind's bits of a mode.
    package var modeBits: UInt32 {
        switch self {
        case .namedPipe: 0o010000
        case .characterDevice: 0o020000
        case .directory: 0o040000
        case .blockDevice: 0o060000
        case .regular: 0o100000
        case .symbolicLink: 0o120000
        case .socket: 0o140000
        }
    }
}
