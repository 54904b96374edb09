import Foundation
import Reactor
import SSH
import TestHosts
import Testing

extension Connection {
    /// Connects to a test host as `plan` says.
    static func open(
        to host: any TestHost, plan: AuthenticationPlan, configuration: ClientConfiguration = ClientConfiguration(),
        on loop: EventLoop = EventLoopGroup.shared.next(),
        verifyHostKey: @escaping HostKeyVerifier = { _ in .accept }
    ) async throws -> Connection {
        let gate = ConnectGate.of(host)
        await gate?.enter()
        let result: Result<Connection, any Error>
        do {
            let stream = try await TCPStream.connect(host: host.host, port: host.port, on: loop, timeout: .seconds(10))
            result = .success(
                try await open(over: stream, plan: plan, configuration: configuration, verifyHostKey: verifyHostKey))
        } catch {
            result = .failure(error)
        }
        await gate?.leave()
        return try result.get()
    }

    /// Connects over a stream, such as one through a jump host.
    static func open(
        over stream: any ByteStream, plan: AuthenticationPlan,
        configuration: ClientConfiguration = ClientConfiguration(),
        verifyHostKey: @escaping HostKeyVerifier = { _ in .accept }
    ) async throws -> Connection {
        let connection = Connection(
            over: stream, configuration: configuration, authentication: plan, verifyHostKey: verifyHostKey)
        try await connection.connect()
        return connection
    }
}

extension AuthenticationPlan {
    /// Signs in by the Ed25519 test key.
    static func key(for host: any TestHost) throws -> AuthenticationPlan {
        AuthenticationPlan(user: host.user, credentials: [try credential(.ed25519)], interaction: FixedAnswers())
    }
}

/// How many sockets of this process are connected to `port` of loopback: other tests, which run at the same time, do
/// not count.
func socketCount(toPort port: UInt16) -> Int {
    let remote = "0100007F:" + String(format: "%04X", Int(port))
    let inodes = Set(
        readSystemText("/proc/self/net/tcp").split(separator: "\n").dropFirst().compactMap { line -> String? in
            let fields = line.split(separator: " ")
            return fields.count > 9 && fields[2] == remote ? "socket:[\(fields[9])]" : nil
        })
    let directory = "/proc/self/fd/"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.filter { name in
        (try? FileManager.default.destinationOfSymbolicLink(atPath: directory + name)).map(inodes.contains) ?? false
    }.count
}

/// A file of `/proc`, which says that it is empty and gives a page at a time.
private func readSystemText(_ path: String) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = unsafe read(descriptor, &chunk, chunk.count)
        guard count > 0 else { return String(decoding: content, as: UTF8.self) }
        content += chunk[..<count]
    }
}

/// What an error says, for messages.
func told(_ error: (any Error)?) -> Comment {
    error.map { "\($0)" } ?? "nothing was thrown"
}
