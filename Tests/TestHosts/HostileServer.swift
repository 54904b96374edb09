package import Foundation
import Synchronization

/// A TCP server on loopback that plays a script to each client: for attacks that no honest server makes.
package final class HostileServer: Sendable {
    package let port: UInt16
    private let listener: Int32
    private let sockets = Mutex<[BlockingSocket]>([])
    private let accepted = Mutex(0)

    /// Runs `play` for each connection, on a thread of its own; the connection closes when it returns.
    ///
    /// No read or write of `play` waits longer than `timeout` seconds.
    package init(timeout: TimeInterval = 20, _ play: @escaping @Sendable (BlockingSocket) -> Void) throws {
        (listener, port) = try BlockingSocket.listen()
        Thread.detachNewThread { [weak self, listener] in
            while true {
                let descriptor = accept(listener, nil, nil)
                if descriptor < 0 {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                let socket = BlockingSocket(descriptor: descriptor, timeout: timeout)
                self?.accepted.withLock { $0 += 1 }
                self?.sockets.withLock { $0.append(socket) }
                Thread.detachNewThread { [weak self] in
                    play(socket)
                    socket.end()
                    self?.sockets.withLock { $0.removeAll { $0 === socket } }
                }
            }
        }
    }

    /// How many connections have been accepted so far.
    package var connectionCount: Int { accepted.withLock { $0 } }

    /// Closes the listener and every connection.
    package func stop() {
        _ = shutdown(listener, Int32(SHUT_RDWR))
        for socket in sockets.withLock({ $0 }) { socket.end() }
    }

    deinit {
        stop()
        close(listener)
    }
}
