package import Bytes

/// What a server says about one file; nil where it does not say.
package struct FTPEntry: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case file, directory, link, other
    }

    package var name: RawPath
    package var kind: Kind?
    /// Bytes.
    package var size: UInt64?
    /// Seconds since 1970.
    package var modified: Int64?
    /// Whether `modified` is UTC to the second; the lines of LIST give minutes or days of a zone that nobody names.
    package var isTimeExact = false
    /// The lower twelve bits of the mode.
    package var permissions: UInt32?
    /// Names or numbers.
    package var owner: String?
    package var group: String?
    package var linkCount: UInt32?
    /// What a symbolic link says.
    package var linkTarget: RawPath?

    package init(name: RawPath, kind: Kind? = nil, size: UInt64? = nil, modified: Int64? = nil) {
        self.name = name
        self.kind = kind
        self.size = size
        self.modified = modified
    }
}

/// Why a name of a listing was left out: it is not one to create a file by.
package struct FTPNameRefusal: Sendable, Hashable {
    package let name: RawPath
}

/// The names in a directory, `.` and `..` left out.
package struct FTPListing: Sendable, Hashable {
    package var entries: [FTPEntry] = []
    package var refusals: [FTPNameRefusal] = []

    package init() {}
}
