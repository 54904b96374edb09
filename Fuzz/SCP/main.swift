import Bytes
import FuzzDriver
import Transfer

// Both sides of SCP against a peer of anybody's making: in pieces of any size, with announcements taken and refused.

/// Gives the sink `bytes`, and answers as the bits of `choices` say.
func sink(_ bytes: [UInt8], piece: Int, choices: UInt8, _ request: SCPSink.Request) throws(SCPError) {
    var sink = SCPSink(request, maximumDepth: 8)
    var buffer = ByteBuffer()
    var rest = bytes[...]
    var count = 0
    while true {
        // Answers are small, however much is asked.
        precondition(sink.takeOutput().count <= 1024, "an answer that is too long")
        precondition(sink.depth <= 8, "deeper than is allowed")
        switch try sink.next(buffer.bytes) {
        case .needsMore:
            guard !rest.isEmpty else { return try sink.finish(left: buffer.count) }
            buffer.append(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        case .consumed(let used): buffer.consume(used)
        case .event(let event, let used):
            buffer.consume(used)
            switch event {
            case .file(let entry), .folder(let entry):
                if sink.depth > 0 { precondition(entry.name.isSafeName, "a name that is not safe") }
                precondition(entry.permissions <= 0o777, "bits that are not kept")
                count += 1
                if choices >> UInt8(count & 7) & 1 == 1 { sink.refuse("no") } else { sink.accept() }
            case .fileEnd: sink.accept()
            case .data, .folderEnd, .complaint: break
            }
        }
    }
}

/// Sends a tree to whoever answers `bytes`.
func source(_ bytes: [UInt8], piece: Int, choices: UInt8) throws(SCPError) {
    var source = SCPSource()
    var buffer = ByteBuffer()
    var rest = bytes[...]
    var count = 0
    while true {
        switch try source.next(buffer.bytes) {
        case .answer(_, _, let used): buffer.consume(used)
        case .needsMore:
            guard !rest.isEmpty else { return }
            buffer.append(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        if source.left > 0 { source.sent(Int(source.left)) }
        count += 1
        if source.isIdle {
            let times = choices & 1 == 1 ? SCPTimes(modificationSeconds: 1, accessSeconds: 2) : nil
            switch choices >> UInt8(count & 7) & 1 {
            case 0: source.beginFile(SCPEntry(name: "a", permissions: 0o644, size: UInt64(count), times: times))
            default:
                if source.depth > 4 {
                    source.endFolder()
                } else {
                    source.beginFolder(SCPEntry(name: "d", permissions: 0o755, times: times))
                }
            }
        } else if source.isSending, source.left == 0 {
            source.endFile()
        }
        _ = source.takeOutput()
    }
}

let pattern = try GlobPattern("*.txt").components

fuzz { input in
    let bytes = input.array
    guard let first = bytes.first, let second = bytes.dropFirst().first else { return }
    let content = Array(bytes.dropFirst(2))
    let piece = Int(first & 15) + 1
    try? sink(content, piece: piece, choices: second, .path)
    if let component = pattern.last { try? sink(content, piece: piece, choices: second, .pattern(component)) }
    try? source(content, piece: piece, choices: second)
}
