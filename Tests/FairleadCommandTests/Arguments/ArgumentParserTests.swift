import Bytes
import Testing

@testable import FairleadCommand

@Suite("The parser of command lines")
struct ArgumentParserTests {
    @Test(
        "Options may be short, long, clustered, attached, and anywhere before --",
        arguments: [
            "get -p 22 -vv -r h:a .", "get -p22 -vvr h:a .", "get -rvvp22 h:a .", "get -rvvp 22 h:a .",
            "get --port 22 --verbose -v --recursive h:a .", "get --port=22 -v -v -r h:a .", "get h:a -r . -vvp22",
            "get -r -vvp22 -- h:a .", "get -r h:a -vvp22 -- .",
        ])
    func spellings(line: String) throws {
        let get = try parse(line, as: Get.self)
        #expect(get.connection.port == 22)
        #expect(get.output.verbosity == 2)
        #expect(get.transfer.isRecursive)
        #expect(get.sources == [Target(host: "h", path: "a")])
        #expect(get.destination == ".")
    }

    @Test(
        "All behind TARGET belongs to the remote command",
        arguments: [
            ("exec h ls -la", ["ls", "-la"]), ("exec h -- ls -la", ["ls", "-la"]),
            ("exec -v h ls --help", ["ls", "--help"]),
            ("exec -- h ls", ["ls"]), ("exec h ls -- -x", ["ls", "--", "-x"]), ("exec h -p 22", ["-p", "22"]),
            ("exec h -- -- x", ["--", "x"]), ("exec -p 22 h --json", ["--json"]),
        ])
    func remainder(line: String, expected: [String]) throws {
        let exec = try parse(line, as: Exec.self)
        #expect(exec.target.host == "h")
        #expect(exec.command.map(\.text) == expected)
        #expect(exec.commandLine == Array(expected.joined(separator: " ").utf8))
        #expect(!exec.output.isJSON)
    }

    @Test(
        "Words that are wrong are told of, with what was probably meant",
        arguments: [
            ("", "a command is missing", "usage: fairlead COMMAND"),
            ("gte", "unknown command 'gte'", "did you mean get?"),
            ("download a:b .", "unknown command 'download'", "did you mean get?"),
            ("ssh h", "unknown command 'ssh'", "did you mean shell?"),
            ("qqqqqq", "unknown command 'qqqqqq'", nil),
            ("key", "a command is missing", "usage: fairlead key COMMAND"),
            ("key gen", "unknown command 'gen'", "did you mean generate?"),
            ("key fingerprnt x", "unknown command 'fingerprnt'", "did you mean fingerprint?"),
            ("--port 3 get", "unknown option '--port' before the command", "options come behind the command"),
            ("get --resum h:a .", "unknown option '--resum'", "did you mean --resume?"),
            ("get --on-conflct=skip h:a .", "unknown option '--on-conflct'", "did you mean --on-conflict?"),
            ("get -resume h:a .", "unknown option '-e' in '-resume'", "did you mean --resume?"),
            ("get -z h:a .", "unknown option '-z'", nil),
            ("get -vz h:a .", "unknown option '-z' in '-vz'", nil),
            ("get --zzzzzzzz h:a .", "unknown option '--zzzzzzzz'", nil),
            ("get --resume=yes h:a .", "--resume takes no value", nil),
            ("get h:a . -p", "-p needs a value: -p PORT", nil),
            ("get h:a . --port", "--port needs a value: --port PORT", nil),
            ("get -p 0 h:a .", "-p needs a whole number from 1 to 65535, not '0'", nil),
            ("get -p 65536 h:a .", "-p needs a whole number from 1 to 65535, not '65536'", nil),
            ("get -p +22 h:a .", "-p needs a whole number from 1 to 65535, not '+22'", nil),
            ("get -p=22 h:a .", "-p needs a whole number from 1 to 65535, not '=22'", nil),
            ("get --port= h:a .", "--port needs a whole number from 1 to 65535, not ''", nil),
            (
                "get --limit-rate fast h:a .",
                "--limit-rate needs a number of bytes such as 500K, 2M or 1G, not 'fast'", nil
            ),
            (
                "get --host-key accept h:a .",
                "--host-key is strict, accept-new or off, not 'accept'; did you mean accept-new?", nil
            ),
            ("mkdir -m 8 h:a", "-m needs an octal mode such as 755, not '8'", nil),
            ("mkdir -m 77777 h:a", "-m needs an octal mode such as 755, not '77777'", nil),
            ("get h:a", "LOCAL is missing", "usage: fairlead get [OPTIONS] TARGET:PATH... LOCAL"),
            ("get", "TARGET:PATH is missing", "usage: fairlead get [OPTIONS] TARGET:PATH... LOCAL"),
            ("exec h", "COMMAND is missing", "usage: fairlead exec [OPTIONS] TARGET COMMAND..."),
            ("shell h x", "unexpected argument 'x'", nil),
            ("get a b", "TARGET:PATH is needed, but 'a' is here", "write HOST:PATH for a path on a host"),
            ("get h:a g:b", "LOCAL is needed, but 'g:b' is on a host", "write ./g:b for a name with a colon"),
            ("mv h:a g:b", "mv stays on one host, but h and g are two", "use get and put between hosts"),
            ("mv h:a g:b c", "mv stays on one host, but h and g are two", "use get and put between hosts"),
            ("exec ftp://h ls", "FTP has no commands and shells", "use ssh://"),
            (
                "shell --password-stdin --password-file f h", "--password-stdin and --password-file exclude each other",
                nil
            ),
            ("shell -o ProxyCommand h", "--option needs KEY=VALUE, not 'ProxyCommand'", nil),
            ("shell -o =x h", "--option needs KEY=VALUE, not '=x'", nil),
            ("shell -l -x h", "--user begins with '-'", nil),
            ("shell -l $(id) h", "--user has the shell character '$' in it", nil),
            ("shell --cipher a,,b h", "--cipher needs names with commas between them, not 'a,,b'", nil),
            ("shell -J a,-b h", "--jump: the host's name begins with '-'", nil),
            ("completions bsh", "SHELL is bash, zsh or fish, not 'bsh'", "did you mean bash?"),
            ("key generate -t dsa", "-t is ed25519, ecdsa or rsa, not 'dsa'; did you mean rsa?", nil),
            ("key generate -b 521", "an ed25519 key has always 256 bits", nil),
            ("key generate -t ecdsa -b 400", "an ecdsa key has 256, 384 or 521 bits, not 400", nil),
            ("key generate -t rsa -b 1024", "an rsa key has 2048 to 16384 bits, not 1024", nil),
            (
                "key generate --no-passphrase --passphrase-file f",
                "--passphrase-file and --no-passphrase exclude each other", nil
            ),
            ("help gte", "unknown command 'gte'", "did you mean get?"),
            ("help get put", "unexpected argument 'put'", nil),
        ] as [(String, String, String?)])
    func mistakes(line: String, message: String, hint: String?) {
        #expect(usageError(line)?.message == message)
        #expect(usageError(line)?.hint == hint)
    }

