/// The requests that wait for a reply, found by the slot in their id.
struct RequestTable: ~Copyable {
    /// What a reply to a request has to be; STATUS is always allowed, and STATUS `ok` only where nothing else is due.
    enum Expectation: Equatable {
        case status
        case handle
        case data(limit: Int)
        case name
        case attributes
        case extended
        /// To an extended request that only the caller knows.
        case anything

        init(_ request: Request) {
            self =
                switch request {
                case .open, .opendir: .handle
                case .read(_, _, let length): .data(limit: Int(length))
                case .lstat, .fstat, .stat: .attributes
                case .readdir, .realpath, .readlink: .name
                case .close, .write, .setstat, .fsetstat, .remove, .mkdir, .rmdir, .rename, .symlink: .status
                case .extended(let extended):
                    switch extended {
                    case .posixRename, .hardlink, .fsync, .lsetstat, .copyData: .status
                    case .expandPath, .homeDirectory: .name
                    case .statvfs, .fstatvfs, .limits, .usersGroupsByID, .checkFileHandle, .checkFileName: .extended
                    case .other: .anything
                    }
                }
        }
    }

    struct Pending {
        var type: MessageType
        var expectation: Expectation
    }

    private enum Slot {
        /// The slot that was freed before this one; -1 when none was.
        case free(next: Int)
        case taken(Pending)
    }

    private var slots: [Slot] = []
    private var generations: [UInt16] = []
    private var firstFree = -1
    private let limit: Int
    private(set) var count = 0

    init(limit: Int) {
        self.limit = min(max(limit, 1), Limits.maximumRequestsInFlight)
    }

    /// An id for `pending`; throws when as many requests as allowed wait.
    mutating func insert(_ pending: Pending) throws(RequestRefusal) -> RequestID {
        guard count < limit else { throw .tooManyInFlight(limit: limit) }
        count += 1
        guard firstFree >= 0 else {
            slots.append(.taken(pending))
            generations.append(0)
            return RequestID(slot: slots.count - 1, generation: 0)
        }
        let index = firstFree
        switch slots[index] {
        case .free(let next): firstFree = next
        case .taken: preconditionFailure("a slot on the free list is taken")
        }
        slots[index] = .taken(pending)
        return RequestID(slot: index, generation: generations[index])
    }

    /// The request that `id` names; nil when it does not wait.
    func pending(_ id: RequestID) -> Pending? {
        guard id.slot < slots.count, generations[id.slot] == id.generation else { return nil }
        switch slots[id.slot] {
        case .free: return nil
        case .taken(let pending): return pending
        }
    }

    /// Frees the slot of `id`, which `pending(_:)` found.
    mutating func remove(_ id: RequestID) {
        slots[id.slot] = .free(next: firstFree)
        generations[id.slot] &+= 1
        firstFree = id.slot
        count -= 1
    }
}
