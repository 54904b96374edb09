import Bytes
import FuzzDriver

/// Every read of `WireReader`, in an order that the first byte chooses; each may throw and none may trap.
func read(_ input: borrowing ByteBuffer) throws(WireError) {
    var reader = WireReader(input.bytes)
    var choice = try reader.byte()
    while !reader.isAtEnd {
        choice = choice &* 5 &+ 3
        switch choice >> 5 {
        case 0: _ = try reader.boolean()
        case 1: _ = try reader.integer(UInt64.self)
        case 2: _ = try reader.string(limit: 64)
        case 3:
            let text = try reader.text(limit: 256).visible()
            precondition(!text.unicodeScalars.contains { $0.value < 0x20 }, "a control character stayed")
        case 4:
            let names = try reader.nameList(limit: 16)
            var copy = ByteBuffer()
            copy.append(nameList: names)
            var again = WireReader(copy.bytes)
            let read = try again.nameList(limit: 16)
            precondition(read == names, "a name-list changed on its way")
        case 5:
            let magnitude = try reader.positiveInteger(limit: 32)
            precondition(magnitude.count <= 32 && magnitude.first != 0, "a magnitude is not what it has to be")
        case 6:
            if let bytes = Base64.decode(try reader.text(limit: 256)) {
                precondition(Base64.decode(Base64.encode(bytes)) == bytes, "Base64 changed bytes")
            }
        default: _ = try reader.raw(Int(choice & 7))
        }
    }
    try reader.expectEnd()
}

fuzz { try? read($0) }
