import Bytes
import Testing

@Suite("A byte buffer is a queue of bytes")
struct ByteBufferTests {
    @Test("What is appended comes out at the front, integers in network byte order")
    func append() {
        var buffer = ByteBuffer()
        buffer.append(0x01 as UInt8)
        buffer.append(0x0203 as UInt16)
        buffer.append(0x0405_0607 as UInt32)
        buffer.append(0x0809_0A0B_0C0D_0E0F as UInt64)
        buffer.append([0x10, 0x11])
        buffer.append(repeating: 0xAA, count: 3)
        buffer.append(repeating: 0xBB, count: 0)
        buffer.append([])
        #expect(buffer.array == [UInt8](1...0x11) + [0xAA, 0xAA, 0xAA])
        buffer.consume(3)
        #expect(buffer.bytes.integer(at: 0, as: UInt32.self) == 0x0405_0607)
        buffer.dropLast(3)
        #expect(buffer.array == [UInt8](4...0x11))
        #expect(buffer[0] == 4)
    }

    @Test("Copies are values: changing one leaves the other as it was", arguments: 0..<7)
    func copyOnWrite(change: Int) {
        let original = ByteBuffer([1, 2, 3, 4])
        var copy = original
        switch change {
        case 0: copy.append(5 as UInt8)
        case 1: copy[1] = 9
        case 2: copy.overwrite(0xFFFF as UInt16, at: 2)
        case 3:
            var bytes = copy.mutableBytes
            bytes.storeBytes(of: 7, toByteOffset: 0, as: UInt8.self)
        case 4: copy.consume(4)
        case 5: copy.wipe()
        default: copy.dropLast(1)
        }
        #expect(original.array == [1, 2, 3, 4])
        #expect(copy != original)
        copy.append([8, 8])
        #expect(original.array == [1, 2, 3, 4])
    }

    @Test("A copy that consumes everything and is filled again does not write into the other's bytes")
    func sharedReset() {
        let original = ByteBuffer([1, 2, 3, 4])
        var copy = original
        copy.consume(4)
        copy.append([9, 9])
        #expect(original.array == [1, 2, 3, 4])
        #expect(copy.array == [9, 9])
    }

    @Test("Space that reading freed is used again before the storage grows")
    func slide() {
        var buffer = ByteBuffer(capacity: 1024)
        for round in 0..<1000 {
            buffer.append(repeating: UInt8(truncatingIfNeeded: round), count: 300)
            buffer.consume(round == 0 ? 200 : 300)
        }
        #expect(buffer.count == 100)
        #expect(buffer.freeCapacity <= 1024)
        buffer.consume(100)
        #expect(buffer.freeCapacity == 1024)
    }

    @Test("Growth keeps what is there, and the room that was asked for is there afterwards")
    func growth() {
        var buffer = ByteBuffer([1, 2, 3])
        buffer.consume(1)
        buffer.reserve(5000)
        #expect(buffer.freeCapacity >= 5000)
        #expect(buffer.array == [2, 3])
        buffer.append(repeating: 7, count: 5000)
        #expect(buffer.count == 5002)
        #expect(buffer[1] == 3)
        #expect(buffer[5001] == 7)
    }

    @Test("A split takes the front out and leaves the rest", arguments: 0...5)
    func split(count: Int) {
        var buffer = ByteBuffer([0, 1, 2, 3, 4, 5])
        buffer.consume(1)
        var front = buffer.split(count)
        #expect(front.array == Array([1, 2, 3, 4, 5].prefix(count)))
        #expect(buffer.array == Array([1, 2, 3, 4, 5].dropFirst(count)))
        buffer.append(6 as UInt8)
        front.append(7 as UInt8)
        #expect(front.array == Array([1, 2, 3, 4, 5].prefix(count)) + [7])
        #expect(buffer.array == Array([1, 2, 3, 4, 5].dropFirst(count)) + [6])
    }

    @Test("Wiping leaves nothing and keeps the storage")
    func wipe() {
        var buffer = ByteBuffer([1, 2, 3, 4])
        let room = buffer.freeCapacity + buffer.count
        buffer.wipe()
        #expect(buffer.isEmpty)
        #expect(buffer.freeCapacity == room)
        // The storage shows again what was in it.
        buffer.append(repeating: 5, count: 4)
        #expect(buffer.array == [5, 5, 5, 5])
    }

    @Test("Two buffers are equal by their readable bytes alone")
    func equality() {
        var longer = ByteBuffer([9, 1, 2])
        longer.consume(1)
        #expect(longer == ByteBuffer([1, 2]))
        #expect(longer != ByteBuffer([1, 3]))
        #expect(longer != ByteBuffer([1]))
    }

    @Test("Any sequence of operations does what it does to an array", arguments: 1...20)
    func model(seed: UInt64) {
        var random = SplitMix(state: seed)
        var buffer = ByteBuffer(capacity: Int(random.next() % 32))
        var model: [UInt8] = []
        var held: [(ByteBuffer, [UInt8])] = []
        for step in 0..<2000 {
            let size = Int(random.next() % (step % 50 == 0 ? 4000 : 40))
            switch random.next() % 10 {
            case 0, 1, 2:
                let bytes = (0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                buffer.append(bytes)
                model += bytes
            case 3:
                let value = UInt32(truncatingIfNeeded: random.next())
                buffer.append(value)
                model += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
            case 4, 5:
                let count = min(size, model.count)
                buffer.consume(count)
                model.removeFirst(count)
            case 6:
                let count = min(size, model.count)
                buffer.dropLast(count)
                model.removeLast(count)
            case 7:
                let count = min(size, model.count)
                held.append((buffer.split(count), Array(model.prefix(count))))
                model.removeFirst(count)
            case 8:
                held.append((buffer, model))
                if !model.isEmpty {
                    let offset = size % model.count
                    buffer[offset] = UInt8(truncatingIfNeeded: step)
                    model[offset] = UInt8(truncatingIfNeeded: step)
                }
            default:
                buffer.appendString { $0.append([1, 2, 3]) }
                model += [0, 0, 0, 3, 1, 2, 3]
            }
            if held.count > 8 { held.removeFirst() }
            let isSame = buffer.array == model && buffer.count == model.count
            guard isSame else {
                Issue.record("step \(step) of seed \(seed) differs")
                return
            }
        }
        for (copy, content) in held {
            let isSame = copy.array == content
            #expect(isSame, "a copy changed with its original")
        }
    }

    @Test("A range is wiped in place, and not in what others share")
    func wipeRange() {
        var buffer = ByteBuffer([1, 2, 3, 4, 5])
        buffer.consume(1)
        buffer.wipe(1..<3)
        #expect(buffer.array == [2, 0, 0, 5])
        let other = buffer
        buffer.wipe(0..<4)
        #expect(other.array == [2, 0, 0, 5] && buffer.array == [2, 0, 0, 5])
    }
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators"): the same sequence for a seed everywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
