import Foundation
import TestHosts
import Testing

@Suite("Transfers that are interrupted", .timeLimit(.minutes(4)))
struct TransferInterruptionTests {
    /// Starts `fairlead`, waits until it says that `bytes` are done, sends it `signal`, and returns its status.
    private func interrupt(
        _ site: TransferSite, _ arguments: [String], after bytes: Int, with signal: Int32
    ) async throws -> Int32 {
        let environment = ["HOME": site.fairlead.home.path, "SSH_AUTH_SOCK": "", "PATH": "/usr/bin:/bin"]
        let options = try FairleadProgram.options(site.host)
        return try await onThread {
            let process = Process()
            let pipe = Pipe()
            process.executableURL = URL(fileURLWithPath: FairleadProgram.path)
            process.arguments = [arguments[0], "--json"] + options + arguments.dropFirst()
            process.environment = environment
            process.standardOutput = pipe
            process.standardInput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            var text = ""
            while true {
                let data = pipe.fileHandleForReading.availableData
                if data.isEmpty { break }
                text += String(decoding: data, as: UTF8.self)
                let done = text.matches(of: /"event":"progress".*?"bytes":(\d+),/).compactMap { Int($0.1) }.max() ?? 0
                if done >= bytes {
                    kill(process.processIdentifier, signal)
                    _ = pipe.fileHandleForReading.readDataToEndOfFile()
                    break
                }
            }
            process.waitUntilExit()
            return process.terminationReason == .uncaughtSignal
                ? 128 + process.terminationStatus : process.terminationStatus
        }
    }

    private static let size = 24 << 20

    @Test("A process that is killed at five places is gone on with by the next one", arguments: ["get", "put"])
    func killed(verb: String) async throws {
        try await TransferSite.withOpenSSH { site in
            let isGet = verb == "get"
            let source = try site.write(Self.size, to: isGet ? site.inside("f") : site.here.path("f"))
            let target = isGet ? site.here.path("g") : site.inside("g")
            let words = isGet ? [site.there("f"), target] : [source, site.there("g")]
            // In the last fifth it could be done before it is killed.
            let places = (0..<5).map { _ in Int.random(in: (1 << 20)..<(Self.size / 5 * 4)) }.sorted()
            for place in places {
                let status = try await interrupt(
                    site, [verb, "--resume", "--limit-rate", "8M"] + words, after: place, with: SIGKILL)
                #expect(status == 137)
                #expect(!site.exists(target))
            }
            let (events, status) = try await site.events(verb, "--resume", words[0], words[1])
            #expect(status == 0)
            // What was under way, and less than a record of the journal.
            let kept = events.summary("bytes_kept") ?? 0
            #expect(kept > places[4] - 4 << 20, "\(kept) of \(places)")
            #expect(site.areEqual(source, target))
            #expect(try await site.shell("find . $THERE -name '.*fairlead*'").output == "")
        }
    }

    @Test("A server that is killed at five places costs nothing but time", arguments: ["get", "put"])
    func serverKilled(verb: String) async throws {
        try await TransferSite.withOpenSSH { site in
            let isGet = verb == "get"
            let source = try site.write(Self.size, to: isGet ? site.inside("f") : site.here.path("f"))
            let target = isGet ? site.here.path("g") : site.inside("g")
            let words =
                ["'\(FairleadProgram.path)'", verb, "--json", "--limit-rate", "8M"]
                + (try FairleadProgram.options(site.host))
                + (isGet ? [site.there("f"), target] : [source, site.there("g")])
            let folder = isGet ? site.here.path : site.host.directory
            let result = try await site.shell(
                """
                export HOME=\(site.fairlead.home.path); \(words.joined(separator: " ")) & p=$!
                for kilobytes in 2000 6000 10000 14000 18000; do
                    until [ "$(find '\(folder)' -name '.g.*' -exec du -k {} + | sort -n | tail -1 | cut -f1)" -gt $kilobytes ]
                    do sleep 0.02; done 2>/dev/null
                    kill -9 $(ps -o pid= --ppid \(site.host.process.processIdentifier))
                done
                wait $p; echo "status $?"
                """)
            #expect(result.output.hasSuffix("status 0\n"), "\(result.errors)")
            #expect(site.areEqual(source, target))
            #expect(try await site.shell("find . $THERE -name '.*fairlead*'").output == "")
        }
    }

    @Test("Ctrl-C ends with 130 and leaves nothing half done, or what --resume goes on with")
    func interrupted() async throws {
        try await TransferSite.withOpenSSH { site in
            let source = try site.write(Self.size, to: site.here.path("f"))
            let words = [source, site.there("g")]
            let status = try await interrupt(
                site, ["put", "--limit-rate", "8M"] + words, after: 4 << 20, with: SIGINT)
            #expect(status == 130)
            #expect(site.names(site.host.directory) == [])
            let kept = try await interrupt(
                site, ["put", "--resume", "--limit-rate", "8M"] + words, after: 8 << 20, with: SIGINT)
            #expect(kept == 130)
            #expect(site.names(site.host.directory).count == 1 && !site.exists(site.inside("g")))
            let (events, second) = try await site.events("put", "--resume", words[0], words[1])
            #expect(second == 0 && (events.summary("bytes_kept") ?? 0) > 4 << 20)
            #expect(site.areEqual(source, site.inside("g")))
            #expect(site.names(site.host.directory) == ["g"])
        }
    }

