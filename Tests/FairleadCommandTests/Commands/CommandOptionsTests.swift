import Bytes
import Testing

@testable import FairleadCommand

@Suite("The typed options of commands")
struct CommandOptionsTests {
    @Test("Every connection option reaches its field")
    func connection() throws {
        let shell = try parse(
            """
            shell -p 2222 -l ada -i k1 -i k2 -J g1,bob@[::1]:23 -F none -o User=x -o Port=7 --password-file pw \
            --known-hosts kh --host-key accept-new --cipher a,b@c.d --kex k --mac m --connect-timeout 5 --no-agent -vvvv -q \
            --json --no-color h
            """, as: Shell.self)
        let options = shell.connection
        #expect(options.port == 2222)
        #expect(options.user == "ada")
        #expect(options.identities == ["k1", "k2"])
        #expect(options.jumps == [Target(host: "g1"), Target(user: "bob", host: "::1", port: 23)])
        #expect(options.configuration == .none)
        #expect(options.keywords.map(\.key) == ["User", "Port"])
        #expect(options.keywords.map(\.value) == ["x", "7"])
        #expect(options.passwordSource == .file("pw"))
        #expect(options.knownHosts == "kh")
        #expect(options.hostKeyChecking == .acceptNew)
        #expect(options.ciphers == ["a", "b@c.d"])
        #expect(options.keyExchanges == ["k"])
        #expect(options.macs == ["m"])
        #expect(options.connectTimeout == .seconds(5))
        #expect(!options.usesAgent)
        #expect(options.output.verbosity == 3)
        #expect(options.output.isQuiet && options.output.isJSON && options.output.isColorless)
    }

    @Test("Without options the standard holds")
    func standard() throws {
        let options = try parse("shell h", as: Shell.self).connection
        #expect(options.port == nil && options.user == nil && options.jumps == nil && options.ciphers == nil)
        #expect(options.configuration == .standard && options.passwordSource == nil && options.hostKeyChecking == nil)
        #expect(options.usesAgent && options.output == OutputOptions())
        let transfer = try parse("get h:a .", as: Get.self).transfer
        #expect(transfer.onConflict == .overwrite && transfer.showsProgress && transfer.parallel == nil)
        #expect(!transfer.isRecursive && !transfer.resumes && !transfer.verifies && !transfer.preserves)
    }

    @Test("Every transfer option reaches its field")
    func transfer() throws {
        let line =
            """
            put -r --resume --verify --preserve --preserve-owner --links follow --parallel 1024 --limit-rate 1.5M \
            --no-progress --on-conflict rename --fsync never --no-retry --scp --min-size 0 --max-size 2K \
            --files-from list -0 a h:
            """
        let transfer = try parse(line, as: Put.self).transfer
        #expect(transfer.isRecursive && transfer.resumes && transfer.verifies && transfer.preserves)
        #expect(transfer.preservesOwners && transfer.links == .follow && transfer.durability == .never)
        #expect(transfer.parallel == 1024 && transfer.rateLimit == 1_572_864)
        #expect(!transfer.showsProgress && transfer.onConflict == .rename && !transfer.reconnects && transfer.usesSCP)
        #expect(transfer.minimumSize == 0 && transfer.maximumSize == 2048)
        #expect(transfer.list == .file("list") && transfer.isListNULSeparated)
    }

