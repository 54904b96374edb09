import Bytes
import FuzzDriver
import SSH

// An ssh_config of anybody's making, which includes itself and another, evaluated to its end and printed.

let facts = LocalFacts(
    user: "ada", userID: 1000, home: "/home/ada", hostName: "here.example",
    environment: ["HOME": "/home/ada", "A": "a"])

func attack(_ input: borrowing ByteBuffer) throws {
    let bytes = input.array
    // The first line is what the command line says, a second file follows a NUL.
    let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
    func file(_ contents: [UInt8]) -> ConfigurationFile {
        ConfigurationFile(path: "/c", contents: contents, owner: 1000, permissions: 0o600)
    }
    let options = parts.count > 2 ? [String(decoding: parts[2], as: UTF8.self)] : []
    var evaluation = ConfigurationEvaluation(
        host: "web1", lines: options, sources: .standard(user: file(parts[0]), system: file(parts.last ?? [])),
        facts: facts, catalog: bytes.count % 2 == 0 ? .openSSH : .all)
    var count = 0
    while true {
        switch try evaluation.next() {
        case .settled(let configuration):
            _ = try configuration.listing()
            return
        case .asks(let question):
            count += 1
            precondition(count <= ConfigurationLimits.questions, "questions without end")
            switch question {
            case .files: evaluation.answer(question, .files([file(parts.count > 1 ? parts[1] : parts[0])]))
            case .execution(let command): evaluation.answer(question, .execution(command.utf8.count % 2 == 0 ? 0 : 1))
            case .lookup(let name):
                let found = HostLookup(canonicalName: name.utf8.count % 3 == 0 ? nil : "b.example")
                evaluation.answer(question, .lookup(name.utf8.count % 2 == 0 ? nil : found))
            case .home(let user): evaluation.answer(question, .home(user == "bob" ? "/home/bob" : nil))
            case .service: evaluation.answer(question, .service(80))
            }
        }
    }
}

fuzz { try? attack($0) }
