import Fairlead

// Client HOST PORT USER FILE: the host is known from ~/.ssh/known_hosts, the user by a key in ~/.ssh or the agent.
let arguments = CommandLine.arguments
try await SSHClient.withConnection(to: arguments[1], port: UInt16(arguments[2]) ?? 22, as: arguments[3]) { host in
    let result = try await host.run("uname -s; exit 3")
    print("\(result.text)status \(result.status ?? -1)")
    let got = try await host.get(arguments[4], to: ".", verifying: true)
    print("\(got.bytes) bytes, the same on both sides")
}
