import Errors
import Testing

@Suite("FairleadError")
struct FairleadErrorTests {
    @Test("There are the seven categories, with names that the API and the command show")
    func categories() {
        #expect(
            FairleadError.Category.allCases.map(\.rawValue) == [
                "network", "authentication", "permission", "fileSystem", "protocol", "timeout", "internal",
            ])
    }

    @Test("The description is one line: category, message, and the hint in parentheses")
    func description() {
        #expect(
            "\(FairleadError(.authentication, "the server refused the key"))"
                == "authentication: the server refused the key")
        #expect(
            "\(FairleadError(.network, "no answer from example.org", hint: "check the port"))"
                == "network: no answer from example.org (check the port)")
    }

    @Test("Control characters that a peer put into any text are spelled out")
    func hostileText() {
        let evil = "a\u{1B}[2Jb\nc\u{202E}"
        let error = FairleadError(
            .protocol, evil, operation: evil, host: evil, path: evil, hint: evil, cause: FairleadError(.internal, evil))
        #expect(error.description == #"protocol: a\u{1B}[2Jb\nc\u{202E} (a\u{1B}[2Jb\nc\u{202E})"#)
        for line in error.details {
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F })
        }
        #expect(error.message == evil)
    }

    @Test(
        "Network trouble and timeouts are worth a retry unless the error says otherwise; the rest is not",
        arguments: FairleadError.Category.allCases)
    func retryable(category: FairleadError.Category) {
        let expected = category == .network || category == .timeout
        #expect(FairleadError(category, "x").isRetryable == expected)
        #expect(FairleadError(category, "x", isRetryable: !expected).isRetryable == !expected)
    }

    @Test("A higher layer fills in what is missing and does not overwrite what is known")
    func adding() {
        let error = FairleadError(.fileSystem, "no such file", path: "/a")
            .adding(operation: "open", host: "example.org", path: "/b", hint: "look")
        #expect(error.operation == "open")
        #expect(error.host == "example.org")
        #expect(error.path == "/a")
        #expect(error.hint == "look")
        #expect(error.message == "no such file")
    }

    @Test("The details name operation, host and path, then every cause in order")
    func details() {
        let first = FairleadError(.internal, "first")
        let second = FairleadError(.network, "second", cause: first)
        let error = FairleadError(
            .timeout, "third", operation: "exec", host: "example.org", path: "/tmp", cause: second)
        #expect(
            error.details == [
                "operation: exec", "host: example.org", "path: /tmp", "cause: network: second",
                "cause: internal: first",
            ])
        #expect(FairleadError(.timeout, "alone").details.isEmpty)
    }

    @Test("A chain of causes without end is cut off")
    func longChain() {
        var error = FairleadError(.internal, "0")
        for index in 1...40 { error = FairleadError(.internal, "\(index)", cause: error) }
        #expect(error.details.count == 16)
        #expect(error.details.first == "cause: internal: 39")
    }
}
