/// A compiled pattern over bytes.
///
/// Matching takes at most as many steps as the name has bytes times the pattern has parts, whatever both are: all the
/// places where the pattern may be are followed at once (Thompson, "Regular Expression Search Algorithm", 1968).
package struct NamePattern: Hashable, Sendable {
    private enum Step: Hashable, Sendable {
        case byte(UInt8)
        case anyByte
        case set(ByteSet)
        /// Takes any number of bytes that are no slashes.
        case anyText
        /// Takes any number of bytes.
        case anyPath
        /// Goes on at either place, without taking anything.
        case fork(Int, Int)
        case jump(Int)
        case end
    }

    private var steps: [Step] = []
    /// The whole pattern, when nothing in it is a wildcard: then it is compared, and no steps are followed.
    private let literal: [UInt8]?
    /// Whether a dot at the start of a name is matched by a dot alone, not by a wildcard.
    private let hidesDots: Bool

    init(_ parts: [PatternParser.Part], hidesDots: Bool) {
        self.hidesDots = hidesDots
        literal = Self.literal(parts)
        guard literal == nil else { return }
        compile(parts)
        steps.append(.end)
    }

    /// The bytes that `parts` stand for, when they stand for one name only.
    static func literal(_ parts: [PatternParser.Part]) -> [UInt8]? {
        var bytes: [UInt8] = []
        for part in parts {
            guard case .byte(let byte) = part else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private mutating func compile(_ parts: [PatternParser.Part]) {
        for part in parts {
            switch part {
            case .byte(let byte): steps.append(.byte(byte))
            case .anyByte: steps.append(.anyByte)
            case .set(let set): steps.append(.set(set))
            case .anyText: steps.append(.anyText)
            case .anyPath: steps.append(.anyPath)
            case .alternatives(let alternatives):
                var jumps: [Int] = []
                for (index, alternative) in alternatives.enumerated() {
                    let fork = steps.count
                    let isLast = index == alternatives.count - 1
                    if !isLast { steps.append(.jump(0)) }
                    compile(alternative)
                    guard !isLast else { break }
                    jumps.append(steps.count)
                    steps.append(.jump(0))
                    steps[fork] = .fork(fork + 1, steps.count)
                }
                for jump in jumps { steps[jump] = .jump(steps.count) }
            }
        }
    }

    /// Whether the pattern matches all of `name`.
    package func matches(_ name: some Collection<UInt8>) -> Bool {
        if let literal { return literal.elementsEqual(name) }
        let dot = UInt8(ascii: ".")
        let isHidden = hidesDots && name.first == dot
        var places = Places(count: steps.count)
        var next = Places(count: steps.count)
        follow(0, in: &places, passesText: !isHidden)
        var isFirst = true
        for byte in name {
            let takesAny = byte != UInt8(ascii: "/") && !(isFirst && isHidden)
            for place in places.list {
                switch steps[place] {
                case .byte(byte): follow(place + 1, in: &next)
                case .anyByte where takesAny: follow(place + 1, in: &next)
                case .set(let set) where takesAny && set.contains(byte): follow(place + 1, in: &next)
                case .anyText where takesAny: follow(place, in: &next)
                case .anyPath where !(isFirst && isHidden): follow(place, in: &next)
                case .byte, .anyByte, .set, .anyText, .anyPath, .fork, .jump, .end: break
                }
            }
            if next.list.isEmpty { return false }
            swap(&places, &next)
            next.removeAll()
            isFirst = false
        }
        return places.list.contains(steps.count - 1)
    }

    /// Adds `place` and every place that is reached from it without a byte.
    ///
    /// Before a hidden dot an empty text is not passed: `*.a` does not match `.a`.
    private func follow(_ place: Int, in places: inout Places, passesText: Bool = true) {
        var open = [place]
        while let place = open.popLast() {
            guard places.insert(place) else { continue }
            switch steps[place] {
            case .anyText, .anyPath:
                if passesText { open.append(place + 1) }
            case .fork(let first, let second):
                open.append(second)
                open.append(first)
            case .jump(let target): open.append(target)
            case .byte, .anyByte, .set, .end: break
            }
        }
    }

    /// Places in the pattern, each at most once.
    private struct Places {
        private(set) var list: [Int] = []
        private var isMember: [Bool]

        init(count: Int) {
            isMember = Array(repeating: false, count: count)
        }

        mutating func insert(_ place: Int) -> Bool {
            if isMember[place] { return false }
            isMember[place] = true
            list.append(place)
            return true
        }

        mutating func removeAll() {
            for place in list { isMember[place] = false }
            list.removeAll(keepingCapacity: true)
        }
    }
}
