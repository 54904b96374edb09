import Sessions
import TestHosts
import Testing

@Suite("A command with its surroundings", .timeLimit(.minutes(1)))
struct RemoteScriptTests {
    @Test("Without surroundings it is the command as it is")
    func plain() {
        #expect(RemoteScript("ls 'a b' # x").text == "ls 'a b' # x")
    }

    @Test(
        "A shell does what is meant, whatever the command ends with",
        arguments: [
            ("pwd; echo \"$GREETING\" # end", "/usr\nit's $HOME\n", Int32(0)), ("exit 7", "", 7), ("false", "", 1),
            ("echo a \\", "a\n", 0), ("cat <<X\nhere\nX", "here\n", 0), ("echo \"$READY\"", "yes\n", 0),
        ])
    func surrounded(command: String, output: String, status: Int32) async throws {
        var script = RemoteScript(command)
        script.folder = "/usr"
        script.environment = [("GREETING", "it's $HOME")]
        script.prelude = "READY=yes; true # with a comment"
        let result = try await runProgram("sh", ["-c", script.text])
        #expect(result.output == output)
        #expect(result.status == status)
    }

    @Test("A prelude or folder that fails keeps the command from running")
    func failing() async throws {
        var script = RemoteScript("echo ran")
        script.prelude = "false"
        #expect(try await runProgram("sh", ["-c", script.text]).output == "")
        script.prelude = nil
        script.folder = "/nonexistent"
        let result = try await runProgram("sh", ["-c", script.text])
        #expect(result.output == "" && result.status != 0)
    }

    @Test(
        "Names of variables",
        arguments: [
            ("PATH", true), ("_x1", true), ("", false), ("1x", false), ("A B", false), ("A=B", false), ("é", false),
        ])
    func names(name: String, isOne: Bool) {
        #expect(RemoteScript.isVariableName(name) == isOne)
    }
}
