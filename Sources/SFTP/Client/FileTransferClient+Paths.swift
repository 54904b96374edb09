package import Bytes

/// Files and directories by their path (draft-ietf-secsh-filexfer-02 §6.5 to §6.11).
extension FileTransferClient {
    /// The attributes of what `path` leads to, through symbolic links.
    package func attributes(at path: RawPath) async throws(RequestError) -> Attributes {
        try await ask(.stat(path)) { reply throws(RequestError) in try reply.attributes() }
    }

    /// The attributes of `path` itself, should it be a symbolic link.
    package func linkAttributes(at path: RawPath) async throws(RequestError) -> Attributes {
        try await ask(.lstat(path)) { reply throws(RequestError) in try reply.attributes() }
    }

    /// Sets those attributes that are there, of what `path` leads to.
    package func setAttributes(at path: RawPath, _ attributes: Attributes) async throws(RequestError) {
        try await ask(.setstat(path, attributes)) { reply throws(RequestError) in try reply.done() }
    }

    /// Sets those attributes that are there, of `path` itself (`lsetstat@openssh.com`).
    package func setLinkAttributes(at path: RawPath, _ attributes: Attributes) async throws(RequestError) {
        try await askExtension(.lsetstat(path, attributes)) { reply throws(RequestError) in try reply.done() }
    }

    package func remove(_ path: RawPath) async throws(RequestError) {
        try await ask(.remove(path)) { reply throws(RequestError) in try reply.done() }
    }

    package func makeDirectory(
        _ path: RawPath, attributes: Attributes = Attributes()
    ) async throws(RequestError) {
        try await ask(.mkdir(path, attributes)) { reply throws(RequestError) in try reply.done() }
    }

    /// Removes an empty directory.
    package func removeDirectory(_ path: RawPath) async throws(RequestError) {
        try await ask(.rmdir(path)) { reply throws(RequestError) in try reply.done() }
    }

    /// The absolute path that the server makes of `path`; of `.`, the directory it starts in.
    package func realPath(_ path: RawPath) async throws(RequestError) -> RawPath {
        try await ask(.realpath(path)) { reply throws(RequestError) in try reply.singleName() }
    }

    /// Renames; fails when `to` exists.
    package func rename(_ from: RawPath, to: RawPath) async throws(RequestError) {
        try await ask(.rename(from: from, to: to)) { reply throws(RequestError) in try reply.done() }
    }

    /// Renames and replaces `to` in one step (`posix-rename@openssh.com`).
    package func replace(_ to: RawPath, with from: RawPath) async throws(RequestError) {
        try await askExtension(.posixRename(from: from, to: to)) { reply throws(RequestError) in try reply.done() }
    }

    /// What a symbolic link says, as it says it.
    package func readLink(_ path: RawPath) async throws(RequestError) -> RawPath {
        try await ask(.readlink(path)) { reply throws(RequestError) in try reply.singleName() }
    }

    /// Makes a symbolic link at `path` that says `target`.
    ///
    /// OpenSSH's server, and most that follow it, take the two paths in another order than the draft (OpenSSH PROTOCOL
    /// §4.1); AsyncSSH's does so for clients that it knows, and keeps to the draft for all others.
    package func makeSymbolicLink(_ path: RawPath, to target: RawPath) async throws(RequestError) {
        let request: Request =
            switch symbolicLinkOrder {
            case .targetFirst: .symlink(target: target, link: path)
            case .linkFirst: .symlink(target: path, link: target)
            }
        try await ask(request) { reply throws(RequestError) in try reply.done() }
    }

    /// Makes `path` a second name of `existing` (`hardlink@openssh.com`).
    package func makeHardLink(_ path: RawPath, to existing: RawPath) async throws(RequestError) {
        try await askExtension(.hardlink(existing: existing, link: path)) { reply throws(RequestError) in
            try reply.done()
        }
    }

    /// Statistics of the file system at `path` (`statvfs@openssh.com`).
    package func statistics(at path: RawPath) async throws(RequestError) -> FileSystemStatistics {
        try await askExtension(.statvfs(path)) { reply throws(RequestError) in try reply.fileSystemStatistics() }
    }

    /// The absolute path of one that may begin with `~` (`expand-path@openssh.com`).
    package func expandPath(_ path: RawPath) async throws(RequestError) -> RawPath {
        try await askExtension(.expandPath(path)) { reply throws(RequestError) in try reply.singleName() }
    }

    /// The home directory of `user`, of the own one when it is empty (`home-directory`).
    package func homeDirectory(of user: String = "") async throws(RequestError) -> RawPath {
        try await askExtension(.homeDirectory(user: Array(user.utf8))) { reply throws(RequestError) in
            try reply.singleName()
        }
    }

    /// The names of users and groups, nil for unknown ones (`users-groups-by-id@openssh.com`).
    package func accountNames(users: [UInt32], groups: [UInt32]) async throws(RequestError) -> AccountNames {
        try await askExtension(.usersGroupsByID(users: users, groups: groups)) { reply throws(RequestError) in
            try reply.accountNames(userCount: users.count, groupCount: groups.count)
        }
    }

    /// What the server takes at most (`limits@openssh.com`); `unknown` for a server without the extension.
    package func serverLimits() async throws(RequestError) -> ServerLimits {
        try await ready()
        guard extensions.supports(.limits) else { return .unknown }
        return try await ask(.extended(.limits)) { reply throws(RequestError) in try reply.serverLimits() }
    }

    /// Hashes of the file at `path`; `unsupported` when the server has no `check-file-name`, which it need not announce.
    package func hashes(at path: RawPath, _ check: FileCheck) async throws(RequestError) -> FileHashes {
        try await ask(.extended(.checkFileName(path, check))) { reply throws(RequestError) in try reply.fileHashes() }
    }
}
