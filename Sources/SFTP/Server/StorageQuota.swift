import Bytes
package import Reactor
import Synchronization

/// How many bytes the files below a root may have together; shared by all servers of that root.
///
/// Counted are the sizes of regular files, holes included, a file with several names once. Bytes are taken before they are
/// written and given back when a file is cut off, or when its last name and handle are gone. What others do to the
/// files, past the servers that share this, is not noticed.
package final class StorageQuota: Sendable {
    private struct Charge {
        /// What is counted for the file, at least its size.
        var size: UInt64
        var handleCount: Int
    }

    /// An open file.
    private struct Writer {
        var identity: FileIdentity
        /// Whether each write goes to the end.
        var appends: Bool
    }

    private struct State {
        var used: UInt64
        var charges: [FileIdentity: Charge] = [:]
        var files: [ObjectIdentifier: Writer] = [:]
    }

    /// In bytes.
    package let limit: UInt64
    private let state: Mutex<State>
    /// Held while names go away, so that a file's last name is given back once.
    private let removals = Mutex(())

    /// A quota of `limit` bytes, of which `used` are there already.
    package init(limit: UInt64, used: UInt64 = 0) {
        self.limit = limit
        state = Mutex(State(used: used))
    }

    /// A quota for what is below the root of `files`, which is counted now. Blocks; a folder that cannot be read counts as
    /// empty.
    package convenience init(limit: UInt64, counting files: RootedFileSystem) {
        var used: UInt64 = 0
        var seen = Set<FileIdentity>()
        var folders: [RawPath] = ["/"]
        while let folder = folders.popLast() {
            guard let stream = try? files.openDirectory(folder) else { continue }
            while let entries = try? stream.next(Limits.directoryBatchCount), !entries.isEmpty {
                for entry in entries where entry.name.isSafeName {
                    guard let status = entry.status else { continue }
                    switch status.kind {
                    case .directory: folders.append(folder.appending(entry.name))
                    case .regular where status.linkCount == 1 || seen.insert(FileIdentity(status)).inserted:
                        used = used.addingOrMax(status.size)
                    case _: break
                    }
                }
            }
        }
        self.init(limit: limit, used: used)
    }

    /// Bytes that are counted now.
    package var used: UInt64 { state.withLock { $0.used } }

    // MARK: Files

    /// Takes note of a file that is open for writing, and cuts it off when it was to be `truncating`.
    func opened(
        _ file: File, _ status: FileStatus, truncating: Bool, appending: Bool
    ) throws(FileFailure) {
        let identity = FileIdentity(status)
        state.withLock { state in
            state.files[ObjectIdentifier(file)] = Writer(identity: identity, appends: appending)
            state.charges[identity, default: Charge(size: status.size, handleCount: 0)].handleCount += 1
        }
        guard truncating, status.size > 0 else { return }
        try FileFailure.wrap { () throws(ReactorError) in try file.truncateBlocking(to: 0) }
        try resize(file, to: 0)
    }

    /// Takes note that `file`, which is still open, will be closed. Does nothing the second time.
    func closing(_ file: File) {
        guard let status = try? file.statusBlocking() else { return }
        state.withLock { state in
            guard let identity = state.files.removeValue(forKey: ObjectIdentifier(file))?.identity,
                var charge = state.charges[identity]
            else { return }
            charge.handleCount -= 1
            state.charges[identity] = charge.handleCount > 0 ? charge : nil
            guard charge.handleCount == 0 else { return }
            state.used -= min(charge.size, state.used)
            if status.linkCount > 0 { state.used = state.used.addingOrMax(status.size) }
        }
    }

    /// Takes the bytes that a write of `count` at `offset` adds to `file`.
    func reserve(_ file: File, upTo offset: UInt64, count: Int) throws(FileFailure) {
        try charge(file) { size, appends in max(size, (appends ? size : offset).addingOrMax(UInt64(count))) }
    }

    /// Takes, or gives back, what `file` has more, or less, with `size` bytes.
    func resize(_ file: File, to size: UInt64) throws(FileFailure) {
        try charge(file) { _, _ in size }
    }

    private func charge(_ file: File, _ newSize: (UInt64, Bool) -> UInt64) throws(FileFailure) {
        let isGranted = state.withLock { state in
            guard let writer = state.files[ObjectIdentifier(file)], var charge = state.charges[writer.identity]
            else { return false }
            let size = newSize(charge.size, writer.appends)
            if size > charge.size {
                guard state.used.addingOrMax(size - charge.size) <= limit else { return false }
                state.used += size - charge.size
            } else {
                state.used -= min(charge.size - size, state.used)
            }
            charge.size = size
            state.charges[writer.identity] = charge
            return true
        }
        if !isGranted { throw .overQuota }
    }

    // MARK: Names

    /// Runs `body`, which takes away what `path` is a name of, and gives the file's bytes back when that was its last.
    func removing(
        _ path: RawPath, _ files: RootedFileSystem, _ body: () throws(ReactorError) -> Void
    ) throws(FileFailure) {
        let result: Result<Void, FileFailure> = removals.withLock { _ in
            let before = try? files.status(path, followingLinks: false)
            do throws(ReactorError) {
                try body()
            } catch {
                return .failure(.system(error))
            }
            guard let before, before.kind == .regular, before.linkCount == 1 else { return .success(()) }
            let identity = FileIdentity(before)
            // Renamed to itself, it is still there.
            if let after = try? files.status(path, followingLinks: false), FileIdentity(after) == identity {
                return .success(())
            }
            state.withLock { state in
                // Who has it open gives the bytes back at the end.
                if state.charges[identity] == nil { state.used -= min(before.size, state.used) }
            }
            return .success(())
        }
        try result.get()
    }

    /// Makes `statistics` say what the quota leaves.
    func limit(_ statistics: inout FileSystemStatistics) {
        let used = used
        let unit = max(statistics.fragmentSize, 1)
        statistics.blocks = min(statistics.blocks, limit / unit)
        let free = (limit > used ? limit - used : 0) / unit
        statistics.freeBlocks = min(statistics.freeBlocks, free)
        statistics.availableBlocks = min(statistics.availableBlocks, free)
    }
}

extension FileIdentity {
    init(_ status: FileStatus) {
        self.init(device: status.device, inode: status.inode)
    }
}

extension UInt64 {
    /// The sum; the largest number where that does not fit.
    fileprivate func addingOrMax(_ other: UInt64) -> UInt64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
