import Bytes
import SFTP

/// What a host says about a file or folder.
public struct RemoteFile: Sendable, Hashable {
    /// What kind of thing it is.
    public enum Kind: Sendable, Hashable {
        case file
        case folder
        case symbolicLink
        /// A device, a pipe, a socket, or nothing that the host would name.
        case other
    }

    /// The name within its folder. Control characters are spelled out; `bytes` are what the host uses.
    public let name: String
    /// The name as the host has it, which need not be UTF-8.
    public let bytes: [UInt8]
    /// What it is.
    public let kind: Kind
    /// In bytes; nil when the host did not say.
    public let size: UInt64?
    /// The last nine bits of the mode, as `0o644`; nil when the host did not say.
    public let permissions: UInt32?
    /// When the content changed last, in seconds since 1970; nil when the host did not say.
    public let modified: UInt32?

    init(_ name: RawPath, _ attributes: Attributes, kind: FileKind?) {
        self.name = name.description
        bytes = name.bytes
        self.kind =
            switch kind {
            case .regular: .file
            case .directory: .folder
            case .symbolicLink: .symbolicLink
            case .namedPipe, .socket, .characterDevice, .blockDevice, nil: .other
            }
        size = attributes.size
        permissions = attributes.mode.map { $0.permissions & 0o777 }
        modified = attributes.times?.modification
    }
}
