import Bytes
import Errors
import SFTP
import SSH
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

    @Test(
        "Failures of SCP have the category of what happened",
        arguments: [
            (.refused("scp: name: Permission denied"), .permission),
            (.refused("scp: name: Is a directory"), .fileSystem),
            (.ended("sh: 1: scp: not found"), .fileSystem), (.violation("an end without a start"), .protocol),
            (.unexpectedName(".bashrc"), .protocol), (.unsafeName(.empty), .protocol),
            (.unsupported("comparing checksums"), .protocol), (.connection(.closedByPeer), .network),
        ] as [(SCPError, FairleadError.Category)])
    func scp(cause: SCPError, category: FairleadError.Category) {
        let error = FairleadError(TransferError.scp(cause, path: path), context)
        #expect(error.category == category)
        #expect(error.host == "host")
    }
}
