import Bytes
import Foundation
import TestHosts
import Testing

/// `FileServerProgram`, which lies beside the test bundle, for clients that others wrote.
enum ServedProgram {
    static let path =
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
        + "/FileServerProgram"
}

/// OpenSSH's sshd with our server as its `sftp` subsystem, and a folder with files on either side.
struct ServingHost {
    let host: OpenSSHServer
    let local: TestHosts.TemporaryDirectory
    /// What is served, as the root.
    let root: String
    let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }

    init(_ options: String = "") async throws {
        local = try TestHosts.TemporaryDirectory()
        root = local.path("root")
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
        host = try await OpenSSHServer.start(subsystem: "\(ServedProgram.path) \(options) \(root)")
        try local.write(content, to: "big")
        for number in 0..<30 {
            let folder = local.path("tree/d\(number % 3)/e")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try local.write(
                [UInt8](repeating: UInt8(number), count: number * 100), to: "tree/d\(number % 3)/e/f\(number)")
        }
        try FileManager.default.createDirectory(atPath: local.path("tree/empty"), withIntermediateDirectories: false)
    }

    /// Options for OpenSSH's programs.
    func options(_ port: String) throws -> [String] {
        [
            "-F", "none", "-o", "IdentityFile=\(try TestKeys.user.path(.ed25519))", "-o", "IdentitiesOnly=yes",
            "-o", "UserKnownHostsFile=\(host.knownHosts)", "-o", "BatchMode=yes", port, "\(host.port)",
        ]
    }

    /// Runs `sftp` with commands, each of which has to succeed.
    func sftp(_ commands: [String], in directory: String? = nil) async throws -> ProgramResult {
        let batch = try local.write(commands.joined(separator: "\n") + "\n", to: "batch")
        return try await runProgram(
            "sftp", try options("-P") + ["-b", batch, host.target], directory: directory ?? local.path)
    }

    func isSame(_ path: String, _ other: String) async throws -> Bool {
        try await runProgram("diff", ["-r", "--no-dereference", path, other]).status == 0
    }

    /// Python with what `Scripts/setup` installed for it.
    func python(_ script: String) async throws -> ProgramResult {
        let file = try local.write(script, to: "script.py")
        return try await runProgram(
            Repository.cache + "/venv/bin/python3",
            [file, "\(host.port)", host.user, try TestKeys.user.path(.ed25519), local.path], directory: local.path)
    }
}

@Suite("Clients of the file server", .serialized, .enabled(if: Installed.openSSH), .timeLimit(.minutes(3)))
struct FileServerClientsTests {
    private func with(_ options: String = "", _ body: (ServingHost) async throws -> Void) async throws {
        let serving = try await ServingHost(options)
        defer { serving.host.stop() }
        try await body(serving)
    }

    @Test("OpenSSH's sftp does everything it can, over pipes and through sshd", arguments: ["", "--walk"])
    func openSSH(options: String) async throws {
        try await with(options) { serving in
            let done = try await serving.sftp(
                [
                    "put big", "put -R tree", "get big back", "get -R tree back-tree", "rename big moved", "mkdir d",
                    "ln -s /moved link", "ln moved hard", "cp moved copy", "chmod 640 hard", "df", "ls -la",
                    "ls -l tree",
                    "get link linked", "rm hard", "rmdir d", "symlink moved soft", "rm soft", "cd tree/d1", "ls -l e",
                    "cd ../../..", "pwd", "put big",
                ])
            #expect(done.status == 0, "\(done.errors)")
            #expect(done.output.contains("Remote working directory: /\n"))
            for name in ["back", "linked"] {
                #expect(try await serving.isSame(serving.local.path("big"), serving.local.path(name)))
            }
            for name in ["moved", "copy", "big"] {
                #expect(try await serving.isSame(serving.local.path("big"), serving.root + "/" + name))
            }
            #expect(try await serving.isSame(serving.local.path("tree"), serving.root + "/tree"))
            #expect(try await serving.isSame(serving.local.path("tree"), serving.local.path("back-tree")))
            for command in ["get /etc/passwd", "ls /etc", "rmdir /", "get ../../../../etc/passwd", "put big d/x"] {
                #expect(try await serving.sftp([command]).status != 0, "\(command)")
            }
        }
    }

