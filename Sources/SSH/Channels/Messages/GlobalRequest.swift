package import Bytes

/// A request that concerns the connection, not a channel (RFC 4254 §4).
package enum GlobalRequest: Equatable, Sendable {
    /// keepalive@openssh.com: asks whether the peer is there; any reply is a yes.
    case keepalive
    /// hostkeys-00@openssh.com: all host keys of the server, as key blobs (OpenSSH PROTOCOL §2.5).
    case hostKeys([[UInt8]])
    /// hostkeys-prove-00@openssh.com: asks for signatures with the private halves of these keys (OpenSSH PROTOCOL
    /// §2.5).
    case hostKeysProve([[UInt8]])
    /// no-more-sessions@openssh.com: refuse further sessions (OpenSSH PROTOCOL §2.2).
    case noMoreSessions
    /// tcpip-forward: listen there; port 0 lets the peer choose, its reply's data is a `uint32` then (RFC 4254 §7.1).
    case tcpipForward(address: String, port: UInt32)
    /// cancel-tcpip-forward (RFC 4254 §7.1).
    case cancelTCPIPForward(address: String, port: UInt32)
    /// streamlocal-forward@openssh.com: listen on a Unix-domain socket (OpenSSH PROTOCOL §2.4).
    case streamlocalForward(path: RawPath)
    /// cancel-streamlocal-forward@openssh.com (OpenSSH PROTOCOL §2.4).
    case cancelStreamlocalForward(path: RawPath)
    /// A request that is not known; `payload` is what follows `want reply`.
    case other(name: String, payload: [UInt8])

    /// The request's name on the wire.
    package var name: String {
        switch self {
        case .keepalive: "keepalive@openssh.com"
        case .hostKeys: "hostkeys-00@openssh.com"
        case .hostKeysProve: "hostkeys-prove-00@openssh.com"
        case .noMoreSessions: "no-more-sessions@openssh.com"
        case .tcpipForward: "tcpip-forward"
        case .cancelTCPIPForward: "cancel-tcpip-forward"
        case .streamlocalForward: "streamlocal-forward@openssh.com"
        case .cancelStreamlocalForward: "cancel-streamlocal-forward@openssh.com"
        case .other(let name, _): name
        }
    }
}

/// SSH_MSG_GLOBAL_REQUEST (RFC 4254 §4).
///
/// | field | type |
/// |---|---|
/// | 80 | byte |
/// | name | string |
/// | want reply | boolean |
/// | what the name says | … |
package struct GlobalRequestMessage: Equatable, Sendable {
    package var request: GlobalRequest
    package var wantReply: Bool

    package init(_ request: GlobalRequest, wantReply: Bool) {
        self.request = request
        self.wantReply = wantReply
    }

    /// Reads a payload whose number has been looked at.
    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        _ = try reader.byte()
        let name = try reader.text(limit: ChannelLimits.nameLength)
        wantReply = try reader.boolean()
        switch name {
        case "keepalive@openssh.com":
            // Some peers put data behind it; nobody needs it.
            _ = reader.rest()
            request = .keepalive
        case "hostkeys-00@openssh.com": request = .hostKeys(try Self.blobs(&reader))
        case "hostkeys-prove-00@openssh.com": request = .hostKeysProve(try Self.blobs(&reader))
        case "no-more-sessions@openssh.com": request = .noMoreSessions
        case "tcpip-forward":
            request = .tcpipForward(
                address: try reader.text(limit: ChannelLimits.addressLength), port: try reader.integer())
        case "cancel-tcpip-forward":
            request = .cancelTCPIPForward(
                address: try reader.text(limit: ChannelLimits.addressLength), port: try reader.integer())
        case "streamlocal-forward@openssh.com":
            request = .streamlocalForward(path: RawPath(bytes: try reader.bytes(limit: ChannelLimits.socketPathLength)))
        case "cancel-streamlocal-forward@openssh.com":
            request = .cancelStreamlocalForward(
                path: RawPath(bytes: try reader.bytes(limit: ChannelLimits.socketPathLength)))
        case _: request = .other(name: name, payload: [UInt8](reader.rest()))
        }
        try reader.expectEnd()
    }

    @_lifetime(reader: copy reader)
    private static func blobs(_ reader: inout WireReader) throws(WireError) -> [[UInt8]] {
        var blobs: [[UInt8]] = []
        while !reader.isAtEnd {
            guard blobs.count < ChannelLimits.hostKeyCount else {
                throw .tooLong(blobs.count + 1, limit: ChannelLimits.hostKeyCount)
            }
            blobs.append(try reader.bytes(limit: ChannelLimits.hostKeyLength))
        }
        return blobs
    }

    package func encode(into buffer: inout ByteBuffer) {
        buffer.append(MessageNumber.globalRequest.rawValue)
        buffer.append(string: request.name)
        buffer.append(boolean: wantReply)
        switch request {
        case .keepalive, .noMoreSessions: break
        case .hostKeys(let blobs), .hostKeysProve(let blobs):
            for blob in blobs { buffer.append(string: blob) }
        case .tcpipForward(let address, let port), .cancelTCPIPForward(let address, let port):
            buffer.append(string: address)
            buffer.append(port)
        case .streamlocalForward(let path), .cancelStreamlocalForward(let path):
            buffer.append(string: path.bytes)
        case .other(_, let payload): buffer.append(payload)
        }
    }
}

/// SSH_MSG_REQUEST_SUCCESS and SSH_MSG_REQUEST_FAILURE, in the order of the requests (RFC 4254 §4).
package enum GlobalReply: Equatable, Sendable {
    /// `data` is what the request's definition says, such as a port.
    case success(data: [UInt8])
    case failure

    /// The port in the reply to a tcpip-forward of port 0 (RFC 4254 §7.1).
    package var port: UInt32? {
        guard case .success(let data) = self, data.count == 4 else { return nil }
        return data.rawSpan.integer(at: 0)
    }

    /// Reads a payload of number 81 or 82; bytes behind a failure are ignored.
    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        let number = try reader.byte()
        self = number == MessageNumber.requestSuccess.rawValue ? .success(data: [UInt8](reader.rest())) : .failure
    }

    package func encode(into buffer: inout ByteBuffer) {
        switch self {
        case .success(let data):
            buffer.append(MessageNumber.requestSuccess.rawValue)
            buffer.append(data)
        case .failure: buffer.append(MessageNumber.requestFailure.rawValue)
        }
    }
}
