package import Bytes

/// What either side opens with: INIT and VERSION (draft-ietf-secsh-filexfer-02 §4).
///
/// | offset | field | type |
/// |---|---|---|
/// | 0 | version | uint32 |
/// | 4 | extension name, data; to the end | string, string |
package struct Hello: Hashable, Sendable {
    /// An extension, with data that only its own description explains: mostly a version in digits.
    package struct Extension: Hashable, Sendable {
        package var name: ExtensionName
        package var data: [UInt8]

        package init(name: ExtensionName, data: [UInt8]) {
            self.name = name
            self.data = data
        }
    }

    /// The version of the protocol that this module speaks.
    package static let spokenVersion: UInt32 = 3

    package var version: UInt32
    package var extensions: [Extension]

    package init(version: UInt32 = spokenVersion, extensions: [Extension] = []) {
        self.version = version
        self.extensions = extensions
    }
}

extension ByteBuffer {
    package mutating func append(_ hello: Hello) {
        append(hello.version)
        for item in hello.extensions {
            append(string: item.name.rawValue)
            append(string: item.data)
        }
    }
}

extension WireReader {
    /// The rest of the message as a version and pairs of extension names and data.
    @_lifetime(self: copy self)
    package mutating func hello() throws(WireError) -> Hello {
        var hello = Hello(version: try integer())
        while !isAtEnd {
            let limit = Limits.maximumExtensionCount
            guard hello.extensions.count < limit else { throw .tooLong(limit + 1, limit: limit) }
            // A name that is not text is nobody's we know; that it stays listed helps whoever reads a trace.
            let name = String(lossy: try string(limit: Limits.maximumExtensionNameLength))
            let data = try bytes(limit: Limits.maximumExtensionDataLength)
            hello.extensions.append(.init(name: ExtensionName(rawValue: name), data: data))
        }
        return hello
    }
}
