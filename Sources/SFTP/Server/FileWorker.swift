import Bytes
import Reactor

/// Does what requests ask for, on a thread of the pool, and writes the replies.
struct FileWorker: Sendable {
    let files: RootedFileSystem
    let options: FileServerOptions
    let loop: EventLoop
    let accounts: AccountCache

    init(files: RootedFileSystem, options: FileServerOptions, loop: EventLoop) {
        self.files = files
        self.options = options
        self.loop = loop
        accounts = AccountCache(isEnabled: options.showsAccountNames)
    }

    /// Does one operation; its replies, and what else came of it, go to `content`.
    func perform(_ job: FileJob.ID, _ operation: FileOperation, _ content: inout FileJob.Content) {
        switch operation {
        case .read(let file, let ranges):
            for range in ranges { read(file, range, &content.replies) }
        case .write(let file, let pieces):
            for piece in pieces {
                reply(piece.id, &content.replies) { () throws(FileFailure) in try write(file, piece) }
            }
        case .open(let id, let path, let flags, let attributes):
            opened(id, &content) { () throws(FileFailure) in try open(path, flags, attributes) }
        case .openDirectory(let id, let path):
            opened(id, &content) { () throws(FileFailure) in try openDirectory(path) }
        case .close(let id, let node):
            reply(id, &content.replies) { () throws(FileFailure) in try close(node) }
        case .readDirectory(let id, let stream): readDirectory(id, stream, &content.replies)
        case .onHandle(let id, let node, let action): perform(id, node, action, &content.replies)
        case .onPath(let id, let request): perform(id, request, &content.replies)
        case .accounts(let id, let users, let groups):
            let names = AccountNames(users: users.map(accounts.user), groups: groups.map(accounts.group))
            let start = content.replies.count
            content.replies.appendExtendedReply(id) { $0.append(names) }
            guard content.replies.count - start > Limits.announcedMessageLength else { return }
            content.replies.dropLast(content.replies.count - start)
            content.replies.appendStatus(id, .failure, "more names than one reply has room for")
        case .hash(let hash):
            if !hash.goOn(self, &content.replies) { content.unfinished.append((job, operation)) }
        case .copy(let copy):
            if !copy.goOn(self, &content.replies) { content.unfinished.append((job, operation)) }
        }
    }

    /// Does one operation on the loop itself; false when it would take long after all, and nothing has been done.
    func performDirectly(_ job: FileJob.ID, _ operation: FileOperation, _ content: inout FileJob.Content) -> Bool {
        switch operation {
        case .open(let id, let path, let flags, let attributes) where flags.contains(.truncate) && options.quota == nil:
            var isLarge = false
            opened(id, &content) { () throws(FileFailure) in
                let node = try open(path, flags, attributes, truncating: false)
                guard case .file(let file, _) = node.kind else { return node }
                try FileFailure.wrap { () throws(ReactorError) in
                    let size = try file.statusBlocking().size
                    isLarge = size > Limits.directFileLength
                    if size > 0, !isLarge { try file.truncateBlocking(to: 0) }
                }
                return node
            }
            guard isLarge else { return true }
            content.opened.removeLast()
            return false
        case .close(_, let node):
            if case .file(let file, _) = node.kind {
                // Its last name may be gone, and its bytes go with it.
                guard let status = try? file.statusBlocking(), status.size <= Limits.directFileLength else {
                    return false
                }
            }
            perform(job, operation, &content)
            return true
        case .read, .write, .open, .openDirectory, .readDirectory, .onHandle, .onPath, .accounts, .hash, .copy:
            perform(job, operation, &content)
            return true
        }
    }

    // MARK: Replies

    /// Appends STATUS: `ok`, or why `body` failed.
    func reply(_ id: RequestID, _ replies: inout ByteBuffer, _ body: () throws(FileFailure) -> Void) {
        do throws(FileFailure) {
            try body()
            replies.appendSuccess(id)
        } catch {
            replies.append(error, id)
        }
    }

    /// Appends what `body` answers, or why it failed.
    func answer(_ id: RequestID, _ replies: inout ByteBuffer, _ body: () throws(FileFailure) -> Reply) {
        do throws(FileFailure) {
            replies.append(ServerMessage.reply(id, try body()))
        } catch {
            replies.append(error, id)
        }
    }

    private func opened(
        _ id: RequestID, _ content: inout FileJob.Content, _ body: () throws(FileFailure) -> OpenNode
    ) {
        do throws(FileFailure) {
            content.opened.append((id, try body()))
        } catch {
            content.replies.append(error, id)
        }
    }

    // MARK: Files

    /// Reads straight behind the header of the reply.
    private func read(_ file: File, _ range: FileOperation.Range, _ replies: inout ByteBuffer) {
        let start = replies.count
        replies.appendDataHeader(range.id, count: range.length)
        do throws(ReactorError) {
            let count = try file.readBlocking(at: range.offset, count: range.length, into: &replies)
            guard count < range.length || count == 0 else { return }
            if count > 0 { return replies.endData(at: start, count: count) }
            replies.dropLast(replies.count - start)
            replies.appendStatus(range.id, .endOfFile, "end of file")
        } catch {
            replies.dropLast(replies.count - start)
            replies.append(.system(error), range.id)
        }
    }