    @Test("Bytes that are not UTF-8 stay in file names and are refused in text")
    func bytes() throws {
        let name = Argument(bytes: [0x66, 0xFF])
        guard case .run(let command) = try CommandLineRequest(["put", name, "h:"]), let put = command as? Put else {
            Issue.record("no put")
            return
        }
        #expect(put.sources == [RawPath(bytes: [0x66, 0xFF])])
        #expect(put.destination == Target(host: "h", path: ""))
        #expect(usageError(["shell", "-l", name, "h"])?.message == "-l needs a value that is UTF-8")
        #expect(usageError([Argument(bytes: [0x1B, 0x5B])])?.message == "unknown command '\\u{1B}['")
        #expect(usageError(["get", Argument(bytes: [0x2D, 0xFF])])?.message == "unknown option '-\u{FFFD}'")
        #expect(usageError(["get", "--\u{1B}[2J"])?.message == "unknown option '--\\u{1B}[2J'")
    }

    @Test(
        "Help and version are found wherever they stand",
        arguments: [
            ("--help", "fairlead"), ("-h", "fairlead"), ("help", "fairlead"), ("key --help", "key"),
            ("help key", "key"),
            ("get --help", "get"), ("get -h", "get"), ("get a -p --help", "error"), ("get a --help b", "get"),
            ("help get", "get"), ("help key generate", "key generate"), ("key generate --help", "key generate"),
            ("--version", "version"), ("-V", "version"), ("ls -h h", "run"), ("ls --help", "ls"),
            ("get -- --help", "error"),
        ])
    func help(line: String, expected: String) {
        let found: String
        switch Result(catching: { try CommandLineRequest(words(line)) }) {
        case .success(.version): found = "version"
        case .success(.groupHelp(let group)): found = group.words.last ?? "fairlead"
        case .success(.commandHelp(let command)): found = command.name
        case .success(.run): found = "run"
        case .failure: found = "error"
        }
        #expect(found == expected)
    }

    @Test(
        "Near names are suggested, and far ones are not",
        arguments: [
            ("resum", "resume"), ("rseume", "resume"), ("pre", "preserve"), ("verfy", "verify"), ("x", nil),
            ("banana", nil),
        ] as [(String, String?)])
    func suggestions(word: String, expected: String?) {
        #expect(Suggestion.nearest(to: word, among: ["resume", "verify", "preserve", "parallel"]) == expected)
    }

    @Test(
        "The distance counts insertions, deletions, replacements and swaps",
        arguments: [
            ("", "", 0), ("abc", "", 3), ("", "abc", 3), ("abc", "acb", 1), ("kitten", "sitting", 3), ("get", "gte", 1),
        ])
    func distances(first: String, second: String, expected: Int) {
        #expect(Suggestion.distance(first, second) == expected)
    }
}