    @Test("Journals of uploads lie where only their owner looks, and old ones go")
    func journals() async throws {
        try await TransferSite.withOpenSSH { site in
            let file = try site.here.write("x", to: "x")
            var fairlead = site.fairlead
            fairlead.environment["XDG_STATE_HOME"] = site.here.path("state")
            let words = ["put", "--resume"] + (try FairleadProgram.options(site.host)) + [file, site.there()]
            #expect(try await fairlead.run(words).status == 0)
            let folder = site.here.path("state/fairlead/transfers")
            let mode = try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int
            #expect(mode == 0o700)
            try await site.shell(
                "cd \(folder); touch -d '31 days ago' old.journal other; touch -d '29 days ago' young.journal")
            #expect(try await fairlead.run(words).status == 0)
            #expect(site.names(folder) == ["other", "young.journal"])
            // Where none can be made, uploads do without.
            fairlead.environment["XDG_STATE_HOME"] = file
            #expect(try await fairlead.run(words).status == 0)
        }
    }

    @Test("A lost connection is made again, but not with --no-retry")
    func lostConnection() async throws {
        try await TransferSite.withOpenSSH { site in
            let source = try site.write(Self.size, to: site.here.path("f"))
            let relay = try await DelayRelay.start(
                to: site.host.port, roundTrip: 0.002, cutAfter: 6 << 20, cuts: 2)
            defer { relay.process.stop() }
            func put(_ name: String, _ arguments: String...) async throws -> ProgramResult {
                try await site.fairlead.run(
                    ["put", "--json", "-p", "\(relay.port)", "-l", site.host.user, "-F", "none", "--host-key", "off"]
                        + ["-i", try TestKeys.user.path(.ed25519)] + arguments + [source, site.there(name)])
            }
            let failed = try await put("a", "--no-retry")
            #expect(failed.status == 69, "\(failed.errors)")
            #expect(!site.exists(site.inside("a")))
            let done = try await put("b")
            #expect(done.status == 0, "\(done.errors)")
            #expect(done.output.contains(#""retries":1}"#), "\(done.output.suffix(300))")
            #expect(site.areEqual(source, site.inside("b")))
        }
    }

    @Test("On a terminal each file has a line, USR1 pauses, USR2 goes on, and at the end only the summary is there")
    func terminal() async throws {
        try await TransferSite.withOpenSSH { site in
            for number in 1...3 { try site.write(2 << 20, to: site.here.path("many/file\(number)")) }
            let terminal = try await site.fairlead.start(
                ["put", "--limit-rate", "1M", "--no-color"] + FairleadProgram.options(site.host) + [
                    site.here.path("many"), site.there(),
                ])
            await terminal.wait(for: "many/file")
            await terminal.wait(for: "0/3 files")
            terminal.signal(SIGUSR1)
            await terminal.wait(for: "paused 0/3 files")
            terminal.resize(columns: 20, rows: 6)
            terminal.signal(SIGUSR2)
            await terminal.wait(for: "\n0/3 files")
            terminal.signal(SIGUSR1)
            await terminal.wait(for: "paused ")
            terminal.type("\u{3}")
            #expect(await terminal.status() == 130)
            #expect(terminal.text.hasSuffix("\u{1B}[J"), "\(terminal.text.suffix(200))")
            #expect(!site.exists(site.inside("many/file1")))
        }
    }

    @Test("Ctrl-Z gives the terminal to the shell, and fg brings the lines back")
    func stopped() async throws {
        try await TransferSite.withOpenSSH { site in
            for number in 1...3 { try site.write(2 << 20, to: site.here.path("many/file\(number)")) }
            let words =
                ["put", "--limit-rate", "1M", "--no-color"] + (try FairleadProgram.options(site.host))
                + [site.here.path("many"), site.there()]
            let shell = try await site.fairlead.start(
                program: "/bin/bash", ["--norc", "--noprofile", "-i"], environment: ["PS1": "@ "])
            await shell.wait(for: "@ ")
            shell.type("'\(FairleadProgram.path)' \(words.joined(separator: " "))\n")
            await shell.wait(for: "\n0/3 files")
            shell.type("\u{1A}")
            await shell.wait(for: "\u{1B}[J")
            await shell.wait(for: "Stopped")
            await shell.wait(for: "@ ")
            shell.type("fg\n")
            await shell.wait(for: "\n0/3 files")
            shell.type("\u{3}")
            await shell.wait(for: "@ ")
            shell.type("echo status=$?\n")
            await shell.wait(for: "status=130")
            shell.type("exit\n")
            #expect(await shell.status() == 0)
        }
    }

    @Test("Signals without a terminal are told once")
    func pausedWithoutTerminal() async throws {
        try await TransferSite.withOpenSSH { site in
            try site.write(1 << 20, to: site.here.path("f"))
            let words =
                ["'\(FairleadProgram.path)'", "put", "--limit-rate", "1M"] + (try FairleadProgram.options(site.host))
                + [site.here.path("f"), site.there("g")]
            let result = try await site.shell(
                """
                export HOME=\(site.fairlead.home.path); \(words.joined(separator: " ")) & p=$!
                until [ "$(find "$THERE" -name '.g*' | head -1)" ]; do sleep 0.01; done
                kill -USR1 $p; sleep 0.3; kill -USR2 $p; wait $p; echo $?
                """)
            #expect(result.output == "0\n", "\(result.errors)")
            #expect(result.errors.contains("paused") && result.errors.contains("going on"), "\(result.errors)")
            #expect(site.areEqual(site.here.path("f"), site.inside("g")))
        }
    }
}
