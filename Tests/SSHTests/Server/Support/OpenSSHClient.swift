import Foundation
import TestHosts

/// OpenSSH's `ssh`, the installed one or OpenSSH 10's in its tree.
struct OpenSSHClient {
    let release: OpenSSHServer.Release
    let host: ServedHost
    /// The same path within the tree and without.
    let directory: TemporaryDirectory

    /// The releases that are there.
    static var releases: [OpenSSHServer.Release] { Installed.newOpenSSH ? [.system, .new] : [.system] }

    init(_ release: OpenSSHServer.Release, to host: ServedHost) throws {
        self.release = release
        self.host = host
        directory = try TemporaryDirectory()
        if release == .new {
            let inside = OpenSSHServer.newRelease + directory.path
            try FileManager.default.createDirectory(atPath: inside, withIntermediateDirectories: true)
            try FileManager.default.removeItem(atPath: directory.path)
            try FileManager.default.createSymbolicLink(atPath: directory.path, withDestinationPath: inside)
        }
        try directory.write(readText(host.knownHosts), to: "known_hosts")
        try directory.write("#!/bin/sh\necho \"$ANSWER\"\n", to: "askpass", mode: 0o700)
        for kind in TestKeys.Kind.allCases {
            try directory.write(readText(try TestKeys.user.path(kind)), to: "\(kind)")
        }
    }

    /// Runs `ssh OPTIONS user@host ARGUMENTS`; without `key` it asks `askpass`, which always says `answer`.
    func run(
        _ arguments: [String], options: [String] = [], user: String = ServedHost.user, key: TestKeys.Kind? = .ed25519,
        answer: String? = nil, agent: String = "", input: [UInt8] = [], timeout: TimeInterval = 60
    ) async throws -> ProgramResult {
        var all = [
            "-F", "none", "-p", "\(host.port)", "-o", "UserKnownHostsFile=\(directory.path("known_hosts"))",
            "-o", "StrictHostKeyChecking=yes", "-o", "IdentitiesOnly=yes", "-o", "NumberOfPasswordPrompts=1",
        ]
        if let key { all += ["-i", directory.path("\(key)")] } else { all += ["-o", "IdentityFile=none"] }
        if answer == nil { all += ["-o", "BatchMode=yes"] }
        all += options + ["\(user)@127.0.0.1"] + arguments
        let environment = [
            "SSH_ASKPASS": directory.path("askpass"), "SSH_ASKPASS_REQUIRE": "force", "ANSWER": answer ?? "",
            "SSH_AUTH_SOCK": agent,
        ]
        switch release {
        case .system:
            return try await runProgram("ssh", all, input: input, environment: environment, timeout: timeout)
        case .new:
            return try await runProgram(
                "chroot", [OpenSSHServer.newRelease, "/usr/bin/ssh"] + all, input: input, environment: environment,
                timeout: timeout)
        }
    }
}
