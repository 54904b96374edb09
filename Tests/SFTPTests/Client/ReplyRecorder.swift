import Bytes
import SFTP

/// A sink that writes down what a core hands on; data is put together again, with its order checked.
struct ReplyRecorder: ReplySink {
    enum Event: Equatable {
        case version(Hello)
        case reply(RequestID, Reply)
    }

    private(set) var events: [Event] = []
    private(set) var pieces = 0
    private(set) var misplacedPieces = 0
    private var data: (id: RequestID, count: Int, bytes: ByteBuffer)?

    mutating func versionReceived(_ hello: Hello) {
        events.append(.version(hello))
    }

    mutating func replyReceived(_ id: RequestID, _ reply: Reply) {
        if data != nil { misplacedPieces += 1 }
        events.append(.reply(id, reply))
    }

    mutating func dataBegan(_ id: RequestID, count: Int) {
        if data != nil { misplacedPieces += 1 }
        data = (id, count, ByteBuffer())
    }

    mutating func dataPiece(_ id: RequestID, _ piece: RawSpan, offset: Int) {
        pieces += 1
        guard var current = data, current.id == id, current.bytes.count == offset, !piece.isEmpty else {
            misplacedPieces += 1
            return
        }
        data = nil
        current.bytes.append(piece)
        data = current
    }

    mutating func dataEnded(_ id: RequestID) {
        guard let current = data, current.id == id, current.bytes.count == current.count else {
            misplacedPieces += 1
            return
        }
        data = nil
        events.append(.reply(id, .data(current.bytes)))
    }
}
