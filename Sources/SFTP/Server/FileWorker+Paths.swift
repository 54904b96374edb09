import Bytes
import Reactor

/// Requests that are about paths alone.
extension FileWorker {
    func perform(_ id: RequestID, _ request: Request, _ replies: inout ByteBuffer) {
        switch request {
        case .stat(let path): replyStatus(id, path, followingLinks: true, &replies)
        case .lstat(let path): replyStatus(id, path, followingLinks: false, &replies)
        case .setstat(let path, let attributes):
            reply(id, &replies) { () throws(FileFailure) in try set(attributes, path, followingLinks: true) }
        case .remove(let path):
            reply(id, &replies) { () throws(FileFailure) in
                try changeNames(replacing: path) { () throws(ReactorError) in try files.remove(path) }
            }
        case .mkdir(let path, let attributes):
            let permissions = (attributes.mode?.settablePermissions ?? 0o777) & ~options.umask
            replyDone(id, &replies) { () throws(ReactorError) in
                try files.makeDirectory(path, permissions: permissions)
            }
        case .rmdir(let path):
            replyDone(id, &replies) { () throws(ReactorError) in try files.removeDirectory(path) }
        case .realpath(let path): replyName(id, &replies) { () throws(ReactorError) in try files.realpath(path) }
        case .rename(let path, let new):
            replyDone(id, &replies) { () throws(ReactorError) in
                try files.rename(path, to: new, replacing: false)
            }
        case .readlink(let path): replyName(id, &replies) { () throws(ReactorError) in try files.readlink(path) }
        case .symlink(let target, let link):
            replyDone(id, &replies) { () throws(ReactorError) in try files.symlink(target, at: link) }
        case .extended(let extended): perform(id, extended, &replies)
        case .open, .close, .read, .write, .fstat, .fsetstat, .opendir, .readdir:
            replies.appendStatus(id, .operationUnsupported)
        }
    }

    private func perform(_ id: RequestID, _ request: ExtendedRequest, _ replies: inout ByteBuffer) {
        switch request {
        case .posixRename(let path, let new):
            reply(id, &replies) { () throws(FileFailure) in
                try changeNames(replacing: new) { () throws(ReactorError) in
                    try files.rename(path, to: new, replacing: true)
                }
            }
        case .hardlink(let existing, let link):
            replyDone(id, &replies) { () throws(ReactorError) in try files.link(existing, to: link) }
        case .lsetstat(let path, let attributes):
            reply(id, &replies) { () throws(FileFailure) in try set(attributes, path, followingLinks: false) }
        case .statvfs(let path):
            answerVolume(id, &replies) { () throws(ReactorError) in try files.volume(path) }
        case .expandPath(let path):
            guard let expanded = expand(path) else { return replies.appendStatus(id, .failure, "no such user") }
            replyName(id, &replies) { () throws(ReactorError) in try files.realpath(expanded) }
        case .fstatvfs, .fsync, .limits, .copyData, .homeDirectory, .usersGroupsByID, .checkFileHandle,
            .checkFileName, .other:
            replies.appendStatus(id, .operationUnsupported)
        }
    }

    // MARK: Replies

    private func replyDone(_ id: RequestID, _ replies: inout ByteBuffer, _ body: () throws(ReactorError) -> Void) {
        reply(id, &replies) { () throws(FileFailure) in try FileFailure.wrap(body) }
    }

    /// Answers the one name that `body` finds.
    private func replyName(
        _ id: RequestID, _ replies: inout ByteBuffer, _ body: () throws(ReactorError) -> RawPath
    ) {
        answer(id, &replies) { () throws(FileFailure) in
            let name = try FileFailure.wrap(body)
            return .name([DirectoryEntry(name: name, longName: name.bytes)])
        }
    }

    private func replyStatus(
        _ id: RequestID, _ path: RawPath, followingLinks: Bool, _ replies: inout ByteBuffer
    ) {
        answer(id, &replies) { () throws(FileFailure) in
            let status = try FileFailure.wrap { () throws(ReactorError) in
                try files.status(path, followingLinks: followingLinks)
            }
            return .attributes(Attributes(status))
        }
    }

    // MARK: Changes

    private func set(_ attributes: Attributes, _ path: RawPath, followingLinks: Bool) throws(FileFailure) {
        if let size = attributes.size {
            // A link has no size that could be set; OpenSSH's server answers the same.
            guard followingLinks else { throw .linkSize }
            let (file, status) = try FileFailure.wrap { () throws(ReactorError) in
                try files.openFile(path, .write, on: loop)
            }
            if let quota = options.quota { try quota.opened(file, status, truncating: false, appending: false) }
            defer { options.quota?.closing(file) }
            try options.quota?.resize(file, to: size)
            try FileFailure.wrap { () throws(ReactorError) in try file.truncateBlocking(to: size) }
        }
        try FileFailure.wrap { () throws(ReactorError) in
            if let mode = attributes.mode {
                try files.changePermissions(path, to: mode.settablePermissions, followingLinks: followingLinks)
            }
            if let times = attributes.times {
                try files.changeTimes(
                    path, accessed: FileTime(seconds: Int64(times.access)),
                    modified: FileTime(seconds: Int64(times.modification)), followingLinks: followingLinks)
            }
            if let owner = attributes.owner {
                try files.changeOwner(
                    path, user: owner.userID, group: owner.groupID, followingLinks: followingLinks)
            }
        }
    }

    /// Runs `body`, which takes away what `path` is a name of, and gives its bytes back to the quota.
    private func changeNames(
        replacing path: RawPath, _ body: () throws(ReactorError) -> Void
    ) throws(FileFailure) {
        guard let quota = options.quota else { return try FileFailure.wrap(body) }
        try quota.removing(path, files, body)
    }

    /// `path` with `~` and `~name` at its start replaced by the home; nil for another user's.
    private func expand(_ path: RawPath) -> RawPath? {
        guard path.bytes.first == UInt8(ascii: "~") else { return path }
        let user = path.bytes.dropFirst().prefix { $0 != UInt8(ascii: "/") }
        guard user.isEmpty || options.userName.map({ user.elementsEqual($0.utf8) }) == true else { return nil }
        return RawPath(bytes: files.home.bytes + path.bytes.dropFirst(1 + user.count))
    }
}
