package import Bytes

/// SSH_MSG_USERAUTH_PK_OK: `byte` 60, `string` algorithm, `string` key, both from the request (RFC 4252 §7).
package struct UserAuthPublicKeyOK: Hashable, Sendable {
    package var algorithm: String
    package var key: [UInt8]

    package init(algorithm: String, key: [UInt8]) {
        self.algorithm = algorithm
        self.key = key
    }

    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        try reader.expectAuthenticationMessage(.userAuthPublicKeyOK)
        algorithm = try reader.text(limit: AuthenticationLimits.nameLength)
        key = try reader.bytes(limit: AuthenticationLimits.keyLength)
        try reader.expectEnd()
    }

    package func encode(into payload: inout ByteBuffer) {
        payload.append(MessageNumber.userAuthPublicKeyOK.rawValue)
        payload.append(string: algorithm)
        payload.append(string: key)
    }
}
