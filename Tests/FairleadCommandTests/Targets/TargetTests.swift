import Bytes
import Testing

@testable import FairleadCommand

/// What a word should be read as: `local PATH`, `user@host#port path`, or the beginning of an error's message.
private func read(_ word: Argument) -> String {
    do {
        switch try Location(word) {
        case .local(let path): return "local \(path)"
        case .remote(let target): return spelled(target)
        }
    } catch {
        return "! \(error.message)"
    }
}

private func spelled(_ target: Target) -> String {
    let scheme = target.scheme.map { "\($0.rawValue) " } ?? ""
    let port = target.port.map { "#\($0)" } ?? ""
    return "\(scheme)\(target.user ?? "-") \(target.host)\(port) \(target.path.map { "'\($0)'" } ?? "-")"
}

@Suite("Targets")
struct TargetTests {
    @Test(
        "Words of a copy are read as by scp",
        arguments: [
            ("a", "local a"), ("a/b", "local a/b"), ("/a:b", "local /a:b"), ("./a:b", "local ./a:b"),
            ("../h:x", "local ../h:x"),
            ("d/h:x", "local d/h:x"), (":x", "local :x"), (".", "local ."), ("~/x", "local ~/x"),
            ("ada@h", "local ada@h"),
            ("h:", "- h ''"), ("h:a", "- h 'a'"), ("h:/a/b", "- h '/a/b'"), ("h:~", "- h ''"), ("h:~/", "- h ''"),
            ("h:~/a", "- h 'a'"), ("h:~//a", "- h 'a'"), ("h:~bob/a", "- h '~bob/a'"), ("h:./~", "- h './~'"),
            ("h:a:b", "- h 'a:b'"), ("h:a b", "- h 'a b'"), ("h:-rf", "- h '-rf'"), ("h:$(id)", "- h '$(id)'"),
            ("h:*.txt", "- h '*.txt'"), ("ada@h:a", "ada h 'a'"), ("a@b@h:x", "a@b h 'x'"),
            ("DOM\\ada@h:x", "DOM\\ada h 'x'"),
            ("ada b@h:x", "ada b h 'x'"), ("h.example.org:x", "- h.example.org 'x'"), ("10.0.0.1:x", "- 10.0.0.1 'x'"),
            ("[::1]:x", "- ::1 'x'"), ("[::1]:", "- ::1 ''"), ("ada@[::1]:/x", "ada ::1 '/x'"),
            ("[fe80::1%eth0]:x", "- fe80::1%eth0 'x'"), ("[::ffff:10.0.0.1]:x", "- ::ffff:10.0.0.1 'x'"),
            ("[2001:db8::1]:a:b", "- 2001:db8::1 'a:b'"), ("[a]b", "local [a]b"), ("[::1", "local [::1"),
            ("übung:x", "- übung 'x'"), ("my_host-1:x", "- my_host-1 'x'"),
        ])
    func locations(word: String, expected: String) {
        #expect(read(Argument(word)) == expected)
    }

    @Test(
        "URLs are read with their parts decoded",
        arguments: [
            ("sftp://h", "sftp - h -"), ("sftp://h/", "sftp - h '/'"), ("sftp://h/a/b", "sftp - h '/a/b'"),
            ("SFTP://h/a", "sftp - h '/a'"), ("ssh://h:22", "ssh - h#22 -"),
            ("sftp://ada@h:2222/a", "sftp ada h#2222 '/a'"),
            ("sftp://h/~/a", "sftp - h 'a'"), ("sftp://h/~", "sftp - h ''"), ("sftp://h/~/", "sftp - h ''"),
            ("sftp://h/~bob/a", "sftp - h '/~bob/a'"), ("sftp://h/a%20b%3Fc", "sftp - h '/a b?c'"),
            ("sftp://h/a:b@c", "sftp - h '/a:b@c'"), ("sftp://a%40b@h", "sftp a@b h -"),
            ("sftp://[::1]:22/a", "sftp - ::1#22 '/a'"), ("sftp://[fe80::1%25eth0]/a", "sftp - fe80::1%eth0 '/a'"),
            ("ftp://h/a/b", "ftp - h 'a/b'"), ("ftp://h/%2Fa", "ftp - h '/a'"), ("ftp://h/", "ftp - h ''"),
            ("ftps://ada@h:990/a", "ftps ada h#990 'a'"), ("sftp://h/%1B%5B", "sftp - h '/\\u{1B}['"),
        ])
    func urls(word: String, expected: String) {
        #expect(read(Argument(word)) == expected)
    }

