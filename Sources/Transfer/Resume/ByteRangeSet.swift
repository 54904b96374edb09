/// Which bytes of a file are there: ranges that neither overlap nor touch, in their order.
///
/// Adding at the end, as a transfer in order does, takes constant time; elsewhere it takes a search and a move of what is
/// behind.
package struct ByteRangeSet: Hashable, Sendable {
    package private(set) var ranges: [Range<UInt64>] = []
    /// How many bytes the ranges hold together.
    package private(set) var count: UInt64 = 0

    package init() {}

    package init(_ range: Range<UInt64>) {
        insert(range)
    }

    package var isEmpty: Bool { ranges.isEmpty }

    /// The end of the range that begins at 0; 0 when there is none.
    package var prefixEnd: UInt64 {
        guard let first = ranges.first, first.lowerBound == 0 else { return 0 }
        return first.upperBound
    }

    /// The end of the last range; 0 when there is none.
    package var end: UInt64 { ranges.last?.upperBound ?? 0 }

    /// Adds `range`, joined with what it overlaps or touches; an empty one changes nothing.
    package mutating func insert(_ range: Range<UInt64>) {
        guard !range.isEmpty else { return }
        guard let last = ranges.last, range.lowerBound <= last.upperBound else {
            ranges.append(range)
            count += range.length
            return
        }
        if range.lowerBound >= last.lowerBound {
            guard range.upperBound > last.upperBound else { return }
            count += range.upperBound - last.upperBound
            ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            return
        }
        // Everything from the first range that ends at or behind the new one's start, to the last that starts within it.
        let start = index { $0.upperBound >= range.lowerBound }
        var end = start
        var joined = range
        while end < ranges.count, ranges[end].lowerBound <= range.upperBound {
            joined = min(joined.lowerBound, ranges[end].lowerBound)..<max(joined.upperBound, ranges[end].upperBound)
            count -= ranges[end].length
            end += 1
        }
        count += joined.length
        ranges.replaceSubrange(start..<end, with: CollectionOfOne(joined))
    }

    /// Takes `range` away.
    package mutating func remove(_ range: Range<UInt64>) {
        guard !range.isEmpty else { return }
        let start = index { $0.upperBound > range.lowerBound }
        var end = start
        var left: [Range<UInt64>] = []
        while end < ranges.count, ranges[end].lowerBound < range.upperBound {
            let held = ranges[end]
            count -= held.length
            if held.lowerBound < range.lowerBound { left.append(held.lowerBound..<range.lowerBound) }
            if held.upperBound > range.upperBound { left.append(range.upperBound..<held.upperBound) }
            end += 1
        }
        for part in left { count += part.length }
        ranges.replaceSubrange(start..<end, with: left)
    }

    /// Whether the byte at `offset` is there.
    package func contains(_ offset: UInt64) -> Bool {
        let index = index { $0.upperBound > offset }
        return index < ranges.count && ranges[index].lowerBound <= offset
    }

    /// Whether every byte of `range` is there; true for an empty one.
    package func contains(_ range: Range<UInt64>) -> Bool {
        guard !range.isEmpty else { return true }
        let index = index { $0.upperBound > range.lowerBound }
        return index < ranges.count && ranges[index].lowerBound <= range.lowerBound
            && ranges[index].upperBound >= range.upperBound
    }

    /// What of `range` is not there, in its order.
    package func gaps(in range: Range<UInt64>) -> [Range<UInt64>] {
        guard !range.isEmpty else { return [] }
        var gaps: [Range<UInt64>] = []
        var next = range.lowerBound
        var index = index { $0.upperBound > range.lowerBound }
        while index < ranges.count, ranges[index].lowerBound < range.upperBound {
            if ranges[index].lowerBound > next { gaps.append(next..<ranges[index].lowerBound) }
            next = ranges[index].upperBound
            index += 1
        }
        if next < range.upperBound { gaps.append(next..<range.upperBound) }
        return gaps
    }

    /// The index of the first range for which `isReached` holds, where it holds for all behind it too.
    private func index(where isReached: (Range<UInt64>) -> Bool) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = low + (high - low) / 2
            if isReached(ranges[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension Range where Bound == UInt64 {
    /// How many bytes the range holds; `count` is an `Int` and may not hold that.
    var length: UInt64 { upperBound - lowerBound }
}
