/// What somebody who mistyped a name probably meant.
package enum Suggestion {
    /// The candidate nearest to `word`: one that begins with it (from two letters on), else one within a third of its
    /// length in edits (at least one, two from four letters on); nil when none is near.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let completions = candidates.filter { word.count >= 2 && $0.hasPrefix(word) }
        if let shortest = completions.min(by: { $0.count < $1.count }) { return shortest }
        let bound = word.count < 4 ? 1 : max(2, word.count / 3)
        let near = candidates.map { (candidate: $0, distance: distance(word, $0)) }.filter { $0.distance <= bound }
        return near.min { $0.distance < $1.distance }?.candidate
    }

    /// How many insertions, deletions, replacements and swaps of neighbours turn `first` into `second` (optimal string
    /// alignment).
    static func distance(_ first: String, _ second: String) -> Int {
        let a = Array(first.unicodeScalars)
        let b = Array(second.unicodeScalars)
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for row in 0..<a.count {
            var current = [row + 1]
            for column in 0..<b.count {
                var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (a[row] == b[column] ? 0 : 1))
                if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[b.count]
    }
}
