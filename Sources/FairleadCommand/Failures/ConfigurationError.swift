/// A file or an option's value that cannot be used, noticed before anything was done: exit status 78.
package struct ConfigurationError: Error, Hashable, Sendable {
    /// One sentence in plain words, without a full stop.
    package var message: String
    package var path: String?
    package var hint: String?

    package init(_ message: String, path: String? = nil, hint: String? = nil) {
        self.message = message
        self.path = path
        self.hint = hint
    }
}
