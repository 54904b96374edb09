package import Bytes

/// The records that an input is made of: a `uint16` length, then as many bytes; the last may be shorter.
///
/// For targets that take message after message, so that what is tried is the messages and not their framing.
package func records(_ input: borrowing ByteBuffer) -> [[UInt8]] {
    var rest = input.array[...]
    var records: [[UInt8]] = []
    while rest.count >= 2 {
        let count = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
        rest = rest.dropFirst(2)
        records.append(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
    }
    return records
}
