import Bytes
package import Errors
import Reactor

/// A file of text that is read whole.
package enum TextFile {
    /// The longest, in bytes.
    package static let maximumLength = 1 << 20

    /// The text of the file at `path`; bytes that are not UTF-8 become U+FFFD. Throws when there is none.
    package static func read(_ path: String) async throws(FairleadError) -> String {
        guard let file = try await SmallFile.read(RawPath(path), limit: maximumLength, on: EventLoopGroup.shared.next())
        else { throw FairleadError(.fileSystem, "there is no file \(path)", operation: "read", path: path) }
        return String(decoding: [UInt8](file.bytes.bytes), as: UTF8.self)
    }
}
