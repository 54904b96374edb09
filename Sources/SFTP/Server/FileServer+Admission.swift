import Bytes
import Reactor

/// From requests to operations: what is checked without the disk, and what each has to wait for.
extension FileServer {
    typealias Access = RequestScheduler<FileOperation>.Access

    /// What VERSION announces (OpenSSH PROTOCOL §4; draft-ietf-secsh-filexfer-extensions-00).
    static let extensions: [Hello.Extension] =
        ([
            .posixRename, .statvfs, .fstatvfs, .hardlink, .fsync, .lsetstat, .limits, .expandPath, .copyData,
            .homeDirectory, .usersGroupsByID,
        ] as [ExtensionName]).compactMap { name in
            name.spokenVersion.map { Hello.Extension(name: name, data: Array($0.utf8)) }
        } + [Hello.Extension(name: .checkFile, data: Array(HashOperation.algorithmNames.joined(separator: ",").utf8))]

    /// Takes a request in: it is answered at once, or added to the scheduler.
    func admit(_ id: RequestID, _ request: Request) {
        if options.isReadOnly, request.changesFiles {
            return answer(id, .status(Status(.permissionDenied, message: "the server is read-only")))
        }
        switch request {
        case .read(let handle, let offset, let length): admitRead(id, handle, offset, length)
        case .write(let handle, let offset, let data): admitWrite(id, handle, offset, data)
        case .open(let path, let flags, let attributes):
            guard takesHandle(id) else { return }
            let changes = flags.isDisjoint(with: [.write, .append, .create, .truncate]) == false
            scheduler.add(.open(id, path, flags, attributes), .paths([key(path)], changing: changes))
        case .opendir(let path):
            guard takesHandle(id) else { return }
            scheduler.add(.openDirectory(id, path), .paths([key(path)], changing: false))
        case .close(let handle):
            // From here on the handle means nothing, as it would when each request waited for the one before.
            guard let node = handles.remove(handle) else { return refuseHandle(id) }
            scheduler.add(.close(id, node), .files([node.use(exclusive: true)]))
        case .readdir(let handle):
            guard let node = handles.node(handle) else { return refuseHandle(id) }
            guard case .directory(let stream) = node.kind else {
                return answer(id, .status(Status(.failure, message: "the handle is no directory's")))
            }
            scheduler.add(.readDirectory(id, stream), .files([node.use(exclusive: true)]))
        case .fstat(let handle): admit(id, handle, .status, exclusive: false)
        case .fsetstat(let handle, let attributes): admit(id, handle, .set(attributes), exclusive: true)
        case .lstat, .setstat, .remove, .mkdir, .rmdir, .realpath, .stat, .rename, .readlink:
            admitPaths(id, request, request.paths)
        case .symlink(_, let link): admitPaths(id, request, [link])
        case .extended(let extended): admit(id, extended, request)
        }
    }

    private func admit(_ id: RequestID, _ extended: ExtendedRequest, _ request: Request) {
        switch extended {
        case .posixRename, .statvfs, .hardlink, .lsetstat, .expandPath: admitPaths(id, request, request.paths)
        case .fstatvfs(let handle): admit(id, handle, .volume, exclusive: false)
        case .fsync(let handle): admit(id, handle, .synchronize, exclusive: true)
        case .limits:
            var fields = ByteBuffer()
            fields.append(announcedLimits)
            answer(id, .extended(fields.array))
        case .copyData(let copy): admitCopy(id, copy)
        case .homeDirectory(let user):
            guard user.isEmpty || user == options.userName.map({ Array($0.utf8) }) else {
                return answer(id, .status(Status(.failure, message: "no such user")))
            }
            answer(id, .name([DirectoryEntry(name: worker.files.home, longName: worker.files.home.bytes)]))
        case .usersGroupsByID(let users, let groups):
            scheduler.add(.accounts(id, users: users, groups: groups), .nothing)
        case .checkFileHandle(let handle, let check):
            guard let node = handles.node(handle) else { return refuseHandle(id) }
            guard let file = node.file(for: .read) else { return refuseUse(id, "reading") }
            let operation = HashOperation(id, .file(file), check)
            scheduler.add(.hash(operation), .files([node.use(exclusive: false)]))
        case .checkFileName(let path, let check):
            scheduler.add(.hash(HashOperation(id, .path(path), check)), .paths([key(path)], changing: false))
        case .other:
            answer(id, .status(Status(.operationUnsupported, message: "an unknown extended request")))
        }
    }

    // MARK: Handles

