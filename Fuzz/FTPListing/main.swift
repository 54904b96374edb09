import Bytes
import FTP
import FuzzDriver

// What an FTP server may say: listings of both forms, in one piece and in two, and replies.

func list(_ bytes: borrowing ByteBuffer, _ form: ListingParser.Form, cutAt cut: Int) throws -> FTPListing {
    var parser = ListingParser(form, limit: 1000, now: 1_795_851_000)
    try parser.append(bytes.bytes.extracting(first: cut))
    try parser.append(bytes.bytes.extracting(droppingFirst: cut))
    return try parser.finish()
}

func attack(_ input: borrowing ByteBuffer) {
    for form in [ListingParser.Form.machine, .list] {
        let whole = try? list(input, form, cutAt: 0)
        let parts = try? list(input, form, cutAt: input.count / 2)
        precondition(whole == parts, "where bytes are cut shows in the entries")
        for entry in whole?.entries ?? [] {
            precondition(entry.name.isSafeName, "a name that is not safe")
        }
    }
    let lines = input.array.split(separator: 0x0A).map { Array($0) }
    _ = FTPFeatures(lines: lines)
    let exchange = FTPExchange(command: input.array, lines: lines)
    _ = exchange.reply?.speaksOfPermission
    _ = exchange.verb
    for line in lines {
        if let seconds = FTPTime.parse(line), let text = FTPTime.text(seconds) {
            precondition(FTPTime.parse(Array(text.utf8)) == seconds, "a time changes")
        }
    }
}

fuzz { attack($0) }
