/// The patterns of known_hosts and ssh_config(5): `*` stands for any text, `?` for any byte.
package enum Wildcard {
    /// Whether `pattern` matches all of `name`, without regard to the case of US-ASCII letters.
    package static func matches(_ pattern: ArraySlice<UInt8>, _ name: [UInt8]) -> Bool {
        var position = pattern.startIndex
        var index = 0
        // Behind the last `*`, and where its text ends so far: the one place to go back to.
        var retry: (position: Int, index: Int)?
        while index < name.count {
            let byte = position < pattern.endIndex ? pattern[position] : nil
            if byte == UInt8(ascii: "*") {
                position += 1
                retry = (position, index)
            } else if let byte, byte == UInt8(ascii: "?") || byte.lowercased == name[index].lowercased {
                position += 1
                index += 1
            } else if let (behindStar, end) = retry {
                position = behindStar
                index = end + 1
                retry = (behindStar, index)
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