    /// Whether one more may be open; answers the request when not.
    private func takesHandle(_ id: RequestID) -> Bool {
        guard handles.count + pendingOpenCount < max(options.maximumOpenHandles, 1) else {
            answer(id, .status(Status(.failure, message: "too many open files")))
            return false
        }
        pendingOpenCount += 1
        return true
    }

    private func refuseHandle(_ id: RequestID) {
        answer(id, .status(Status(.failure, message: "no such handle")))
    }

    private func refuseUse(_ id: RequestID, _ use: String) {
        answer(id, .status(Status(.permissionDenied, message: "the handle is not one for \(use)")))
    }

    private func admit(_ id: RequestID, _ handle: Handle, _ action: FileOperation.HandleAction, exclusive: Bool) {
        guard let node = handles.node(handle) else { return refuseHandle(id) }
        scheduler.add(.onHandle(id, node, action), .files([node.use(exclusive: exclusive)]))
    }

    private func admitRead(_ id: RequestID, _ handle: Handle, _ offset: UInt64, _ length: UInt32) {
        guard let node = handles.node(handle) else { return refuseHandle(id) }
        guard let file = node.file(for: .read) else { return refuseUse(id, "reading") }
        let range = FileOperation.Range(
            id: id, offset: offset, length: min(Int(length), Limits.maximumTransferLength))
        let joined = scheduler.extendLast(on: node.identity, exclusive: false) { work in
            guard case .read(let other, var ranges) = work, other === file, ranges.count < Limits.requestsPerJob,
                ranges.reduce(range.length, { $0 + $1.length }) <= Limits.jobLength
            else { return false }
            ranges.append(range)
            work = .read(file, ranges)
            return true
        }
        if !joined { scheduler.add(.read(file, [range]), .files([node.use(exclusive: false, ordered: true)])) }
    }

    private func admitWrite(_ id: RequestID, _ handle: Handle, _ offset: UInt64, _ data: ByteBuffer) {
        guard let node = handles.node(handle) else { return refuseHandle(id) }
        guard let file = node.file(for: .write) else { return refuseUse(id, "writing") }
        pendingWriteLength += data.count
        let piece = FileOperation.Piece(id: id, offset: offset, data: data)
        let joined = scheduler.extendLast(on: node.identity, exclusive: true) { work in
            guard case .write(let other, var pieces) = work, other === file, pieces.count < Limits.requestsPerJob,
                pieces.reduce(data.count, { $0 + $1.data.count }) <= Limits.jobLength
            else { return false }
            pieces.append(piece)
            work = .write(file, pieces)
            return true
        }
        if !joined { scheduler.add(.write(file, [piece]), .files([node.use(exclusive: true)])) }
    }

    private func admitCopy(_ id: RequestID, _ copy: DataCopy) {
        guard let source = handles.node(copy.source), let destination = handles.node(copy.destination) else {
            return refuseHandle(id)
        }
        guard let from = source.file(for: .read) else { return refuseUse(id, "reading") }
        guard let to = destination.file(for: .write) else { return refuseUse(id, "writing") }
        let operation = CopyOperation(id, copy, from, to, isOneFile: source.identity == destination.identity)
        scheduler.add(
            .copy(operation), .files([source.use(exclusive: false), destination.use(exclusive: true)]))
    }

    private var announcedLimits: ServerLimits {
        ServerLimits(
            maximumMessageLength: UInt64(Limits.announcedMessageLength),
            maximumReadLength: UInt64(Limits.maximumTransferLength),
            maximumWriteLength: UInt64(Limits.maximumTransferLength),
            maximumOpenHandles: UInt64(max(options.maximumOpenHandles, 1)))
    }

    // MARK: Paths

    private func key(_ path: RawPath) -> PathKey {
        PathKey(worker.files.absolute(path))
    }

    private func admitPaths(_ id: RequestID, _ request: Request, _ paths: [RawPath]) {
        scheduler.add(.onPath(id, request), .paths(paths.map { key($0) }, changing: request.changesFiles))
    }
}

extension Request {
    /// Whether the request may change something, and so has no place where everything is read-only.
    var changesFiles: Bool {
        switch self {
        case .open(_, let flags, _): !flags.isDisjoint(with: [.write, .append, .create, .truncate])
        case .write, .setstat, .fsetstat, .remove, .mkdir, .rmdir, .rename, .symlink: true
        case .close, .read, .lstat, .fstat, .opendir, .readdir, .realpath, .stat, .readlink: false
        case .extended(let extended):
            switch extended {
            case .posixRename, .hardlink, .lsetstat, .copyData: true
            case .statvfs, .fstatvfs, .fsync, .limits, .expandPath, .homeDirectory, .usersGroupsByID,
                .checkFileHandle, .checkFileName, .other:
                false
            }
        }
    }
}