    @Test(
        "Hostile and malformed words are refused",
        arguments: [
            ("", "a file name is empty"), ("-oProxyCommand=x:y", "the host's name begins with '-'"),
            ("-h:x", "the host's name begins with '-'"), ("ada@-h:x", "the host's name begins with '-'"),
            ("-x@h:x", "the user's name begins with '-'"),
            ("a -x@h:p", "the user's name has a word that begins with '-'"),
            ("@h:x", "the user's name is empty"), ("ada@:x", "the host's name is empty"),
            ("$(id)@h:x", "the user's name has the shell character '$'"),
            ("`id`@h:x", "the user's name has the shell character '`'"),
            ("a;b@h:x", "the user's name has the shell character ';'"),
            ("a|b@h:x", "the user's name has the shell character '|'"),
            ("a'b@h:x", "the user's name has the shell character ''' in it"),
            ("a\\@h:x", "the user's name ends with a backslash"), ("a\nb@h:x", "the user's name has a control"),
            ("h\u{1B}[2J:x", "the host's name has a control"), ("h\u{202E}:x", "the host's name has a control"),
            ("h;id:x", "the host's name has the shell character ';'"),
            ("h&x:x", "the host's name has the shell character '&'"),
            ("h`id`:x", "the host's name has the shell character '`'"),
            ("$HOME:x", "the host's name has the shell character '$'"),
            ("a b:x", "the host's name has white space"), ("h*:x", "the host's name has the character '*'"),
            ("!h:x", "the host's name has the character '!'"), ("a,b:x", "the host's name has the character ','"),
            ("h%h:x", "the host's name has a '%'"), ("..:x", "the host's name is only dots"),
            ("h\\x:x", "the host's name has the character '\\'"),
            ("[h]:x", "'[h]' has brackets without an IPv6 address"), ("[]:x", "'[]' has brackets"),
            ("[::g]:x", "'[::g]' has brackets"), ("[fe80::1%a;b]:x", "'[fe80::1%a;b]' has brackets"),
            ("fe80::1:x", "'fe80::1:x' has two colons behind the host"),
            ("h::m", "'h::m' has two colons behind the host"),
            ("http://h/x", "'http' is not a scheme of Fairlead"), ("scp://h/x", "'scp' is not a scheme of Fairlead"),
            ("sftp://", "the host's name is empty"), ("sftp:///a", "the host's name is empty"),
            ("sftp://ada:pw@h/", "a password in a URL is seen"), ("ftp://:pw@h/", "the user's name is empty"),
            ("sftp://ada%3Apw@h/", "the user's name has a ':' in it"), ("sftp://h:0/", "'0' is not a port"),
            ("sftp://h:65536/", "'65536' is not a port"), ("sftp://h:/", "'' is not a port"),
            ("sftp://h:x/", "'x' is not a port"),
            ("sftp://h:+2/", "'+2' is not a port"), ("sftp://::1/", "':1' is not a port"),
            ("sftp://h/%", "the URL has a % without"),
            ("sftp://h/%4", "the URL has a % without"), ("sftp://h/%zz", "the URL has a % without"),
            ("sftp://h/%+1", "the URL has a % without"), ("sftp://h/a%00b", "the URL has %00 in it"),
            ("sftp://h/a?b", "the URL has a query or a fragment"),
            ("sftp://h/a#b", "the URL has a query or a fragment"),
            ("sftp://h?x", "the URL has a query or a fragment"),
            ("sftp://%2Doption@h/", "the user's name begins with '-'"),
            ("sftp://a%0Ab@h/", "the user's name has a control"),
            ("sftp://h%3Bid/", "the host's name has the shell character ';'"),
            ("sftp://%FF@h/", "the URL's user or host is not UTF-8"), ("sftp://[::1/a", "'[::1' has brackets"),
        ])
    func refused(word: String, message: String) {
        let result = read(Argument(word))
        #expect(result.hasPrefix("! \(message)"), "\(result)")
        #expect(!result.contains("pw"))
    }

