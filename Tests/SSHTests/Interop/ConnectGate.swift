import TestHosts

/// Lets so many connections at once sign in: Dropbear closes a sixth from one address at once.
actor ConnectGate {
    static let dropbear = ConnectGate(count: 4)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(count: Int) { free = count }

    /// The gate before `host`, where it has one.
    static func of(_ host: any TestHost) -> ConnectGate? {
        host is DropbearServer ? dropbear : nil
    }

    func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
