import Bytes
import Dispatch
import Foundation
import Reactor
import SFTP
import Synchronization

/// OpenSSH's `sftp-server`, spoken to directly over a socket pair: SFTP without SSH.
final class ServerProcess: MessageCarrier {
    static let executable = "/usr/lib/openssh/sftp-server"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: executable) }

    /// Our end of the socket pair, which must not be touched once its number may be somebody else's.
    private final class Descriptor: Sendable {
        let number: Int32
        private let isOpen = Mutex(true)

        init(_ number: Int32) {
            self.number = number
        }

        func endStream() {
            isOpen.withLock { if $0 { shutdown(number, Int32(SHUT_RDWR)) } }
        }

        func close() {
            isOpen.withLock { isOpen in
                if isOpen { Foundation.close(number) }
                isOpen = false
            }
        }
    }

    private let descriptor: Descriptor
    private let writer = DispatchQueue(label: "writer")

    /// Starts the server in `directory`.
    init(directory: String) throws {
        var pair: [Int32] = [0, 0]
        // The array has room for the two descriptors.
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pair) == 0
        else {
            throw CocoaError(.fileReadUnknown)
        }
        descriptor = Descriptor(pair[0])
        let other = FileHandle(fileDescriptor: pair[1], closeOnDealloc: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.executable)
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardInput = other
        process.standardOutput = other
        try process.run()
        try other.close()
    }

    deinit {
        descriptor.endStream()
    }

    /// Has what arrives go to `client`, in pieces of at most `pieceLength` bytes.
    func start(_ client: FileTransferClient, pieceLength: Int = 32_768) {
        let loop = client.loop
        Thread.detachNewThread { [weak client, descriptor, writer] in
            var space = [UInt8](repeating: 0, count: pieceLength)
            while true {
                // The array has room for as much.
                let count = unsafe read(descriptor.number, &space, pieceLength)
                guard count > 0 else { break }
                let piece = Array(space[..<count])
                loop.execute { [weak client] in client?.receive(piece.rawSpan) }
            }
            loop.execute { [weak client] in client?.carrierDidClose("the server ended") }
            writer.async { descriptor.close() }
        }
    }

    func write(_ buffer: ByteBuffer) {
        writer.async { [descriptor] in
            let bytes = [UInt8](buffer.bytes)
            var position = 0
            while position < bytes.count {
                let count = unsafe bytes.withUnsafeBytes { space in
                    // Not empty, so it has a base address.
                    unsafe send(
                        descriptor.number, space.baseAddress! + position, bytes.count - position, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { break }
                position += count
            }
        }
    }

    var pendingWriteCount: Int { 0 }

    func acknowledge(_ count: Int) {}

    func close() {
        descriptor.endStream()
    }
}

/// A directory that is removed with everything in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sftp-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func callAsFunction(_ name: String) -> RawPath {
        RawPath(path + "/" + name)
    }
}