    @Test("Long names are refused, and NUL and bytes that are not UTF-8 in a host")
    func limits() {
        #expect(Target.objection(toUser: String(repeating: "u", count: 255)) == nil)
        #expect(Target.objection(toUser: String(repeating: "u", count: 256)) == "is longer than 255 bytes")
        #expect(Target.objection(toHost: String(repeating: "h", count: 301)) == "is longer than 300 bytes")
        #expect(read(Argument(bytes: [0x68, 0x00])) == "! a file name has a NUL in it")
        #expect(read(Argument(bytes: [0xFF, 0x3A, 0x61])).contains("is not UTF-8"))
        #expect(read(Argument(bytes: [0x68, 0x3A, 0xFF])) == "- h '\u{FFFD}'")
    }

    @Test(
        "A host alone is read for exec and shell",
        arguments: [
            ("h", "- h -"), ("ada@h", "ada h -"), ("::1", "- ::1 -"), ("ada@fe80::1%eth0", "ada fe80::1%eth0 -"),
            ("[::1]", "- ::1 -"),
            ("ssh://ada@h:22", "ssh ada h#22 -"), ("ssh://h/", "ssh - h -"), ("h:22", "! 'h:22' has a path"),
            ("h:a", "! 'h:a' has a path"), ("sftp://h/a", "! 'sftp://h/a' has a path"),
            ("a/b", "! the host's name has the character '/'"),
            ("ada:pw@h", "! the user's name has a ':'"), ("", "! the host's name is empty"),
            ("-v", "! the host's name begins with '-'"),
        ])
    func hosts(word: String, expected: String) {
        let result: String
        do { result = spelled(try Target(host: Argument(word))) } catch { result = "! \(error.message)" }
        #expect(result.hasPrefix(expected), "\(result)")
    }

    @Test("A port behind a colon is explained")
    func portHint() {
        #expect(
            throws: TargetError(
                "'h:22' has a path, but a host alone is needed", hint: "for a port write -p 22 or ssh://HOST:22")
        ) {
            try Target(host: Argument("h:22"))
        }
    }

    @Test(
        "A host with or without a path is read for ls",
        arguments: [
            ("h", "- h -"), ("h:", "- h ''"), ("h:a", "- h 'a'"), ("::1", "- ::1 -"), ("[::1]:a", "- ::1 'a'"),
            ("[::1]", "- ::1 -"),
            ("sftp://h/a", "sftp - h '/a'"), ("./a", "! './a' names something on this machine"),
            ("/tmp", "! '/tmp' names something on this machine"), (":a", "! ':a' names something on this machine"),
        ])
    func hostsWithPaths(word: String, expected: String) {
        let result: String
        do { result = spelled(try Target(hostOrRemotePath: Argument(word))) } catch { result = "! \(error.message)" }
        #expect(result.hasPrefix(expected), "\(result)")
    }

    @Test(
        "Jump hosts are read with their port",
        arguments: [
            ("g", "- g -"), ("ada@g:2222", "ada g#2222 -"), ("[::1]:22", "- ::1#22 -"), ("::1", "- ::1 -"),
            ("[::1]", "- ::1 -"),
            ("ssh://ada@g:22", "ssh ada g#22 -"), ("sftp://g", "! 'sftp://g' is not a jump host"),
            ("ssh://g/a", "! 'ssh://g/a' is not a jump host"), ("g:x", "! 'x' is not a port"),
            ("", "! the host's name is empty"),
            ("g;id", "! the host's name has the shell character"),
        ])
    func jumps(word: String, expected: String) {
        let result: String
        do { result = spelled(try Target(jump: word)) } catch { result = "! \(error.message)" }
        #expect(result.hasPrefix(expected), "\(result)")
    }

    @Test(
        "A target's text reads back as the same target",
        arguments: [
            "h:a", "ada@h:", "[::1]:a", "sftp://ada@h:22/a", "sftp://h/~/a", "ssh://h", "ada@[fe80::1%eth0]:/x",
        ])
    func description(word: String) throws {
        guard case .remote(let target) = try Location(Argument(word)) else {
            Issue.record("local")
            return
        }
        #expect(target.description == word)
    }
}
