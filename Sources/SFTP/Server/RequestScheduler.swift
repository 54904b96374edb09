import Bytes

/// Decides which requests may run now, so that the results are those of running them one after the other.
///
/// Requests on one file keep their order, save that those which only ask about it do not wait for each other; reads do, as
/// there are clients that take the replies for the order of the file. So do requests on paths of which one is the other's
/// or lies above it. All others run at once (draft-ietf-secsh-filexfer-02 §6). Of what was added each waits
/// for a number of earlier ones, so nothing ever waits in a circle. Without I/O: whoever runs the work tells the end of it.
package struct RequestScheduler<Work>: ~Copyable {
    /// Names work that was added.
    package struct ID: Hashable, Sendable {
        fileprivate var slot: Int
        fileprivate var serial: UInt64
    }

    /// What work touches.
    package struct Access {
        /// An open file or folder, its key, whether others on it have to wait, and whether it has to wait for others that are
        /// in order as well.
        package struct Use {
            package var file: FileIdentity
            package var key: PathKey
            package var isExclusive: Bool
            package var isOrdered: Bool

            package init(
                _ file: FileIdentity, _ key: PathKey, exclusive isExclusive: Bool, ordered isOrdered: Bool = false
            ) {
                self.isOrdered = isOrdered
                self.file = file
                self.key = key
                self.isExclusive = isExclusive
            }
        }

        package var uses: [Use]
        package var paths: [PathKey]
        /// Whether what the paths mean is changed, rather than asked about.
        package var changesPaths: Bool

        /// Nothing that others touch.
        package static var nothing: Access { Access(uses: [], paths: [], changesPaths: false) }

        package static func paths(_ paths: [PathKey], changing: Bool) -> Access {
            Access(uses: [], paths: paths, changesPaths: changing)
        }

        package static func files(_ uses: [Use]) -> Access {
            Access(uses: uses, paths: [], changesPaths: false)
        }
    }

    private enum State {
        /// For so many others.
        case waiting(Int)
        case ready
        case running
    }

    private struct Entry {
        var serial: UInt64
        var state: State
        var work: Work?
        var access: Access
        var dependents: [Int] = []
    }

    /// The unfinished work on one file.
    private struct Lane {
        var lastExclusive: Int?
        /// Since that.
        var shared: [Int] = []
        /// The last of these that is in order.
        var lastOrdered: Int?
        var count = 0
        /// Those of the handles that the work came by.
        var keys: [PathKey] = []
    }

    private var entries: [Entry?] = []
    private var freeSlots: [Int] = []
    private var lanes: [FileIdentity: Lane] = [:]
    private var pathReads: [Int] = []
    private var pathChanges: [Int] = []
    private var ready: [Int] = []
    private var readyHead = 0
    private var nextSerial: UInt64 = 0

    package init() {}

    /// How much work is unfinished.
    package var count: Int { entries.count - freeSlots.count }

    /// How much work may run and does not yet.
    package var readyCount: Int { ready.count - readyHead }

    /// Adds work behind everything that was added before.
    package mutating func add(_ work: Work, _ access: Access) {
        let slot = freeSlots.popLast() ?? entries.count
        if slot == entries.count { entries.append(nil) }
        var earlier = Set<Int>()
        for use in access.uses { waitForFile(use, &earlier) }
        for key in access.paths { waitForPath(key, changing: access.changesPaths, &earlier) }
        nextSerial += 1
        let state: State = earlier.isEmpty ? .ready : .waiting(earlier.count)
        entries[slot] = Entry(serial: nextSerial, state: state, work: work, access: access)
        for other in earlier { entries[other]?.dependents.append(slot) }
        for use in access.uses { enter(slot, use) }
        if !access.paths.isEmpty {
            if access.changesPaths { pathChanges.append(slot) } else { pathReads.append(slot) }
        }
        if earlier.isEmpty { ready.append(slot) }
    }

    /// Lets `body` add to the last work on `file` instead of adding work of its own, when that has not started and nothing
    /// waits for it; returns whether it did. `exclusive` says which kind both are.
    package mutating func extendLast(
        on file: FileIdentity, exclusive: Bool, _ body: (inout Work) -> Bool
    ) -> Bool {
        guard let lane = lanes[file], let slot = exclusive ? lane.lastExclusive : lane.shared.last,
            !exclusive || lane.shared.isEmpty, var entry = entries[slot], entry.dependents.isEmpty
        else { return false }
        switch entry.state {
        case .running: return false
        case .waiting, .ready: break
        }
        guard var work = entry.work.take() else { return false }
        // Taken out meanwhile, so that what the work holds has one owner and is not copied.
        entries[slot]?.work = nil
        let isExtended = body(&work)
        entry.work = work
        entries[slot] = entry
        return isExtended
    }

    private func waitForFile(_ use: Access.Use, _ earlier: inout Set<Int>) {
        if let lane = lanes[use.file] {
            if let last = lane.lastExclusive, !use.isExclusive || lane.shared.isEmpty { earlier.insert(last) }
            if use.isExclusive { earlier.formUnion(lane.shared) }
            if use.isOrdered, let last = lane.lastOrdered { earlier.insert(last) }
        }
        for slot in pathChanges where isRelated(slot, use.key) { earlier.insert(slot) }
        guard use.isExclusive else { return }
        for slot in pathReads where isRelated(slot, use.key) { earlier.insert(slot) }
    }

    private func waitForPath(_ key: PathKey, changing: Bool, _ earlier: inout Set<Int>) {
        for slot in pathChanges where isRelated(slot, key) { earlier.insert(slot) }
        if changing {
            for slot in pathReads where isRelated(slot, key) { earlier.insert(slot) }
        }
        for lane in lanes.values where lane.keys.contains(where: { $0.isRelated(to: key) }) {
            if let last = lane.lastExclusive { earlier.insert(last) }
            if changing { earlier.formUnion(lane.shared) }
        }
    }

    private func isRelated(_ slot: Int, _ key: PathKey) -> Bool {
        entries[slot]?.access.paths.contains { $0.isRelated(to: key) } ?? false
    }

    private mutating func enter(_ slot: Int, _ use: Access.Use) {
        var lane = lanes.removeValue(forKey: use.file) ?? Lane()
        lane.count += 1
        if use.isExclusive {
            lane.lastExclusive = slot
            lane.shared.removeAll()
            lane.lastOrdered = nil
        } else if lane.lastExclusive != slot, lane.shared.last != slot {
            lane.shared.append(slot)
            if use.isOrdered { lane.lastOrdered = slot }
        }
        if !lane.keys.contains(use.key) { lane.keys.append(use.key) }
        // The root's key is related to every other: a file that is opened by ever more names waits for all paths.
        if lane.keys.count > Limits.keysPerFile { lane.keys = [PathKey("/")] }
        lanes[use.file] = lane
    }

    // MARK: Running

    /// The work that may run next, in the order in which it became ready; nil when there is none.
    package mutating func takeReady() -> (ID, Work)? {
        guard readyHead < ready.count else { return nil }
        let slot = ready[readyHead]
        readyHead += 1
        if readyHead == ready.count {
            ready.removeAll(keepingCapacity: true)
            readyHead = 0
        }
        guard let serial = entries[slot]?.serial, let work = entries[slot]?.work.take() else { return nil }
        entries[slot]?.state = .running
        return (ID(slot: slot, serial: serial), work)
    }

    /// The work that `takeReady` would return.
    package func withNextReady<Value>(_ body: (borrowing Work) -> Value) -> Value? {
        guard readyHead < ready.count, let work = entries[ready[readyHead]]?.work else { return nil }
        return body(work)
    }

    /// Puts work that has run for a while, and is not done, behind everything that is ready.
    package mutating func yield(_ id: ID, _ work: Work) {
        guard entries[id.slot]?.serial == id.serial else { return }
        entries[id.slot]?.work = work
        entries[id.slot]?.state = .ready
        ready.append(id.slot)
    }

    /// Takes note that the work is done: what waited for it alone is ready now.
    package mutating func finish(_ id: ID) {
        guard let entry = entries[id.slot], entry.serial == id.serial else { return }
        entries[id.slot] = nil
        freeSlots.append(id.slot)
        for use in entry.access.uses { leave(id.slot, use) }
        if !entry.access.paths.isEmpty {
            if entry.access.changesPaths {
                pathChanges.removeAll { $0 == id.slot }
            } else {
                pathReads.removeAll { $0 == id.slot }
            }
        }
        for slot in entry.dependents {
            guard case .waiting(let count) = entries[slot]?.state else { continue }
            entries[slot]?.state = count > 1 ? .waiting(count - 1) : .ready
            if count == 1 { ready.append(slot) }
        }
    }

    private mutating func leave(_ slot: Int, _ use: Access.Use) {
        guard var lane = lanes.removeValue(forKey: use.file) else { return }
        lane.count -= 1
        if lane.lastExclusive == slot { lane.lastExclusive = nil }
        lane.shared.removeAll { $0 == slot }
        if lane.lastOrdered == slot { lane.lastOrdered = nil }
        if lane.count > 0 { lanes[use.file] = lane }
    }
}

/// Which file an open handle is for, by whatever name it was opened.
package struct FileIdentity: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64

    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}