    private func write(_ file: File, _ piece: FileOperation.Piece) throws(FileFailure) {
        if let quota = options.quota { try quota.reserve(file, upTo: piece.offset, count: piece.data.count) }
        try FileFailure.wrap { () throws(ReactorError) in
            try file.writeBlocking(piece.data.bytes, at: piece.offset)
        }
    }

    private func open(
        _ path: RawPath, _ flags: OpenFlags, _ attributes: Attributes, truncating: Bool = true
    ) throws(FileFailure) -> OpenNode {
        // Permissions alone: what a file can be run as is nothing that a client decides.
        let permissions = (attributes.mode?.permissions ?? 0o666) & 0o777 & ~options.umask
        let (file, status) = try FileFailure.wrap { () throws(ReactorError) in
            try files.openFile(
                path, flags.system(truncating: truncating && options.quota == nil), permissions: permissions, on: loop)
        }
        var opened = flags
        if !flags.contains(.write) { opened.insert(.read) }
        let node = OpenNode(.file(file, opened), status, PathKey(files.absolute(path)), quota: options.quota)
        if let quota = options.quota, flags.contains(.write) {
            try quota.opened(
                file, status, truncating: flags.contains(.truncate), appending: flags.contains(.append))
        }
        return node
    }

    private func openDirectory(_ path: RawPath) throws(FileFailure) -> OpenNode {
        try FileFailure.wrap { () throws(ReactorError) in
            let stream = try files.openDirectory(path)
            return OpenNode(
                .directory(stream), try stream.status(), PathKey(files.absolute(path)), quota: nil)
        }
    }

    private func close(_ node: OpenNode) throws(FileFailure) {
        // A directory closes itself when nobody has it any more.
        guard case .file(let file, _) = node.kind else { return }
        options.quota?.closing(file)
        try FileFailure.wrap { () throws(ReactorError) in try file.closeBlocking() }
    }

    private func perform(
        _ id: RequestID, _ node: OpenNode, _ action: FileOperation.HandleAction, _ replies: inout ByteBuffer
    ) {
        switch action {
        case .status:
            answer(id, &replies) { () throws(FileFailure) in .attributes(Attributes(try status(node))) }
        case .set(let attributes):
            reply(id, &replies) { () throws(FileFailure) in try set(attributes, of: node) }
        case .synchronize:
            reply(id, &replies) { () throws(FileFailure) in
                guard case .file(let file, _) = node.kind else { throw .noFile }
                try FileFailure.wrap { () throws(ReactorError) in try file.syncBlocking() }
            }
        case .volume:
            answerVolume(id, &replies) { () throws(ReactorError) in
                switch node.kind {
                case .file(let file, _): try file.volumeBlocking()
                case .directory(let stream): try stream.volume()
                }
            }
        }
    }

    private func status(_ node: OpenNode) throws(FileFailure) -> FileStatus {
        try FileFailure.wrap { () throws(ReactorError) in
            switch node.kind {
            case .file(let file, _): try file.statusBlocking()
            case .directory(let stream): try stream.status()
            }
        }
    }

    private func set(_ attributes: Attributes, of node: OpenNode) throws(FileFailure) {
        guard case .file(let file, let flags) = node.kind else { throw .noFile }
        if let size = attributes.size {
            guard flags.contains(.write) else { throw .notOpenForWriting }
            try options.quota?.resize(file, to: size)
            try FileFailure.wrap { () throws(ReactorError) in try file.truncateBlocking(to: size) }
        }
        try FileFailure.wrap { () throws(ReactorError) in
            if let mode = attributes.mode { try file.changePermissionsBlocking(to: mode.settablePermissions) }
            if let times = attributes.times {
                try file.changeTimesBlocking(
                    accessed: FileTime(seconds: Int64(times.access)),
                    modified: FileTime(seconds: Int64(times.modification)))
            }
            if let owner = attributes.owner {
                try file.changeOwnerBlocking(user: owner.userID, group: owner.groupID)
            }
        }
    }

    // MARK: Directories

    private func readDirectory(_ id: RequestID, _ stream: DirectoryStream, _ replies: inout ByteBuffer) {
        do throws(ReactorError) {
            let entries = try stream.next(Limits.directoryBatchCount)
            guard !entries.isEmpty else { return replies.appendStatus(id, .endOfFile, "end of directory") }
            let now = loop.calendarTime
            replies.append(
                ServerMessage.reply(
                    id,
                    .name(
                        entries.map { entry in
                            guard let status = entry.status else {
                                return DirectoryEntry(name: entry.name, longName: entry.name.bytes)
                            }
                            let line = LongName.line(entry.name, status, accounts, now: now)
                            return DirectoryEntry(
                                name: entry.name, longName: line, attributes: Attributes(status))
                        })))
        } catch {
            replies.append(.system(error), id)
        }
    }

    func answerVolume(
        _ id: RequestID, _ replies: inout ByteBuffer, _ body: () throws(ReactorError) -> VolumeStatus
    ) {
        do throws(ReactorError) {
            var statistics = FileSystemStatistics(try body())
            if options.isReadOnly { statistics.flags |= FileSystemStatistics.readOnlyFlag }
            options.quota?.limit(&statistics)
            replies.appendExtendedReply(id) { $0.append(statistics) }
        } catch {
            replies.append(.system(error), id)
        }
    }
}