    @Test("Rules of what is transferred stay in the order of the command line")
    func selection() throws {
        let transfer = try parse(
            "get --exclude a --exclude-from f --include=b --exclude-from - --exclude /c/ h:x .", as: Get.self
        ).transfer
        #expect(
            transfer.selection == [
                .exclude("a"), .excludeFrom(.file("f")), .include("b"), .excludeFrom(.standardInput), .exclude("/c/"),
            ])
    }

    @Test(
        "Transfer options that do not go together are refused",
        arguments: [
            ("get --parallel 0 h:a .", "whole number from 1 to 1024"),
            ("get --parallel 1025 h:a .", "whole number from 1 to 1024"),
            ("get --min-size 2 --max-size 1 h:a .", "nothing fits"), ("get --max-size x h:a .", "number of bytes"),
            ("get -0 h:a .", "--null goes with --files-from"), ("get --exclude / h:a .", "--exclude '/'"),
            ("get --files-from - --password-stdin h:a .", "standard input"),
            ("get --files-from - --exclude-from - h:a .", "standard input"),
            ("get --files-from f h:a h:b .", "one source"), ("get h:a/x g:b/x .", "different hosts"),
            ("cp h:a/x b/x c", "different hosts"), ("cp --scp h:a g:b", "between this machine and a host"),
            ("cp --scp a b", "between this machine and a host"), ("sync --max-delete 3 a h:b", "goes with --delete"),
            ("sync a", "DEST is missing"), ("sync a b c", "unexpected argument"),
            ("get --links x h:a .", "keep, follow"),
            ("get --fsync x h:a .", "auto, always"), ("sync --on-conflict skip a b", "unknown option"),
        ])
    func contradictions(line: String, message: String) {
        #expect(usageError(line)?.message.contains(message) == true, "\(String(describing: usageError(line)))")
    }

    @Test("cp takes either side here or on a host")
    func copy() throws {
        let copy = try parse("cp h:a b ada@g:c ftp:d", as: Copy.self)
        #expect(
            copy.sources == [
                .remote(Target(host: "h", path: "a")), .local("b"), .remote(Target(user: "ada", host: "g", path: "c")),
            ])
        #expect(copy.destination == .remote(Target(host: "ftp", path: "d")))
        let groups = copy.sources.byHost
        #expect(groups.map(\.host) == [Target(host: "h"), nil, Target(user: "ada", host: "g")])
        let mixed = try parse("cp h:a b h:c .", as: Copy.self).sources.byHost
        #expect(mixed.map(\.paths) == [["a", "c"], ["b"]])
    }

    @Test("sync and checksum have their options")
    func synchronize() throws {
        let sync = try parse("sync --delete --max-delete 7 --checksum -n --exclude x a h:b", as: Synchronize.self)
        #expect(sync.deletes && sync.maximumRemovals == 7 && sync.comparesContent && sync.isDryRun)
        #expect(sync.source == .local("a") && sync.destination == .remote(Target(host: "h", path: "b")))
        let plain = try parse("sync h:a b", as: Synchronize.self)
        #expect(!plain.deletes && plain.maximumRemovals == nil && !plain.comparesContent && !plain.isDryRun)
        #expect(try parse("checksum h:a b", as: Checksum.self).paths.map(\.host) == [Target(host: "h"), nil])
    }

    @Test(
        "Keywords of ssh_config may have an equals sign or a space",
        arguments: [
            ("User=ada", "User", "ada"), ("User ada", "User", "ada"), ("User = ada", "User", "ada"),
            ("ProxyCommand=nc -x a=b %h", "ProxyCommand", "nc -x a=b %h"), ("SetEnv A=1", "SetEnv", "A=1"),
        ])
    func keywords(text: String, key: String, value: String) throws {
        guard case .run(let command) = try CommandLineRequest(["shell", "-o", Argument(text), "h"]),
            let keyword = (command as? Shell)?.connection.keywords.first
        else {
            Issue.record("no shell")
            return
        }
        #expect(keyword == ConnectionOptions.Keyword(key: key, value: value))
    }

    @Test("ls has -l and -h for itself")
    func list() throws {
        let list = try parse("ls -lahRtr --user ada h:d", as: List.self)
        #expect(list.isLong && list.isRecursive && list.connection.user == "ada")
        #expect(
            list.listing
                == ListingOptions(form: .long, order: .time, isReversed: true, showsHidden: true, hasHumanSizes: true))
        #expect(try parse("ls h", as: List.self).target == Target(host: "h"))
        #expect(try parse("ls -1S h", as: List.self).listing == ListingOptions(form: .onePerLine, order: .size))
    }

    @Test(
        "mv takes its destination with or without the host",
        arguments: [
            ("mv ada@h:a b", "b"), ("mv ada@h:a ada@h:b", "b"), ("mv ada@h:a /b/c", "/b/c"), ("mv ada@h:a ada@h:", ""),
            ("mv ada@h:a ~/b", "b"), ("mv ada@h:a ./x:y", "./x:y"), ("mv ada@h:a ada@h:c ~", ""),
        ])
    func move(line: String, destination: String) throws {
        let move = try parse(line, as: Move.self)
        #expect(move.destination == RawPath(destination))
        #expect(move.sources.first == Target(user: "ada", host: "h", path: "a"))
    }

    @Test("File commands have their options")
    func files() throws {
        let remove = try parse("rm -rf h:a h:b", as: Remove.self)
        #expect(remove.isRecursive && remove.isForced && remove.paths.count == 2)
        let directory = try parse("mkdir --parents -m 2750 -p 22 h:a", as: MakeDirectory.self)
        #expect(directory.makesParents && directory.mode == 0o2750 && directory.connection.port == 22)
        #expect(try parse("stat -L h:a", as: Status.self).followsLinks)
        #expect(try parse("cat h:a h:b", as: Concatenate.self).paths.map(\.path) == ["a", "b"])
    }

    @Test(
        "Keys have a size that fits their kind",
        arguments: [
            ("", KeyGenerate.Kind.ed25519, 256), ("-t ecdsa", .ecdsa, 256), ("-t ecdsa -b 521", .ecdsa, 521),
            ("-t rsa", .rsa, 3072),
            ("-t rsa -b 4096", .rsa, 4096),
        ])
    func keySizes(options: String, kind: KeyGenerate.Kind, bits: Int) throws {
        let generate = try parse("key generate \(options)", as: KeyGenerate.self)
        #expect(generate.kind == kind && generate.bits == bits && generate.passphrase == .prompt)
    }

    @Test("Key commands have their options")
    func keys() throws {
        let generate = try parse("key generate -f id -C me@here --passphrase-file p", as: KeyGenerate.self)
        #expect(generate.file == "id" && generate.comment == "me@here" && generate.passphrase == .file("p"))
        let fingerprint = try parse("key fingerprint a b --md5 --randomart --json", as: KeyFingerprint.self)
        #expect(fingerprint.files == ["a", "b"] && fingerprint.showsMD5 && fingerprint.showsRandomart)
        #expect(fingerprint.output.isJSON)
    }

    @Test("No command declares a name twice, and every one has an example or needs none")
    func declarations() {
        for command in CommandGroup.fairlead.commands.map({ $0.declaration }) {
            let shorts = command.options.compactMap(\.short)
            let longs = command.options.map(\.long)
            #expect(Set(shorts).count == shorts.count, "\(command.name)")
            #expect(Set(longs).count == longs.count, "\(command.name)")
            #expect(Set(command.arguments.map(\.name)).count == command.arguments.count, "\(command.name)")
            #expect(!command.examples.isEmpty, "\(command.name)")
        }
    }

    @Test("Every example parses")
    func examples() throws {
        for command in CommandGroup.fairlead.commands.map({ $0.declaration }) {
            for example in command.examples where example.command.hasPrefix("fairlead ") {
                let line = example.command.split(separator: " | ")[0].split(separator: " > ")[0].dropFirst(
                    "fairlead ".count)
                #expect(usageError(String(line.filter { $0 != "'" })) == nil, "\(example.command)")
            }
        }
    }
}
