import API
import Testing

@Suite("Rules for commands")
struct CommandRulesTests {
    @Test(
        "What is denied is denied, however many blanks there are",
        arguments: [
            ("rm -rf /", false), ("  rm   -rf   /tmp", false), ("rm -r x", true), ("ls", true), ("sudo ls", false),
            ("sudo", true), ("", true), ("shutdown now", false), ("echo shutdown", true),
        ])
    func denied(command: String, permitted: Bool) {
        let rules = CommandRules(denied: ["rm -rf *", "sudo ?*", "shutdown*"])
        #expect(rules.permits(command) == permitted)
    }

    @Test(
        "With a list of what is allowed nothing else is",
        arguments: [
            ("uptime", true), ("df -h", true), ("df -h /tmp", false), ("uptime; rm x", false), ("uptime\nrm x", false),
            ("cat /var/log/a.log", true), ("cat /etc/shadow", false), ("cat /var/log/secret", false),
        ])
    func allowed(command: String, permitted: Bool) {
        let rules = CommandRules(allowed: ["uptime", "df ??", "cat /var/log/*"], denied: ["*secret*"])
        #expect(rules.permits(command) == permitted)
    }

    @Test("A hostile pattern and command take no time")
    func time() {
        let rules = CommandRules(denied: [String(repeating: "*a", count: 30) + "b"])
        #expect(rules.permits(String(repeating: "a", count: 20_000)))
    }
}
