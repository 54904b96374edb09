/// What a file is opened for (`SSH_FXF_…`, draft-ietf-secsh-filexfer-02 §6.3).
package struct OpenFlags: OptionSet, Hashable, Sendable {
    package var rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let read = OpenFlags(rawValue: 0x01)
    package static let write = OpenFlags(rawValue: 0x02)
    /// Every write goes to the end of the file.
    package static let append = OpenFlags(rawValue: 0x04)
    /// The file is created when it does not exist.
    package static let create = OpenFlags(rawValue: 0x08)
    /// An existing file is emptied; goes with `create`.
    package static let truncate = OpenFlags(rawValue: 0x10)
    /// The request fails when the file exists; goes with `create`.
    package static let exclusive = OpenFlags(rawValue: 0x20)
}
