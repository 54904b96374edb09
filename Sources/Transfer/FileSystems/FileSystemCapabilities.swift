/// What a file system can do beyond reading and writing; known once it is connected.
package struct FileSystemCapabilities: Sendable, Hashable {
    /// A rename replaces what has the name, in one step.
    package var replacesInOneStep = true
    /// A file can be brought to the disk.
    package var synchronizes = true
    /// It tells where files have holes.
    package var tellsHoles = false
    /// It copies between its own files without sending them to us.
    package var copiesWithin = false
    /// Times are kept to the nanosecond, not the second.
    package var keepsNanoseconds = false
    /// A file's time is always told in the same way, so that two of them can be compared.
    package var tellsTimesAlike = true
    /// How many bytes one read gives at most.
    package var readLength = 256 * 1024
    /// How many bytes one write takes at most.
    package var writeLength = 256 * 1024
    /// How many files may be open at once.
    package var openFiles = 256

    package init() {}
}
