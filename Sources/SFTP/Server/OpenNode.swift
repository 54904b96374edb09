import Bytes
import Reactor

/// What an open handle stands for.
final class OpenNode: Sendable {
    enum Kind: Sendable {
        case file(File, OpenFlags)
        case directory(DirectoryStream)
    }

    let kind: Kind
    private let quota: StorageQuota?
    let identity: FileIdentity
    /// Of the path by which it was opened.
    let key: PathKey

    init(_ kind: Kind, _ status: FileStatus, _ key: PathKey, quota: StorageQuota?) {
        self.kind = kind
        self.quota = quota
        identity = FileIdentity(status)
        self.key = key
    }

    deinit {
        // For a client that went away without CLOSE.
        if let quota, case .file(let file, _) = kind { quota.closing(file) }
    }

    /// The file, when it is one that was opened for all of `flags`.
    func file(for flags: OpenFlags) -> File? {
        switch kind {
        case .file(let file, let opened): opened.isSuperset(of: flags) ? file : nil
        case .directory: nil
        }
    }

    func use(exclusive: Bool, ordered: Bool = false) -> RequestScheduler<FileOperation>.Access.Use {
        .init(identity, key, exclusive: exclusive, ordered: ordered)
    }
}

/// The open handles of one client: eight bytes each, a slot and how often it was used before.
///
/// | offset | field | type |
/// |---|---|---|
/// | 0 | slot | uint32 |
/// | 4 | generation | uint32 |
struct HandleTable: ~Copyable {
    private struct Slot {
        var node: OpenNode?
        var generation: UInt32
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    var count: Int { slots.count - free.count }

    mutating func insert(_ node: OpenNode) -> Handle {
        let index = free.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot(node: nil, generation: 0)) }
        slots[index].node = node
        var bytes = ByteBuffer(capacity: 8)
        bytes.append(UInt32(index))
        bytes.append(slots[index].generation)
        return Handle(checked: bytes.array)
    }

    /// What `handle` stands for; nil when it is none that is open.
    func node(_ handle: Handle) -> OpenNode? {
        index(handle).flatMap { slots[$0].node }
    }

    /// Takes the handle back.
    mutating func remove(_ handle: Handle) -> OpenNode? {
        guard let index = index(handle), let node = slots[index].node.take() else { return nil }
        slots[index].generation &+= 1
        free.append(index)
        return node
    }

    mutating func removeAll() {
        slots = []
        free = []
    }

    private func index(_ handle: Handle) -> Int? {
        guard handle.bytes.count == 8 else { return nil }
        let bytes = handle.bytes.rawSpan
        let index = Int(bytes.integer(at: 0, as: UInt32.self))
        guard index < slots.count, slots[index].generation == bytes.integer(at: 4, as: UInt32.self) else { return nil }
        return index
    }
}
