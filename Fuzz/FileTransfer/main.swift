import Bytes
import FuzzDriver
import SFTP

// What an SFTP server answers, cut anywhere.

struct CheckingSink: ReplySink {
    var waiting: [UInt32: Int] = [:]
    var data: (id: RequestID, count: Int, received: Int)?

    mutating func versionReceived(_ hello: Hello) {}

    mutating func replyReceived(_ id: RequestID, _ reply: Reply) {
        precondition(data == nil, "a reply within data")
        precondition(waiting.removeValue(forKey: id.rawValue) != nil, "a reply to nothing")
    }

    mutating func dataBegan(_ id: RequestID, count: Int) {
        precondition(data == nil, "data within data")
        guard let limit = waiting.removeValue(forKey: id.rawValue) else { preconditionFailure("data for nothing") }
        precondition(count <= limit, "more data than was asked for")
        data = (id, count, 0)
    }

    mutating func dataPiece(_ id: RequestID, _ piece: RawSpan, offset: Int) {
        precondition(data?.id == id && data?.received == offset && !piece.isEmpty, "a misplaced piece")
        data?.received += piece.byteCount
    }

    mutating func dataEnded(_ id: RequestID) {
        precondition(data?.id == id && data?.received == data?.count, "data ended early")
        data = nil
    }
}

func attack(_ input: borrowing ByteBuffer) throws {
    guard !input.isEmpty, let handle = Handle([1, 2, 3, 4]) else { return }
    var core = ClientCore(maximumInFlight: 32)
    var sink = CheckingSink()
    var outbound = ByteBuffer()
    core.start(into: &outbound)
    let choice = input[0]
    if choice & 1 == 0 {
        // VERSION 3 without extensions.
        try core.receive(([0, 0, 0, 5, 2, 0, 0, 0, 3] as [UInt8]).rawSpan, into: &sink)
    }
    let requests: [Request] = [
        .stat("a"), .readdir(handle), .open("a", .read, Attributes()), .realpath("."), .readlink("l"), .close(handle),
        .extended(.limits), .extended(.statvfs("a")),
    ]
    for request in requests {
        sink.waiting[try core.appendRequest(request, into: &outbound).rawValue] = 0
    }
    for length in [1, 100, 32_768] {
        sink.waiting[try core.appendRead(handle, offset: 0, length: length, into: &outbound).rawValue] = length
    }
    var rest = input.array.dropFirst()
    let step = choice & 2 == 0 ? Int.max : Int(choice >> 2) + 1
    while !rest.isEmpty {
        try core.receive(Array(rest.prefix(step)).rawSpan, into: &sink)
        rest = rest.dropFirst(step)
    }
}

fuzz { try? attack($0) }
