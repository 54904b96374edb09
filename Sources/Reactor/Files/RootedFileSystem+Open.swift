package import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension RootedFileSystem {
    /// Opens a regular file; one that this creates gets `permissions` less the process' umask.
    ///
    /// Anything else is refused, as a pipe or device could block, or do something by being opened: EISDIR for a folder,
    /// EOPNOTSUPP for the others. `loop` is where the file's own calls with a completion come back. With the file comes its
    /// status from behind the opening.
    package func openFile(
        _ path: RawPath, _ flags: File.Flags, permissions: UInt32 = 0o666, on loop: EventLoop
    ) throws(ReactorError) -> (File, FileStatus) {
        let mode = flags.contains(.create) ? permissions & 0o7777 : 0
        let descriptor = try open(path, flags.system | O_NONBLOCK | O_NOCTTY, mode: mode, "open")
        guard let status = FileStatus(of: descriptor.number) else {
            throw ReactorError(errno: errno, operation: "open", path: path)
        }
        guard status.kind == .regular else {
            let reason = status.kind == .directory ? EISDIR : EOPNOTSUPP
            throw ReactorError(errno: reason, operation: "open", path: path)
        }
        return (File(descriptor: descriptor.release(), path: path, loop: loop), status)
    }

    /// Opens a folder to read its names.
    package func openDirectory(_ path: RawPath) throws(ReactorError) -> DirectoryStream {
        let descriptor = try open(path, O_RDONLY | O_DIRECTORY, "opendir")
        return try DirectoryStream(descriptor, path)
    }
}