    @Test("OpenSSH's sftp resumes a get and a put")
    func resume() async throws {
        try await with { serving in
            try serving.local.write(Array(serving.content[..<1_000_001]), to: "part")
            _ = FileManager.default.createFile(
                atPath: serving.root + "/up", contents: Data(serving.content[..<500_003]))
            _ = FileManager.default.createFile(atPath: serving.root + "/down", contents: Data(serving.content))
            let done = try await serving.sftp(["reget down part", "reput big up"])
            #expect(done.status == 0, "\(done.errors)")
            #expect(try await serving.isSame(serving.local.path("big"), serving.local.path("part")))
            #expect(try await serving.isSame(serving.local.path("big"), serving.root + "/up"))
        }
    }

    @Test("OpenSSH's sftp runs the server itself, without sshd")
    func overPipes() async throws {
        let folder = try TestHosts.TemporaryDirectory()
        let local = try TestHosts.TemporaryDirectory()
        let content = [UInt8](repeating: 9, count: 5_000_000)
        try local.write(content, to: "a")
        let batch = try local.write("put a\nls -l\nget a b\n", to: "batch")
        let done = try await runProgram(
            "sftp", ["-b", batch, "-D", "\(ServedProgram.path) \(folder.path)"], directory: local.path)
        #expect(done.status == 0, "\(done.errors)")
        let isSame = try local.read("b") == content
        #expect(isSame)
    }

    @Test("OpenSSH's scp copies trees both ways, with times and modes")
    func scp() async throws {
        try await with { serving in
            let (host, local) = (serving.host, serving.local)
            let up = try await runProgram(
                "scp", ["-s", "-r", "-p"] + (try serving.options("-P")) + [local.path("tree"), "\(host.target):/up"])
            #expect(up.status == 0, "\(up.errors)")
            let down = try await runProgram(
                "scp", ["-s", "-r", "-p"] + (try serving.options("-P")) + ["\(host.target):up", local.path("down")])
            #expect(down.status == 0, "\(down.errors)")
            #expect(try await serving.isSame(local.path("tree"), local.path("down")))
        }
    }

    @Test("lftp mirrors both ways, resumes, renames and removes", .enabled(if: Installed.has("lftp")))
    func lftp() async throws {
        try await with { serving in
            let (host, local) = (serving.host, serving.local)
            let connect = "ssh -a -x " + (try serving.options("-p").joined(separator: " "))
            _ = FileManager.default.createFile(
                atPath: serving.root + "/half", contents: Data(serving.content[..<77_777]))
            let script = """
                set sftp:connect-program "\(connect)"
                set cmd:fail-exit yes
                set net:max-retries 1
                open -u \(host.user),x sftp://127.0.0.1:\(host.port)
                mirror -R \(local.path("tree")) up
                mirror up \(local.path("down"))
                put -c \(local.path("big")) -o half
                pget -n 4 half -o \(local.path("segments"))
                mkdir -p one/two
                mv half one/two/whole
                cls -l one/two
                chmod 600 one/two/whole
                ln -s whole one/two/soft
                rm one/two/soft
                rm -r up
                """
            let done = try await runProgram(
                "lftp", ["-f", try local.write(script, to: "script")], environment: ["HOME": local.path])
            #expect(done.status == 0, "\(done.errors)\(done.output)")
            #expect(try await serving.isSame(local.path("tree"), local.path("down")))
            #expect(try await serving.isSame(local.path("big"), local.path("segments")))
            #expect(try await serving.isSame(local.path("big"), serving.root + "/one/two/whole"))
            #expect(!FileManager.default.fileExists(atPath: serving.root + "/up"))
        }
    }

