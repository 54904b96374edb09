import API
import Bytes
import Foundation
import Reactor
import TestHosts
import Testing

@Suite("The audit log", .timeLimit(.minutes(1)))
struct AuditLogTests {
    private let loop = EventLoopGroup.shared.next()
    private let folder: TestHosts.TemporaryDirectory
    private var path: RawPath { RawPath(folder.path("audit.log")) }

    init() throws {
        folder = try TestHosts.TemporaryDirectory()
    }

    private func write(_ count: Int) async throws {
        let log = try await AuditLog.open(path, on: loop)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    var entry = AuditEntry("execute", .done, details: [("number", .integer(Int64(number)))])
                    entry.user = "ada \"the\" \u{1B}[31m"
                    #expect(await log.append(entry))
                }
            }
        }
        await log.close()
    }

    private var lines: [String] {
        get throws {
            try String(contentsOfFile: folder.path("audit.log"), encoding: .utf8)
                .split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        }
    }

    private func check(_ lines: [String]) async throws -> AuditVerification.Verdict {
        try folder.write(lines.map { $0 + "\n" }.joined(), to: "audit.log")
        return try await AuditVerification.check(path, on: loop)
    }

    @Test("Many who write at once make one chain, which goes on after a restart")
    func chain() async throws {
        try await write(100)
        try await write(50)
        guard case .intact(150, _) = try await AuditVerification.check(path, on: loop) else {
            Issue.record("not intact")
            return
        }
        let numbers = try lines.map { try JSONParser.parse(Array($0.utf8))["seq"]?.integer }
        #expect(numbers == (1...150).map { Int64($0) })
    }

    @Test("A line that is changed, removed, repeated or moved is named")
    func tampering() async throws {
        try await write(12)
        let good = try lines
        for index in good.indices {
            let number = Int64(index + 1)
            var changed = good
            changed[index] = changed[index].replacing("execute", with: "nothing")
            guard case .broken(number, _) = try await check(changed) else {
                Issue.record("line \(number) was changed")
                continue
            }
            var removed = good
            removed.remove(at: index)
            guard case .broken(number, _) = try await check(removed) else {
                Issue.record("line \(number) was removed")
                continue
            }
            var repeated = good
            repeated.insert(good[index], at: index)
            guard case .broken(number + 1, _) = try await check(repeated) else {
                Issue.record("line \(number) was repeated")
                continue
            }
        }
        var swapped = good
        swapped.swapAt(3, 4)
        guard case .broken(4, _) = try await check(swapped) else {
            Issue.record("lines were swapped")
            return
        }
        // A line with a good hash of its own that is from another chain.
        guard case .intact(12, _) = try await check(good) else {
            Issue.record("the log itself")
            return
        }
    }

    @Test("Half a line that a killed process left is cut off, and said")
    func torn() async throws {
        try await write(3)
        let whole = try String(contentsOfFile: folder.path("audit.log"), encoding: .utf8)
        try folder.write(whole + #"{"seq":4,"time":"20"#, to: "audit.log")
        guard case .broken(4, _) = try await AuditVerification.check(path, on: loop) else {
            Issue.record("a torn line shows")
            return
        }
        try await write(1)
        guard case .intact(5, _) = try await AuditVerification.check(path, on: loop) else {
            Issue.record("\(try await AuditVerification.check(path, on: loop))")
            return
        }
        #expect(try lines[3].contains("repair"))
    }

    @Test("An empty log is intact")
    func empty() async throws {
        try await write(0)
        guard case .intact(0, _) = try await AuditVerification.check(path, on: loop) else {
            Issue.record("an empty log")
            return
        }
    }
}
