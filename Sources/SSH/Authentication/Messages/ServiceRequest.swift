package import Bytes

/// SSH_MSG_SERVICE_REQUEST: `byte` 5, `string` service name (RFC 4253 §10).
package struct ServiceRequest: Hashable, Sendable {
    /// The service that authenticates users (RFC 4252 §4).
    package static let userAuth = "ssh-userauth"
    /// The service that is authenticated for (RFC 4254).
    package static let connection = "ssh-connection"

    package var service: String

    package init(service: String) {
        self.service = service
    }

    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        try reader.expectAuthenticationMessage(.serviceRequest)
        service = try reader.text(limit: AuthenticationLimits.nameLength)
        try reader.expectEnd()
    }

    package func encode(into payload: inout ByteBuffer) {
        payload.append(MessageNumber.serviceRequest.rawValue)
        payload.append(string: service)
    }
}

/// SSH_MSG_SERVICE_ACCEPT: `byte` 6, `string` service name (RFC 4253 §10).
package struct ServiceAccept: Hashable, Sendable {
    package var service: String

    package init(service: String) {
        self.service = service
    }

    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        try reader.expectAuthenticationMessage(.serviceAccept)
        service = try reader.text(limit: AuthenticationLimits.nameLength)
        try reader.expectEnd()
    }

    package func encode(into payload: inout ByteBuffer) {
        payload.append(MessageNumber.serviceAccept.rawValue)
        payload.append(string: service)
    }
}