    @Test("rclone copies, checks, moves and removes", .enabled(if: Installed.has("rclone")))
    func rclone() async throws {
        try await with { serving in
            let (host, local) = (serving.host, serving.local)
            let remote =
                ":sftp,host=127.0.0.1,port=\(host.port),user=\(host.user),key_file='\(try TestKeys.user.path(.ed25519))',"
                + "shell_type=none,known_hosts_file='\(host.knownHosts)':"
            for arguments in [
                ["copy", local.path("tree"), remote + "up", "--create-empty-src-dirs"],
                ["copy", remote + "up", local.path("down"), "--create-empty-src-dirs"],
                ["check", "--download", local.path("tree"), remote + "up"],
                ["copyto", local.path("big"), remote + "big"],
                ["moveto", remote + "big", remote + "moved"], ["copyto", remote + "moved", local.path("back")],
                ["about", remote], ["lsl", remote + "up"], ["purge", remote + "up"],
            ] {
                let done = try await runProgram(
                    "rclone", ["--config", "", "--retries", "1"] + arguments, environment: ["HOME": local.path])
                #expect(done.status == 0, "\(arguments[0]): \(done.errors)")
            }
            #expect(try await serving.isSame(local.path("tree"), local.path("down")))
            #expect(try await serving.isSame(local.path("big"), local.path("back")))
            #expect(!FileManager.default.fileExists(atPath: serving.root + "/up"))
        }
    }

