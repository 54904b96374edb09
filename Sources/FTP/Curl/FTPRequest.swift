import Bytes

/// What is asked of a server in one go, over one connection.
struct FTPRequest: Sendable {
    enum Body: Sendable {
        case none
        /// What a command such as MLSD sends over a connection of its own.
        case listing(FTPCommand)
        /// The file at `path` from `offset` on.
        case download(RawPath, offset: UInt64)
        case upload(RawPath, UploadStart)
    }

    /// Commands before and after the body. One that fails stops nothing: whoever asks looks at the replies.
    var before: [FTPCommand] = []
    var body = Body.none
    var after: [FTPCommand] = []
}

/// Where an upload begins.
package enum UploadStart: Sendable, Hashable {
    /// Anew; what is there is gone.
    case anew
    /// Behind the bytes that are there, which are so many (APPE).
    case appending(UInt64)
    /// At an offset within what is there (REST, then STOR).
    case at(UInt64)
}

/// Who takes and gives the bytes of a request; called on the connection's thread.
protocol TransferHandler: AnyObject, Sendable {
    /// The request begins on `connection`, which knows its handler as `handle`; the one call from another thread.
    func begin(on connection: CurlConnection, as handle: any TransferHandler)
    func receive(_ bytes: RawSpan) -> ReceiveAnswer
    func provide(_ space: UnsafeMutableRawBufferPointer) -> ProvideAnswer
    /// The last call: what was said, or why it failed.
    func end(_ result: Result<FTPOutcome, FTPError>)
}

extension TransferHandler {
    func begin(on connection: CurlConnection, as handle: any TransferHandler) {}
}

enum ReceiveAnswer {
    case taken
    /// Nothing was taken; `CurlConnection.resume` brings it again.
    case full
    case failed(FTPError)
}

enum ProvideAnswer {
    /// So many bytes were written into the space.
    case bytes(Int)
    /// There is nothing yet; `CurlConnection.resume` asks again.
    case later
    case end
}

/// What came of a request.
struct FTPOutcome: Sendable {
    /// Everything that was said, in order, libcurl's own commands among it.
    var exchanges: [FTPExchange] = []

    /// The reply to the last command that equals `command`; nil when there was none.
    func reply(to command: FTPCommand) -> FTPReply? {
        exchanges.last { $0.command == command.bytes }?.reply
    }

    func exchange(of command: FTPCommand) -> FTPExchange? {
        exchanges.last { $0.command == command.bytes }
    }
}
