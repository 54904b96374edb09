import Testing

@testable import FairleadCommand

@Suite("The help")
struct HelpTextTests {
    @Test("A command's help has its parts in order")
    func snapshot() {
        #expect(
            HelpText(width: 72).text(for: KeyFingerprint.declaration) == """
                fairlead key fingerprint: shows the fingerprints of keys

                Usage: fairlead key fingerprint [OPTIONS] FILE...

                Arguments:
                  FILE...                     public or private keys, or known_hosts
                                              files

                Options:
                      --md5                   the old MD5 form too
                      --randomart             the picture too

                Output options:
                  -v, --verbose               say what happens and what caused an error;
                                              -vv and -vvv say more
                  -q, --quiet                 only errors on standard error, no progress
                      --json                  one JSON document, or one object a line
                                              for progress
                      --no-color              no colour on a terminal (as with NO_COLOR
                                              set)

                Examples:
                  fairlead key fingerprint --randomart ~/.ssh/id_ed25519.pub
                      SHA256 and the picture

                Exit status:
                  0     done
                  1     some of it failed
                  2     wrong usage
                  66    file not found, or the file system refused
                  70    internal error

                """)
    }

    @Test("A group's help lists its commands")
    func group() {
        #expect(
            HelpText().text(for: .key) == """
                fairlead key: makes keys and shows their fingerprints

                Usage: fairlead key COMMAND [OPTIONS] [ARGUMENTS]

                Commands:
                  generate      makes a new key pair
                  fingerprint   shows the fingerprints of keys

                """)
    }

    @Test("Every option of every command is explained within the width", arguments: [60, 80, 100])
    func complete(width: Int) {
        for command in CommandGroup.fairlead.commands.map({ $0.declaration }) {
            let help = HelpText(width: width).text(for: command)
            for option in command.options {
                #expect(help.contains("--\(option.long)"), "\(command.name)")
            }
            let examples = Set(command.examples.map { "  \($0.command)" })
            for line in help.split(separator: "\n") where !examples.contains(String(line)) {
                #expect(line.count <= width, "\(line)")
                #expect(line.last != " ", "\(line)")
            }
        }
    }

    @Test("The overview names every command")
    func overview() {
        let help = HelpText().text(for: .fairlead)
        for member in CommandGroup.fairlead.members { #expect(help.contains("\n  \(member.name) ")) }
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 88 })
    }
}
