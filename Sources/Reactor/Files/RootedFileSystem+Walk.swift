package import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension RootedFileSystem {
    /// Where a walk ended.
    struct Walked: ~Copyable {
        /// What was found; nil for a name that does not exist in the folder that the walk came to.
        let descriptor: Descriptor?
        /// The absolute path within the root, without links, `.` and `..`.
        let path: RawPath

        consuming func found(_ operation: String, _ path: RawPath) throws(ReactorError) -> Descriptor {
            guard let descriptor else { throw ReactorError(errno: ENOENT, operation: operation, path: path) }
            return descriptor
        }
    }

    /// A folder on the way, closed when the walk has left it.
    private final class Folder {
        let descriptor: Descriptor
        let name: RawPath

        init(_ descriptor: consuming Descriptor, _ name: RawPath) {
            self.descriptor = descriptor
            self.name = name
        }
    }

    /// Opens what `path` leads to, component by component from the root: links are read here and never followed by the
    /// kernel, and `..` goes back to the folder that the walk came from, whatever has become of it meanwhile.
    func walk(
        _ path: RawPath, _ flags: CInt, mode: UInt32 = 0, _ operation: String
    ) throws(ReactorError) -> Walked {
        func failure(_ number: CInt) -> ReactorError {
            ReactorError(errno: number, operation: operation, path: path)
        }
        guard !path.isEmpty else { throw failure(ENOENT) }
        guard !path.bytes.contains(0) else { throw failure(EINVAL) }
        guard path.bytes.count < Int(PATH_MAX) else { throw failure(ENAMETOOLONG) }
        var pending = Array(path.components.reversed())
        var folders: [Folder] = []
        var linkCount = 0

        func canonical(_ last: RawPath?) -> RawPath {
            var path: RawPath = "/"
            for folder in folders { path = path.appending(folder.name) }
            return last.map { path.appending($0) } ?? path
        }
        /// Puts the target of a link in the place of its name.
        func follow(_ target: RawPath) throws(ReactorError) {
            linkCount += 1
            guard linkCount <= Limits.linksPerPath else { throw failure(ELOOP) }
            if target.isAbsolute { folders.removeAll() }
            pending.append(contentsOf: target.components.reversed())
        }

        while let name = pending.popLast() {
            if name == "." { continue }
            if name == ".." {
                _ = folders.popLast()
                continue
            }
            let folder = folders.last?.descriptor.number ?? root
            let isLast = pending.isEmpty
            if isLast, flags & pathOnly != pathOnly {
                let number = openChild(folder, name, flags | O_NOFOLLOW, mode)
                if number >= 0 { return Walked(descriptor: Descriptor(number), path: canonical(name)) }
                let reason = errno
                // ELOOP, or ENOTDIR where a folder is wanted, may be a link's.
                guard reason == ELOOP || reason == ENOTDIR, flags & O_NOFOLLOW == 0,
                    let target = Self.linkTarget(folder, name)
                else { throw failure(reason) }
                try follow(target)
                continue
            }
            let number = openChild(folder, name, pathOnly | O_NOFOLLOW, 0)
            guard number >= 0 else {
                let reason = errno
                guard reason == ENOENT, isLast else { throw failure(reason) }
                return Walked(descriptor: nil, path: canonical(name))
            }
            let child = Descriptor(number)
            guard let kind = FileStatus(of: number)?.kind else { throw failure(errno) }
            switch kind {
            case .symbolicLink where !isLast || flags & O_NOFOLLOW == 0:
                // The link itself is open: what is read is the link that was found, also when it was replaced since.
                guard let target = Self.linkTarget(number, "") ?? Self.linkTarget(folder, name) else {
                    throw failure(EAGAIN)
                }
                try follow(target)
            case .directory where !isLast:
                guard folders.count < Limits.walkDepth else { throw failure(ENAMETOOLONG) }
                folders.append(Folder(child, name))
            case _ where !isLast || (flags & O_DIRECTORY != 0 && kind != .directory): throw failure(ENOTDIR)
            case _: return Walked(descriptor: child, path: canonical(name))
            }
        }
        // The path ended with a folder on the way: the root, `.`, `..`, or a link to one of them.
        guard flags & O_CREAT == 0 else { throw failure(EISDIR) }
        let number = openChild(folders.last?.descriptor.number ?? root, ".", flags | O_DIRECTORY, 0)
        guard number >= 0 else { throw failure(errno) }
        return Walked(descriptor: Descriptor(number), path: canonical(nil))
    }

    /// The absolute path within the root that `path` leads to, without links, `.` and `..`. The last component need not
    /// exist, as OpenSSH has it since 8.1.
    package func realpath(_ path: RawPath) throws(ReactorError) -> RawPath {
        try walk(absolute(path), pathOnly, "realpath").path
    }

    /// What the link `name` in `folder` says; nil when there is none, or its text is longer than a path may be.
    static func linkTarget(_ folder: CInt, _ name: RawPath) -> RawPath? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { space, count in
            guard let start = UnsafeMutableRawPointer(space.baseAddress) else { return }
            let length = unsafe name.withCString { text in
                unsafe readlinkat(folder, text, start.assumingMemoryBound(to: CChar.self), space.count)
            }
            // A text that fills the space may go on.
            count = length > 0 && length < space.count ? length : 0
        }
        return bytes.isEmpty ? nil : RawPath(bytes: bytes)
    }

    private func openChild(_ folder: CInt, _ name: RawPath, _ flags: CInt, _ mode: UInt32) -> CInt {
        unsafe name.withCString { text in
            var number: CInt
            repeat {
                number = unsafe openat(folder, text, flags | O_CLOEXEC, mode_t(mode))
            } while number < 0 && errno == EINTR
            return number
        }
    }
}
