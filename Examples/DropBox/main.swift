import Fairlead

// DropBox FOLDER PORT: Ada and Grace put files into FOLDER by SFTP, together at most 10 GiB, and can do nothing else.
// FOLDER.keys has Ada's keys as authorized_keys has them; Grace's password is the first line of standard input.
let folder = CommandLine.arguments[1]
let port = UInt16(CommandLine.arguments[2]) ?? 2222

let ada = Accounts.Account("ada", keys: try await UserKey.all(inFileAt: folder + ".keys"))
let grace = Accounts.Account("grace", password: readLine().map { Password($0) })

// Made and written when it is not there yet: clients know the host by it.
let key = try await HostKey.loadOrCreate(at: folder + ".host_key")

let server = SSHServer(
    hostKey: key,
    logins: Accounts([ada, grace]),
    folder: SharedFolder(folder, quota: 10 << 30)
) { event in
    // Who came, who signed in, who left and why.
    print(event)
}

// For this machine alone; "0.0.0.0" is for everybody.
let address = try await server.listen(at: "127.0.0.1", port: port)
print(key.knownHostsLine(for: address))
print("sftp -P \(address.port) ada@\(address.host)")

await server.serve()
