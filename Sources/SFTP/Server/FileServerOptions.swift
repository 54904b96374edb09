/// What can be chosen for a file server.
package struct FileServerOptions: Sendable {
    /// Whether everything that changes something is refused.
    package var isReadOnly = false
    /// How many bytes may be stored, counted over all servers that share it; nil for as much as the disk takes.
    package var quota: StorageQuota?
    /// The permission bits that new files and folders never get, besides those of the process' own mask.
    package var umask: UInt32 = 0o022
    /// The name by which `~name` and `home-directory` know the user; nil when only the empty name is one's own.
    package var userName: String?
    /// Whether the client names the new link first in SYMLINK, as the draft has it, and not what it says, as OpenSSH does
    /// (OpenSSH PROTOCOL §4.1).
    package var takesLinkFirst = false
    /// Whether ids of users and groups are shown as the names that this system knows for them.
    package var showsAccountNames = true
    /// Whether short requests may be done on the connection's loop, where the disk proves to be quick (`DiskPace`).
    package var worksDirectly = true
    /// Open files and folders of one client, at least 1.
    package var maximumOpenHandles = Limits.defaultOpenHandles
    /// Requests of one client that are worked on at a time, at least 1.
    package var maximumRequestsInFlight = Limits.defaultServedRequests

    package init() {}
}
