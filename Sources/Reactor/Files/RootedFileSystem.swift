package import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
#if os(Linux)
    import CLinux
#endif

// What the C library hides from Swift; the values are those of the kernel's <fcntl.h> and <linux/openat2.h>.
#if os(Linux)
    let pathOnly: CInt = 0o10000000
    private let resolveInRoot: UInt64 = 0x10
    private let resolveNoMagicLinks: UInt64 = 0x02
#else
    let pathOnly: CInt = O_RDONLY | O_NONBLOCK
#endif

/// A folder as a file system of its own: no name, symbolic link or race leads out of it.
///
/// `/` is the folder, `..` there stays there, and a link to an absolute path starts there (as in `chroot(2)`). Nothing is
/// ever done by a whole path of the process: everything is relative to descriptors of folders. The kernel resolves a
/// path within the folder (`openat2(2)` with RESOLVE_IN_ROOT, Linux 5.6); where it cannot, the path is walked here
/// component by component, no link followed by the kernel. Changes to the last component, as `unlinkat(2)`, follow no link.
///
/// All calls block for the time of a disk: they are for a thread of the pool. From any thread.
package final class RootedFileSystem: Sendable {
    /// Who finds the file that a path means.
    package enum Resolution: Sendable {
        case kernel
        case walk
    }

    package let resolution: Resolution
    /// Where relative paths begin; absolute, within the folder.
    package let home: RawPath
    /// The folder itself.
    let root: CInt
    /// How long short work takes here, whoever does it; nil where any of it may take long, as on other machines' disks.
    package let pace: SharedDiskPace?

    /// The file system within the folder `path`, whose relative paths begin at `home`, an absolute path in it.
    ///
    /// `resolution` and `pace` are for tests: the kernel's by default, where it has it, and one on this machine's disks.
    package init(
        at path: RawPath, home: RawPath = "/", resolution: Resolution? = nil, pace: DiskPace? = nil
    ) throws(ReactorError) {
        let number = try unsafe Self.systemCall("open", path) { text in
            unsafe Reactor.openFile(text, O_DIRECTORY | O_CLOEXEC | pathOnly)
        }
        root = number
        self.home = home
        self.resolution = resolution ?? Self.probe(number)
        self.pace = (pace ?? (Self.isLocal(number) ? DiskPace() : nil)).map { SharedDiskPace($0) }
    }

    /// Whether the folder is on a file system of this machine that keeps names and small files in memory: tmpfs, ext2 to
    /// ext4, XFS, Btrfs and F2FS (`statfs(2)`). Not NFS, FUSE and their like, whose every answer may be long in coming.
    private static func isLocal(_ descriptor: CInt) -> Bool {
        #if os(Linux)
            [0x0102_1994, 0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010].contains(linux_file_system_type(descriptor))
        #else
            false
        #endif
    }

    deinit {
        File.closeDescriptor(root)
    }

    /// Kernels before 5.6 do not have the call, and some sandboxes forbid it.
    private static func probe(_ root: CInt) -> Resolution {
        #if os(Linux)
            let flags = UInt64(pathOnly | O_DIRECTORY | O_CLOEXEC)
            let number = unsafe linux_openat2(root, ".", flags, 0, resolveInRoot | resolveNoMagicLinks)
            guard number >= 0 else { return .walk }
            File.closeDescriptor(number)
            return .kernel
        #else
            return .walk
        #endif
    }

    // MARK: Resolving

    /// Opens what `path` leads to within the root, with the system's `flags`; links are followed unless they say otherwise.
    func open(
        _ path: RawPath, _ flags: CInt, mode: UInt32 = 0, _ operation: String
    ) throws(ReactorError) -> Descriptor {
        let whole = absolute(path)
        switch resolution {
        case .walk: return try walk(whole, flags, mode: mode, operation).found(operation, path)
        case .kernel: break
        }
        #if os(Linux)
            let kernelFlags = UInt64(flags | O_CLOEXEC)
            for _ in 0..<Limits.resolutionTries {
                var failure: CInt = 0
                let number = try unsafe Self.withText(whole, operation) { text in
                    let number = unsafe linux_openat2(
                        root, text, kernelFlags, UInt64(mode), resolveInRoot | resolveNoMagicLinks)
                    failure = number < 0 ? errno : 0
                    return number
                }
                if number >= 0 { return Descriptor(number) }
                // EAGAIN: something was renamed while `..` was resolved, so the kernel could not be sure.
                guard failure == EAGAIN || failure == EINTR else {
                    throw ReactorError(errno: failure, operation: operation, path: path)
                }
            }
        #endif
        // Somebody renames without end: the walk needs no luck.
        return try walk(whole, flags, mode: mode, operation).found(operation, path)
    }

    /// A name in a folder that is open: what changes it is relative to the folder's descriptor and follows no link.
    struct Place: ~Copyable {
        let folder: Descriptor
        let name: RawPath
        let path: RawPath

        /// Calls `call` with the folder and the name.
        func perform(_ operation: String, _ call: (CInt, UnsafePointer<CChar>) -> CInt) throws(ReactorError) {
            let folder = folder.number
            do throws(ReactorError) {
                _ = try unsafe RootedFileSystem.systemCall(operation, name) { unsafe call(folder, $0) }
            } catch {
                var error = error
                error.path = path
                throw error
            }
        }
    }

    /// The place of `path`'s last component, which need not exist.
    ///
    /// The root itself, and paths that end with `.` or `..`, have none: EINVAL, as rename(2) and rmdir(2) say.
    func place(of path: RawPath, _ operation: String) throws(ReactorError) -> Place {
        let whole = absolute(path)
        let name = whole.lastComponent
        guard !name.isEmpty, name != ".", name != ".." else {
            throw ReactorError(errno: path.isEmpty ? ENOENT : EINVAL, operation: operation, path: path)
        }
        var parent = whole.bytes[...]
        while parent.last == UInt8(ascii: "/") { parent.removeLast() }
        parent.removeLast(name.bytes.count)
        let folderPath = RawPath(bytes: parent.isEmpty ? [UInt8(ascii: "/")] : Array(parent))
        let folder: Descriptor
        do throws(ReactorError) {
            folder = try open(folderPath, pathOnly | O_DIRECTORY, operation)
        } catch {
            var error = error
            error.path = path
            throw error
        }
        return Place(folder: folder, name: name, path: path)
    }

    /// `path` from the root on; the empty path stays, as it names nothing.
    package func absolute(_ path: RawPath) -> RawPath {
        path.isAbsolute || path.isEmpty ? path : home.appending(path)
    }

    // MARK: System calls

    /// Calls `call` with `path` as a C string until no signal interrupts it; throws the system's error when it is negative.
    @discardableResult
    static func systemCall(
        _ operation: String, _ path: RawPath, _ call: (UnsafePointer<CChar>) -> CInt
    ) throws(ReactorError) -> CInt {
        var failure: CInt = 0
        let result = try unsafe withText(path, operation) { text in
            var result: CInt
            repeat {
                result = unsafe call(text)
                failure = errno
            } while result < 0 && failure == EINTR
            return result
        }
        guard result >= 0 else { throw ReactorError(errno: failure, operation: operation, path: path) }
        return result
    }

    /// `path` as a C string; EINVAL where a NUL would make another path of it.
    static func withText<Value>(
        _ path: RawPath, _ operation: String, _ body: (UnsafePointer<CChar>) -> Value
    ) throws(ReactorError) -> Value {
        guard !path.bytes.contains(0) else {
            throw ReactorError(errno: EINVAL, operation: operation, path: path)
        }
        return unsafe path.withCString { unsafe body($0) }
    }
}

// Inside of types with a method `open`, the system's function needs another name.
func openFile(_ path: UnsafePointer<CChar>, _ flags: CInt) -> CInt {
    unsafe open(path, flags)
}
