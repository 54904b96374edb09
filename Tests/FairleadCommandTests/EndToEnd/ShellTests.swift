import Foundation
import TestHosts
import Testing

@Suite("fairlead shell on a real host", .timeLimit(.minutes(2)))
struct ShellTests {
    @Test("has the window's size, follows it, and ends with the shell's status")
    func shell() async throws {
        let fairlead = try FairleadProgram()
        try await with(try await OpenSSHServer.start()) { host in
            let program = try await fairlead.start(["shell"] + FairleadProgram.options(host) + [host.host])
            program.type("stty size; echo $TERM\n")
            await program.wait(for: "24 80\r\nxterm")
            program.resize(columns: 120, rows: 40)
            program.type("until [ \"$(stty size)\" = '40 120' ]; do :; done; echo followed''it\n")
            await program.wait(for: "followedit")
            program.type("exit 5\n")
            #expect(await program.status() == 5)
        }
    }

    @Test("passes Ctrl-C on, and ends at ~. when the host does not answer")
    func escape() async throws {
        let fairlead = try FairleadProgram()
        try await with(try await OpenSSHServer.start()) { host in
            let program = try await fairlead.start(["shell"] + FairleadProgram.options(host) + [host.host])
            program.type("sed -u s/i/O/g; echo not''reached\niii\n")
            await program.wait(for: "OOO")
            program.type("\u{3}")
            // The terminal drops what is typed before the shell is back.
            await program.wait(for: "^C\r\n")
            program.type("echo pass''ed\n")
            await program.wait(for: "passed")
            #expect(!program.text.contains("notreached"))
            program.type("\r~.")
            #expect(await program.status() == 255)
        }
    }
}
