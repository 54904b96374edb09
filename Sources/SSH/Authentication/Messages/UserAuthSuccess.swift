package import Bytes

/// SSH_MSG_USERAUTH_SUCCESS: `byte` 52 (RFC 4252 §5.1).
package struct UserAuthSuccess: Hashable, Sendable {
    package init() {}

    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        try reader.expectAuthenticationMessage(.userAuthSuccess)
        try reader.expectEnd()
    }

    package func encode(into payload: inout ByteBuffer) {
        payload.append(MessageNumber.userAuthSuccess.rawValue)
    }
}
