/// What to do about a host key that is not known.
package enum HostKeyPolicy: String, Sendable, CaseIterable {
    /// Ask, where there is somebody to ask; never go on with a changed key.
    case strict
    /// Take and remember the first key of a host; never go on with a changed key.
    case acceptNew = "accept-new"
    /// Take any key but a revoked one, and remember none. For throw-away hosts: it gives up protection against
    /// impersonation.
    case off
}
