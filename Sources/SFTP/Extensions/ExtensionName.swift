import Bytes

/// The name of an extended request (draft-ietf-secsh-filexfer-02 §8).
package struct ExtensionName: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package var rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    // OpenSSH PROTOCOL §4.3 to §4.13.
    package static let posixRename = ExtensionName(rawValue: "posix-rename@openssh.com")
    package static let statvfs = ExtensionName(rawValue: "statvfs@openssh.com")
    package static let fstatvfs = ExtensionName(rawValue: "fstatvfs@openssh.com")
    package static let hardlink = ExtensionName(rawValue: "hardlink@openssh.com")
    package static let fsync = ExtensionName(rawValue: "fsync@openssh.com")
    package static let lsetstat = ExtensionName(rawValue: "lsetstat@openssh.com")
    package static let limits = ExtensionName(rawValue: "limits@openssh.com")
    package static let expandPath = ExtensionName(rawValue: "expand-path@openssh.com")
    package static let usersGroupsByID = ExtensionName(rawValue: "users-groups-by-id@openssh.com")
    // draft-ietf-secsh-filexfer-extensions-00 §3 and §5 to §7.
    package static let copyData = ExtensionName(rawValue: "copy-data")
    package static let homeDirectory = ExtensionName(rawValue: "home-directory")
    package static let checkFileHandle = ExtensionName(rawValue: "check-file-handle")
    package static let checkFileName = ExtensionName(rawValue: "check-file-name")
    /// How the two check-file requests are announced, and what their reply may begin with.
    package static let checkFile = ExtensionName(rawValue: "check-file")

    /// The name with control characters spelled out.
    package var description: String { rawValue.visible() }

    /// The version of the extension that this module speaks (OpenSSH PROTOCOL §4.2); nil when none is announced.
    package var spokenVersion: String? {
        switch self {
        case .statvfs, .fstatvfs: "2"
        case .posixRename, .hardlink, .fsync, .lsetstat, .limits, .expandPath, .usersGroupsByID, .copyData,
            .homeDirectory:
            "1"
        case _: nil
        }
    }
}
