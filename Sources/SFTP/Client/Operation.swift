import Bytes

/// What was asked of a server, for errors.
package enum Operation: Hashable, Sendable, CustomStringConvertible {
    /// A request of the draft.
    case request(MessageType)
    case extended(ExtensionName)

    package init(_ request: Request) {
        self =
            switch request {
            case .extended(let extended): .extended(extended.name)
            case .open, .close, .read, .write, .lstat, .fstat, .setstat, .fsetstat, .opendir, .readdir, .remove, .mkdir,
                .rmdir, .realpath, .stat, .rename, .readlink, .symlink:
                .request(request.type)
            }
    }

    /// The name of the protocol for it, such as `open`; an extension without its domain.
    package var description: String {
        switch self {
        case .request(let type): "\(type)"
        case .extended(let name): String(name.description.prefix { $0 != "@" })
        }
    }
}
