import Bytes
import FuzzDriver
import SSH

// The connection protocol of a client with two channels, driven as a connection drives it.

struct CountingSink: PacketSink {
    var count = 0

    mutating func sendPacket(_ write: (inout ByteBuffer) -> Void) {
        var payload = ByteBuffer()
        write(&payload)
        precondition(!payload.isEmpty && payload.count <= 256 << 10)
        count += payload.count
    }
}

func attack(_ input: borrowing ByteBuffer) throws(ChannelError) {
    var channels = ChannelMultiplexer()
    var sink = CountingSink()
    var now: UInt64 = 0
    channels.begin()
    var known: [ChannelID] = []
    /// Bytes that came and are not used up, by channel.
    var delivered: [ChannelID: Int] = [:]
    for _ in 0..<2 { known.append(try channels.open(.session, now: now, into: &sink)) }
    for record in records(input) {
        guard let first = record.first else { continue }
        now += 1_000_000
        // Numbers that are no message of this protocol stand for what the owner does.
        guard ChannelMultiplexer.handles(MessageNumber(rawValue: first)) else {
            let id = known[Int(first >> 4) % known.count]
            switch first & 0x0F {
            case 0: try? channels.write(record.rawSpan, to: id)
            case 1: channels.flush(into: &sink, budget: record.count)
            case 2:
                channels.acknowledge(id, delivered[id, default: 0], now: now, into: &sink)
                delivered[id] = 0
            case 3: channels.sendEOF(id, into: &sink)
            case 4: channels.close(id, .now, into: &sink)
            case 5: channels.close(id, .afterQueuedData, into: &sink)
            case 6: _ = try? channels.request(.shell, on: id, wantReply: true, into: &sink)
            case 7: _ = try channels.requestGlobally(.keepalive, wantReply: true, into: &sink)
            case 8: known.append(try channels.open(.session, now: now, into: &sink))
            case 9: channels.repliesDidDrain()
            default: _ = channels.nextWritable()
            }
            continue
        }
        switch try channels.receive(payload: record.rawSpan, now: now, into: &sink) {
        case .data(let id, _, let range):
            precondition(range.upperBound <= record.count)
            delivered[id, default: 0] += range.count
        case .peerOpen(let id, _):
            known.append(id)
            if record.count % 2 == 0 {
                try channels.accept(id, into: &sink)
            } else {
                try channels.reject(id, .administrativelyProhibited, description: "", into: &sink)
            }
        case .request(let id, _, let wantReply):
            if wantReply { channels.reply(to: id, success: record.count % 2 == 0, into: &sink) }
        case .globalRequest(_, let wantReply):
            if wantReply { channels.replyGlobally(.failure, into: &sink) }
        case .none, .opened, .openFailed, .windowAvailable, .eof, .requestReply, .closed, .failed, .globalReply: break
        }
    }
    let ids = channels.connectionDidEnd()
    precondition(Set(ids).count == ids.count, "a channel ended twice")
}

fuzz { try? attack($0) }
