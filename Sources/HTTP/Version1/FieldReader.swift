/// Reads the header fields of a complete head (RFC 9112 §5), folded ones refused.
enum FieldReader {
    /// The fields from `start` on, where the empty line ends them that ends `bytes`; makes their names small.
    ///
    /// `bytes` ends in a carriage return and a line feed, at which every loop stops.
    static func read(_ bytes: inout [UInt8], from start: Int) throws(HTTPRefusal) -> [HTTPHeaders.Field] {
        var fields: [HTTPHeaders.Field] = []
        fields.reserveCapacity(8)
        var index = start
        while bytes[index] != Bytestring.carriageReturn {
            guard fields.count < HTTPLimits.fields else {
                throw HTTPRefusal(.headerFieldsTooLarge, "There are more than \(HTTPLimits.fields) header fields.")
            }
            guard !bytes[index].isBlank else { throw .malformed("A header field is folded.") }
            let nameStart = index
            while bytes[index].isTokenCharacter {
                bytes[index] = bytes[index].lowercased
                index += 1
            }
            guard index > nameStart, bytes[index] == Bytestring.colon else {
                throw .malformed("The name of a header field is not one.")
            }
            let nameEnd = index
            index += 1
            while bytes[index].isBlank { index += 1 }
            let valueStart = index
            var valueEnd = index
            while bytes[index].isFieldCharacter {
                index += 1
                if !bytes[index - 1].isBlank { valueEnd = index }
            }
            guard bytes[index] == Bytestring.carriageReturn, index + 1 < bytes.count,
                bytes[index + 1] == Bytestring.lineFeed
            else { throw .malformed("The value of a header field has a control character.") }
            index += 2
            fields.append(HTTPHeaders.Field(name: nameStart..<nameEnd, value: valueStart..<valueEnd))
        }
        guard index == bytes.count - 2 else { throw .malformed("There is a carriage return within a line.") }
        return fields
    }
}
