import Foundation
import TestHosts
import Testing

@Suite("The examples", .serialized, .timeLimit(.minutes(3)))
struct ExampleTests {
    /// Lies beside the test bundle.
    private static func path(of example: String) -> String {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/\(example)Example"
    }

    @Test("the client verifies OpenSSH's host key, runs a command and gets a file", .enabled(if: Installed.openSSH))
    func client() async throws {
        try await with(OpenSSHServer.start()) { host in
            let home = try TemporaryDirectory()
            try FileManager.default.createDirectory(atPath: home.path(".ssh"), withIntermediateDirectories: false)
            try home.write(readText(try TestKeys.user.path(.ed25519)), to: ".ssh/id_ed25519")
            let content = [UInt8]((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
            try Data(content).write(to: URL(fileURLWithPath: host.directory + "/notes.bin"))
            let arguments = ["127.0.0.1", "\(host.port)", host.user, host.directory + "/notes.bin"]
            let environment = ["HOME": home.path, "SSH_AUTH_SOCK": ""]

            let unknown = try await runProgram(
                Self.path(of: "Client"), arguments, environment: environment, directory: home.path, timeout: 60)
            #expect(unknown.status != 0 && unknown.errors.contains("is not known"), "\(unknown.errors)")

            try home.write(readText(host.knownHosts), to: ".ssh/known_hosts")
            let result = try await runProgram(
                Self.path(of: "Client"), arguments, environment: environment, directory: home.path, timeout: 60)
            #expect(
                result.output == "Linux\nstatus 3\n300000 bytes, the same on both sides\n" && result.status == 0,
                "\(result.errors)")
            let isSame = try home.read("notes.bin") == content
            #expect(isSame)
        }
    }

    @Test(
        "the drop box takes files from OpenSSH's sftp and scp, and gives nothing else away",
        .enabled(if: Installed.openSSH))
    func dropBox() async throws {
        let place = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: place.path("box"), withIntermediateDirectories: false)
        try place.write("# Ada's\n" + TestKeys.user.publicKey(.ed25519), to: "box.keys")
        try place.write("#!/bin/sh\ncat \(place.path("password"))\n", to: "askpass", mode: 0o700)
        try place.write("open sesame\n", to: "password")
        try place.write([UInt8](repeating: 7, count: 100_000), to: "report")
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw TestHostError.system("pipe", "") }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(reading) }
        let process: TestHosts.ChildProcess
        do {
            defer { close(writing) }
            process = try TestHosts.ChildProcess(
                "/bin/sh",
                [
                    "-c", "exec stdbuf -oL \"$0\" \"$1\" 0 < \"$2\"", Self.path(of: "DropBox"), place.path("box"),
                    place.path("password"),
                ],
                output: writing)
        }
        defer { process.stop() }
        let known = try line(from: reading)
        let hint = try line(from: reading)
        #expect(known.hasPrefix("[127.0.0.1]:") && hint.hasPrefix("sftp -P ") && hint.hasSuffix(" ada@127.0.0.1"))
        let port = String(hint.split(separator: " ")[2])
        try place.write(known + "\n", to: "known_hosts")
        let options = [
            "-F", "none", "-o", "UserKnownHostsFile=\(place.path("known_hosts"))", "-o", "IdentitiesOnly=yes",
        ]
        let key = ["-i", try TestKeys.user.path(.ed25519), "-o", "BatchMode=yes"]

        let put = try await runProgram(
            "sftp", options + key + ["-b", "-", "-P", port, "ada@127.0.0.1"],
            input: Array("put \(place.path("report"))\nget ../../../etc/passwd \(place.path("stolen"))\n".utf8),
            timeout: 60)
        #expect(put.status != 0 && !FileManager.default.fileExists(atPath: place.path("stolen")), "\(put.errors)")
        let isSame = try place.read("box/report") == place.read("report")
        #expect(isSame)

        let copied = try await runProgram(
            "scp", options + ["-o", "IdentityFile=none", "-P", port, place.path("report"), "grace@127.0.0.1:second"],
            environment: ["SSH_ASKPASS": place.path("askpass"), "SSH_ASKPASS_REQUIRE": "force"], timeout: 60)
        #expect(copied.status == 0, "\(copied.errors)")
        let isSecondSame = try place.read("box/second") == place.read("report")
        #expect(isSecondSame)

        let command = try await runProgram("ssh", options + key + ["-p", port, "ada@127.0.0.1", "id"], timeout: 60)
        #expect(command.status == 255 && command.output.isEmpty, "\(command.errors)")
        let stranger = try await runProgram("ssh", options + key + ["-p", port, "eve@127.0.0.1", "id"], timeout: 60)
        #expect(stranger.status == 255 && stranger.errors.contains("Permission denied"), "\(stranger.errors)")
    }

    /// The next line, within 20 seconds.
    private func line(from descriptor: Int32) throws -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&entry, 1, 20_000) == 1, unsafe read(descriptor, &byte, 1) == 1, byte != 0x0A {
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
