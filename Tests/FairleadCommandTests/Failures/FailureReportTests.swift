import Errors
import Testing

@testable import FairleadCommand

@Suite("Failures")
struct FailureReportTests {
    @Test(
        "Each category has its status",
        arguments: [
            (FairleadError.Category.protocol, 65), (.fileSystem, 66), (.network, 69), (.internal, 70), (.timeout, 75),
            (.permission, 77),
            (.authentication, 79),
        ] as [(FairleadError.Category, Int32)])
    func statuses(category: FairleadError.Category, status: Int32) {
        #expect(FailureReport(FairleadError(category, "x")).status.rawValue == status)
    }

    @Test(
        "Other errors have theirs",
        arguments: [
            (UsageError("x"), 2), (ConfigurationError("x"), 78), (PromptError.endOfInput, 79),
            (StandardStream.WriteError.failed(28), 66),
            (CancellationError(), nil), (PromptError.interrupted, nil), (TargetError("x"), 70),
        ] as [(any Error & Sendable, Int32?)])
    func otherStatuses(error: any Error & Sendable, status: Int32?) {
        #expect(FailureReport(error)?.status.rawValue == status)
    }

    @Test("A failure is one line with what to do next, and with -v its causes; nothing harms the terminal")
    func lines() {
        let cause = FairleadError(.network, "connection reset\u{1B}[2J")
        let report = FailureReport(
            FairleadError(
                .authentication, "the server refused all keys\n", host: "h", path: "/a", hint: "use -i KEY",
                cause: cause))
        #expect(
            report.text(verbosity: 0) == "fairlead: authentication: the server refused all keys\\n: /a (use -i KEY)\n")
        let long = report.text(verbosity: 1)
        #expect(long.contains("  cause: network: connection reset\\u{1B}[2J\n"))
        #expect(!long.contains("\u{1B}"))
    }

    @Test("A failure as JSON leaves out what is unknown")
    func json() {
        #expect(
            FailureReport(FairleadError(.timeout, "slow", host: "h", path: "p", hint: "wait")).json.text == """
                {"error":{"category":"timeout","message":"slow","hint":"wait","host":"h","path":"p","retryable":true}}
                """)
        #expect(
            FailureReport(ConfigurationError("bad"))?.json.text
                == #"{"error":{"category":"configuration","message":"bad","retryable":false}}"#)
    }

    @Test(
        "A remote status fits into eight bits",
        arguments: [(0, 0), (1, 1), (255, 255), (256, 255), (.max, 255)] as [(UInt32, Int32)])
    func remoteStatuses(status: UInt32, expected: Int32) {
        #expect(ExitStatus(remote: status).rawValue == expected)
    }
}
