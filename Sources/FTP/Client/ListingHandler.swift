import Bytes
import Synchronization

/// Collects the entries of a listing.
final class ListingHandler: TransferHandler {
    private let parser: Mutex<ListingParser>

    init(_ parser: ListingParser) {
        self.parser = Mutex(parser)
    }

    func receive(_ bytes: RawSpan) -> ReceiveAnswer {
        let copy = ByteBuffer(bytes)
        return parser.withLock { parser in
            do throws(FTPError) {
                try parser.append(copy.bytes)
                return .taken
            } catch {
                return .failed(error)
            }
        }
    }

    func provide(_ space: UnsafeMutableRawBufferPointer) -> ProvideAnswer { .end }

    func end(_ result: Result<FTPOutcome, FTPError>) {}

    /// The entries, when all have come.
    func listing() throws(FTPError) -> FTPListing {
        try parser.withLock { parser throws(FTPError) in try parser.finish() }
    }
}
