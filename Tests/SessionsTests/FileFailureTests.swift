import Bytes
import Errors
import SFTP
import Testing
import Transfer

@testable import Sessions

@Suite("Failures of files, told to people")
struct FileFailureTests {
    private let context = FailureContext(host: "host", port: 22, user: "ada", operation: "put")
    private let path = RawPath("name")

    @Test("A STATUS is about the file, whichever code the server chose, and not about the protocol")
    func badMessage() {
        let refusal = RequestError.status(.badMessage, message: "Bad message", operation: .request(.mkdir), path: path)
        let error = FairleadError(TransferError.remote(refusal, path: path), context)
        #expect(error.category == .fileSystem)
        #expect(error.message == "name: bad message")
        #expect(error.hint == "the name may be too long for the host")
    }

    @Test("What is of the wrong kind is named before it is said why")
    func wrongKind() {
        let error = FairleadError(.wrongKind(path: path, "it has to be an existing folder"), context)
        #expect(error.category == .fileSystem)
        #expect(error.message == "name: it has to be an existing folder")
    }
}
