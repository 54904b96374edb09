import Foundation

/// An FTP server that says what a test wants, to play a hostile or a broken one: it lets everybody in and has a data connection
/// for whoever asks by EPSV.
package final class ScriptedFTPServer: Sendable {
    /// What one command brings.
    package enum Answer: Sendable {
        /// These bytes, line breaks and all.
        case say(String)
        /// 150, these bytes over the data connection, then 226.
        case send([UInt8])
        /// 150, then these bytes again and again until nobody takes them.
        case sendForever([UInt8])
        /// 150, these bytes, and then a reset of the data connection, with this reply or none.
        case cut([UInt8], reply: String?)
        /// These bytes again and again until nobody takes them.
        case sayForever(String)
        /// Nothing, for as long as the other side waits.
        case silence
        /// The control connection closes.
        case hangUp
    }

    private let server: HostileServer
    package var port: UInt16 { server.port }
    package var connectionCount: Int { server.connectionCount }

    /// - Parameter answer: what a command with its argument brings; nil for what a usual server says.
    package init(_ answer: @escaping @Sendable (_ verb: String, _ argument: String) -> Answer?) throws {
        server = try HostileServer { control in
            guard control.write("220 scripted\r\n") else { return }
            var passive: (descriptor: Int32, port: UInt16)?
            defer { if let passive { close(passive.descriptor) } }
            while let line = control.readLine() {
                let words = line.split(separator: " ", maxSplits: 1).map(String.init)
                let verb = words.first?.uppercased() ?? ""
                if verb == "EPSV", answer(verb, "") == nil {
                    if let passive { close(passive.descriptor) }
                    passive = try? BlockingSocket.listen()
                    control.write("229 passive (|||\(passive?.port ?? 0)|)\r\n")
                    continue
                }
                let reply = answer(verb, words.count > 1 ? words[1] : "") ?? Self.usual(verb)
                guard Self.give(reply, control, passive?.descriptor) else { return }
            }
        }
    }

    package func stop() { server.stop() }

    private static func usual(_ verb: String) -> Answer {
        switch verb {
        case "USER": .say("331 password\r\n")
        case "PASS": .say("230 in\r\n")
        case "PWD": .say("257 \"/\" is it\r\n")
        case "FEAT": .say("211-Features\r\n MLST type*;size*;\r\n SIZE\r\n REST STREAM\r\n UTF8\r\n211 End\r\n")
        case "TYPE", "NOOP", "OPTS", "CWD": .say("200 fine\r\n")
        case "QUIT": .hangUp
        default: .say("502 unknown\r\n")
        }
    }

    /// Does what an answer says; false when the connection has ended.
    private static func give(_ answer: Answer, _ control: BlockingSocket, _ listener: Int32?) -> Bool {
        switch answer {
        case .say(let text): return control.write(text)
        case .hangUp: return false
        case .silence:
            control.drain()
            return false
        case .sayForever(let text):
            while control.write(text) {}
            return false
        case .send(let bytes):
            guard let data = accept(listener) else { return control.write("425 no data connection\r\n") }
            control.write("150 here it comes\r\n")
            data.write(bytes)
            data.end()
            return control.write("226 done\r\n")
        case .sendForever(let bytes):
            guard let data = accept(listener) else { return false }
            control.write("150 here it comes\r\n")
            while data.write(bytes) {}
            return control.write("426 gone\r\n")
        case .cut(let bytes, let reply):
            guard let data = accept(listener) else { return false }
            control.write("150 here it comes\r\n")
            data.write(bytes)
            var linger = Foundation.linger(l_onoff: 1, l_linger: 0)
            unsafe setsockopt(
                data.descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
            return reply.map { control.write($0) } ?? false
        }
    }

    private static func accept(_ listener: Int32?) -> BlockingSocket? {
        guard let listener else { return nil }
        let descriptor = Foundation.accept(listener, nil, nil)
        return descriptor < 0 ? nil : BlockingSocket(descriptor: descriptor, timeout: 20)
    }
}
