import Testing
import Transfer

@Suite("Sets of byte ranges")
struct ByteRangeSetTests {
    private func set(_ ranges: [Range<UInt64>]) -> ByteRangeSet {
        var set = ByteRangeSet()
        for range in ranges { set.insert(range) }
        return set
    }

    @Test(
        "Ranges that overlap or touch become one",
        arguments: [
            ([0..<4, 4..<8], [0..<8]),
            ([4..<8, 0..<4], [0..<8]),
            ([0..<4, 5..<8], [0..<4, 5..<8]),
            ([5..<8, 0..<4], [0..<4, 5..<8]),
            ([0..<2, 4..<6, 8..<10, 1..<9], [0..<10]),
            ([0..<2, 4..<6, 8..<10, 3..<7], [0..<2, 3..<7, 8..<10]),
            ([0..<10, 3..<4], [0..<10]),
            ([3..<4, 0..<10], [0..<10]),
            ([5..<5, 7..<7], []),
            ([0..<UInt64.max, 1..<UInt64.max], [0..<UInt64.max]),
            ([UInt64.max - 1..<UInt64.max, 0..<1], [0..<1, UInt64.max - 1..<UInt64.max]),
        ] as [([Range<UInt64>], [Range<UInt64>])])
    func insertion(inserted: [Range<UInt64>], expected: [Range<UInt64>]) {
        let set = set(inserted)
        #expect(set.ranges == expected)
        #expect(set.count == expected.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) })
    }

    @Test(
        "What is taken away splits and shortens",
        arguments: [
            (3..<5, [0..<3, 5..<10, 20..<30]),
            (0..<40, []),
            (10..<20, [0..<10, 20..<30]),
            (9..<21, [0..<9, 21..<30]),
            (0..<1, [1..<10, 20..<30]),
            (29..<40, [0..<10, 20..<29]),
            (7..<7, [0..<10, 20..<30]),
        ] as [(Range<UInt64>, [Range<UInt64>])])
    func removal(removed: Range<UInt64>, expected: [Range<UInt64>]) {
        var set = set([0..<10, 20..<30])
        set.remove(removed)
        #expect(set.ranges == expected)
        #expect(set.count == expected.reduce(0) { $0 + ($1.upperBound - $1.lowerBound) })
    }

    @Test("The prefix is the range that begins at 0")
    func prefix() {
        #expect(ByteRangeSet().prefixEnd == 0)
        #expect(set([1..<4]).prefixEnd == 0)
        #expect(set([0..<4, 8..<9]).prefixEnd == 4)
        #expect(set([0..<4, 8..<9]).end == 9)
    }

    @Test("A thousand random changes agree with a list of bytes", arguments: 0..<8)
    func random(seed: Int) {
        var generator = SystemRandomNumberGenerator()
        var set = ByteRangeSet()
        var bytes = Array(repeating: false, count: 64)
        for _ in 0..<1000 {
            let bounds = [Int.random(in: 0...64, using: &generator), Int.random(in: 0...64, using: &generator)].sorted()
            let range = UInt64(bounds[0])..<UInt64(bounds[1])
            let isInsertion = Bool.random(using: &generator)
            if isInsertion { set.insert(range) } else { set.remove(range) }
            for offset in bounds[0]..<bounds[1] { bytes[offset] = isInsertion }

            let isOrdered = zip(set.ranges, set.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }
            #expect(isOrdered && !set.ranges.contains { $0.isEmpty })
            #expect(set.count == UInt64(bytes.count { $0 }))
            #expect(set.prefixEnd == UInt64(bytes.firstIndex(of: false) ?? 64))
            let agrees = (0..<64).allSatisfy { set.contains(UInt64($0)) == bytes[$0] }
            #expect(agrees)
            let window = [Int.random(in: 0...64), Int.random(in: 0...64)].sorted()
            let asked = UInt64(window[0])..<UInt64(window[1])
            #expect(set.contains(asked) == bytes[window[0]..<window[1]].allSatisfy { $0 })
            var missing = Array(repeating: false, count: 64)
            for gap in set.gaps(in: asked) {
                for offset in gap { missing[Int(offset)] = true }
            }
            let fits = (0..<64).allSatisfy { missing[$0] == (asked.contains(UInt64($0)) && !bytes[$0]) }
            #expect(fits)
        }
    }

    @Test("A million pieces in their order are one range")
    func order() {
        var set = ByteRangeSet()
        for piece in 0..<1_000_000 as Range<UInt64> { set.insert(piece * 32768..<(piece + 1) * 32768) }
        #expect(set.ranges == [0..<32_768_000_000])
    }
}
