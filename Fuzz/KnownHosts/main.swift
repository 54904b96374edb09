import Bytes
import FuzzDriver
import SSH

// A known_hosts file of anybody's making: looked up, decided by, and edited.

let key = try KeyPair.generate().publicKey

func attack(_ input: borrowing ByteBuffer) throws {
    let contents = input.array
    let file = KnownHostsFile(path: RawPath("known_hosts"), contents: contents)
    let hosts = KnownHosts(files: [file])
    for (host, port, address) in [("a", 22, nil), ("host.example", 2222, "192.0.2.1"), ("::1", 22, "::1")]
        as [(String, UInt16, String?)]
    {
        _ = hosts.decide(policy: .strict, host: host, port: port, address: address, key: key)
        let name = KnownHostName(host: host, port: port)
        _ = hosts.keys(for: name)
        _ = hosts.certificateAuthorities(for: name)
    }
    _ = hosts.lines(holding: key)
    var edited = file
    _ = edited.remove(host: "a")
    precondition(KnownHosts(files: [edited]).keys(for: KnownHostName(host: "a")).isEmpty, "a removed host is known")
    _ = try edited.add(host: "a", key: key)
    _ = KnownHosts(files: [edited]).lookup(host: "a", key: key)
}

fuzz { try? attack($0) }
