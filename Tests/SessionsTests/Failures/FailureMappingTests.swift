import Bytes
import Errors
import Reactor
import SFTP
import SSH
import Sessions
import Testing

@Suite("What goes wrong becomes one of the seven categories")
struct FailureMappingTests {
    private static let context = FailureContext(host: "web1", port: 22, user: "ada", operation: "connect")

    private static func reactor(_ kind: ReactorError.Kind) -> ReactorError {
        ReactorError(kind, name: "E", operation: "connect", text: "text")
    }

    @Test(
        "on a connection",
        arguments: [
            (.stream(reactor(.refused)), .network, true), (.stream(reactor(.unreachable)), .network, true),
            (.stream(reactor(.nameResolution)), .network, false), (.stream(reactor(.timedOut)), .timeout, true),
            (.stream(reactor(.reset)), .network, true), (.closedByPeer, .network, true),
            (.unresponsive, .network, true), (.timedOut("x"), .timeout, true),
            (.transport(.notSSH("HTTP")), .protocol, false), (.transport(.corruptedPacket), .protocol, false),
            (.transport(.noCommonAlgorithm(kind: "cipher", ours: [], theirs: ["a"])), .protocol, false),
            (.transport(.invalidHostKeySignature), .authentication, false),
            (
                .transport(.disconnected(reason: 2, message: "Too many authentication failures")), .authentication,
                false
            ),
            (.transport(.disconnected(reason: 2, message: "bad packet")), .protocol, false),
            (.transport(.disconnected(reason: 11, message: "bye")), .network, true),
            (.hostKeyRejected("changed"), .authentication, false), (.requestRefused("subsystem"), .protocol, false),
            (.requestRefused("exec"), .permission, false),
            (.openRefused(.administrativelyProhibited, message: "no"), .permission, false),
            (.openRefused(.connectFailed, message: "no"), .network, true),
            (.channel(.windowExceeded(count: 2, window: 1)), .protocol, false), (.closed, .network, false),
        ] as [(ConnectionError, FairleadError.Category, Bool)])
    func connection(error: ConnectionError, category: FairleadError.Category, isRetryable: Bool) {
        let made = FairleadError(error, Self.context)
        #expect(made.category == category)
        #expect(made.isRetryable == isRetryable)
        #expect(made.host == "web1" && made.operation == "connect")
        #expect(made.cause as? ConnectionError == error || made.cause is ReactorError)
    }

    @Test(
        "with files",
        arguments: [
            (.noSuchFile, .fileSystem), (.permissionDenied, .permission), (.failure, .fileSystem),
            (.operationUnsupported, .protocol), (.connectionLost, .network),
        ] as [(StatusCode, FairleadError.Category)])
    func files(code: StatusCode, category: FairleadError.Category) {
        let error = RequestError.status(code, message: "", operation: .request(.open), path: "/a\u{1B}b")
        let made = FairleadError(error, Self.context)
        #expect(made.category == category)
        #expect(made.path == "/a\\u{1B}b" && made.operation == "open")
        #expect(made.message.hasPrefix("/a\\u{1B}b: "))
    }

    @Test("A cancellation is told as what it is")
    func cancellation() {
        #expect(FairleadError(ConnectionError.cancelled, Self.context).cause is CancellationError)
        #expect(FairleadError(RequestError.cancelled, Self.context).cause is CancellationError)
        #expect(FairleadError(local: Self.reactor(.cancelled), operation: "read").cause is CancellationError)
    }
}
