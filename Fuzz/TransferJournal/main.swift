import Bytes
import FuzzDriver
import Transfer

// A journal of anybody's making, and a good one whose records are: what is read is what is written again.

let header = TransferJournal.Header(
    direction: .get,
    source: TransferJournal.Source(
        place: "a@b:22", path: "c", size: 1 << 40, modificationSeconds: 1, modificationNanoseconds: 2),
    targetPlace: "", target: "d", temporary: "e", pieceLength: 32768)
let start = try TransferJournal.encode(header)

func attack(_ bytes: RawSpan) throws {
    let contents = try TransferJournal.decode(bytes)
    precondition(contents.length <= bytes.byteCount && contents.completed.end <= contents.header.source.size)
    var again = try TransferJournal.encode(contents.header)
    again.append(TransferJournal.encode(record: contents.completed.ranges).bytes)
    let second = try TransferJournal.decode(again.bytes)
    precondition(second.header == contents.header && second.completed == contents.completed, "a journal changed")
    precondition(second.length == again.count, "a journal is not whole")
}

fuzz { input in
    try? attack(input.bytes)
    var journal = start
    journal.append(input.bytes)
    try? attack(journal.bytes)
    // Ranges that the input asks for, with checks that hold.
    var ranges: [Range<UInt64>] = []
    var reader = WireReader(input.bytes)
    while let lower = try? reader.integer(UInt32.self), let length = try? reader.integer(UInt16.self) {
        ranges.append(UInt64(lower)..<UInt64(lower) + UInt64(length))
    }
    journal = start
    journal.append(TransferJournal.encode(record: ranges).bytes)
    try? attack(journal.bytes)
}
