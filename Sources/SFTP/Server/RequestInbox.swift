import Bytes

/// What a server's core has taken in since the last look.
struct RequestInbox: RequestSink, ~Copyable {
    enum Arrival {
        case hello
        case request(RequestID, Request)
        case refused(RequestID, Status)
    }

    private var arrivals: [Arrival] = []
    /// How many more requests, and bytes of their payload, may be taken in.
    private var room = (count: 0, length: 0)
    private var spares: [ByteBuffer] = []

    /// Sets how much may be taken in from now on.
    mutating func admit(count: Int, length: Int) {
        room = (count, length)
    }

    /// What has arrived, in order.
    mutating func take() -> [Arrival] {
        defer { arrivals.removeAll(keepingCapacity: true) }
        return arrivals
    }

    /// Keeps some of the buffers that payload was in for the next; lets all go when no file is open.
    mutating func keepSpares(of operations: inout [(id: FileJob.ID, operation: FileOperation)], _ areWanted: Bool) {
        if !areWanted { spares = [] }
        for (_, operation) in operations {
            guard areWanted, case .write(_, let pieces) = operation else { continue }
            for piece in pieces where spares.count < Limits.spareBufferCount { spares.append(piece.data) }
        }
        // They have one owner now.
        operations = []
    }

    // MARK: RequestSink

    var isFull: Bool { room.count <= 0 || room.length <= 0 }

    mutating func helloReceived(_ hello: Hello) {
        arrivals.append(.hello)
    }

    mutating func payloadBuffer(_ count: Int) -> ByteBuffer {
        guard var spare = spares.popLast() else { return ByteBuffer(capacity: count) }
        spare.removeAll()
        spare.reserve(count)
        return spare
    }

    mutating func requestReceived(_ id: RequestID, _ request: Request) {
        room.count -= 1
        if case .write(_, _, let data) = request { room.length -= data.count }
        arrivals.append(.request(id, request))
    }

    mutating func requestRefused(_ id: RequestID, _ status: Status) {
        // Its answer takes room, too.
        room.count -= 1
        arrivals.append(.refused(id, status))
    }
}