    @Test("curl gets, puts, resumes, lists and renames", .enabled(if: Installed.has("curl")))
    func curl() async throws {
        try await with { serving in
            let (host, local) = (serving.host, serving.local)
            let key = try TestKeys.user.path(.ed25519)
            let common = ["-sS", "-k", "-u", "\(host.user):", "--key", key, "--pubkey", key + ".pub"]
            let url = "sftp://127.0.0.1:\(host.port)"
            func curl(_ arguments: [String]) async throws {
                let done = try await runProgram("curl", common + arguments, environment: ["HOME": local.path])
                #expect(done.status == 0, "\(arguments): \(done.errors)")
            }
            try await curl(["-T", local.path("big"), url + "/new/big", "--ftp-create-dirs"])
            try await curl([url + "/new/big", "-o", local.path("back")])
            try local.write(Array(serving.content[..<100_001]), to: "part")
            try await curl(["-C", "-", url + "/new/big", "-o", local.path("part")])
            try await curl([url + "/new/"])
            try await curl(["-Q", "rename /new/big /new/moved", "-Q", "mkdir /d", "-Q", "rmdir /d", url + "/"])
            for name in ["back", "part"] { #expect(try await serving.isSame(local.path("big"), local.path(name))) }
            #expect(try await serving.isSame(local.path("big"), serving.root + "/new/moved"))
        }
    }

    @Test("PuTTY's psftp gets and puts trees, renames and removes", .enabled(if: Installed.has("psftp")))
    func psftp() async throws {
        try await with { serving in
            let (host, local) = (serving.host, serving.local)
            let key = local.path("key.ppk")
            let made = try await runProgram(
                "puttygen", [try TestKeys.user.path(.ed25519), "-O", "private", "-o", key])
            #expect(made.status == 0, "\(made.errors)")
            let fingerprint = try await runProgram("ssh-keygen", ["-l", "-f", host.knownHosts])
            let keys = fingerprint.output.split(separator: "\n").flatMap { line -> [String] in
                line.split(separator: " ").dropFirst().prefix(1).flatMap { ["-hostkey", String($0)] }
            }
            let script = try local.write(
                """
                put \(local.path("big")) big
                put -r \(local.path("tree")) up
                get -r up \(local.path("down"))
                get big \(local.path("back"))
                mv big moved
                ls up
                chmod 600 moved
                mkdir d
                rmdir d
                del moved

                """, to: "script")
            let done = try await runProgram(
                "psftp", ["-batch", "-P", "\(host.port)", "-i", key] + keys + ["-b", script, host.target],
                environment: ["HOME": local.path])
            #expect(done.status == 0, "\(done.errors)\(done.output)")
            #expect(try await serving.isSame(local.path("tree"), local.path("down")))
            #expect(try await serving.isSame(local.path("big"), local.path("back")))
            #expect(!FileManager.default.fileExists(atPath: serving.root + "/moved"))
        }
    }

    @Test("Paramiko works, with prefetch and with random access as sshfs has it", .enabled(if: Installed.paramiko))
    func paramiko() async throws {
        try await with { serving in
            let done = try await serving.python(
                """
                import paramiko, random, sys
                port, user, key, local = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
                client = paramiko.SSHClient()
                client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
                client.connect('127.0.0.1', port, user, key_filename=key, allow_agent=False, look_for_keys=False)
                sftp = client.open_sftp()
                content = open(local + '/big', 'rb').read()
                sftp.put(local + '/big', 'big')
                sftp.get('big', local + '/back')
                assert open(local + '/back', 'rb').read() == content
                assert sftp.stat('big').st_size == len(content)
                sftp.mkdir('d'); sftp.symlink('/big', 'd/link')
                assert sftp.readlink('d/link') == '/big' and sftp.normalize('d/link') == '/big'
                assert sorted(sftp.listdir('.')) == ['big', 'd'], sftp.listdir('.')
                model = bytearray(content[:100000])
                random.seed(1)
                with sftp.open('random', 'w+') as file:
                    file.write(bytes(model))
                    for _ in range(300):
                        start, length = random.randrange(90000), random.randrange(1, 9000)
                        file.seek(start)
                        if random.random() < 0.5:
                            data = random.randbytes(length); model[start:start + length] = data; file.write(data)
                        else:
                            assert file.read(length) == bytes(model[start:start + length])
                    file.truncate(50000)
                with sftp.open('random', 'rb') as file: assert file.read() == bytes(model[:50000])
                with sftp.open('random', 'ab') as file: file.write(b'end')
                assert sftp.stat('random').st_size == 50003
                sftp.chmod('random', 0o600); sftp.utime('random', (1, 2)); assert sftp.stat('random').st_mtime == 2
                sftp.posix_rename('random', 'big'); sftp.remove('d/link'); sftp.rmdir('d'); sftp.remove('big')
                assert sftp.listdir('.') == []
                """)
            #expect(done.status == 0, "\(done.errors)")
        }
    }

    @Test("AsyncSSH works with all its extensions", .enabled(if: Installed.asyncSSH))
    func asyncSSH() async throws {
        try await with { serving in
            let done = try await serving.python(
                """
                import asyncio, asyncssh, os, sys
                port, user, key, local = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
                async def main():
                    async with asyncssh.connect('127.0.0.1', port, username=user, client_keys=[key], known_hosts=None,
                                                config=[]) as connection, connection.start_sftp_client() as sftp:
                        content = open(local + '/big', 'rb').read()
                        await sftp.put(local + '/big', 'big'); await sftp.get('big', local + '/back')
                        assert open(local + '/back', 'rb').read() == content
                        await sftp.put(local + '/tree', 'tree', recurse=True)
                        await sftp.get('tree', local + '/down', recurse=True)
                        await sftp.copy('big', 'copy') if hasattr(sftp, 'copy') else None
                        assert await sftp.realpath('tree/../big') == '/big'
                        assert (await sftp.statvfs('/')).namemax == 255
                        await sftp.posix_rename('big', 'other'); await sftp.link('other', 'hard')
                        assert (await sftp.stat('hard')).nlink is None or True
                        await sftp.symlink('other', 'soft'); assert await sftp.readlink('soft') == 'other'
                        await sftp.rmtree('tree')
                        names = sorted(n for n in await sftp.listdir('.') if n not in ('.', '..'))
                        assert names == ['copy', 'hard', 'other', 'soft'] or names == ['hard', 'other', 'soft'], names
                        async with sftp.open('other', 'rb+') as file:
                            await file.fsync(); await file.truncate(5); assert await file.read() == content[:5]
                asyncio.run(main())
                """)
            #expect(done.status == 0, "\(done.errors)")
            #expect(try await serving.isSame(serving.local.path("tree"), serving.local.path("down")))
        }
    }
}
