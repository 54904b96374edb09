package import Bytes

/// SSH_MSG_USERAUTH_BANNER: `byte` 53, `string` message, `string` language (RFC 4252 §5.4).
package struct UserAuthBanner: Hashable, Sendable {
    /// As it came, control characters and all.
    package var message: String
    package var language: String

    package init(message: String, language: String = "") {
        self.message = message
        self.language = language
    }

    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        try reader.expectAuthenticationMessage(.userAuthBanner)
        message = try reader.lossyText(limit: AuthenticationLimits.shownLength)
        language = try reader.lossyText(limit: AuthenticationLimits.nameLength)
        try reader.expectEnd()
    }

    package func encode(into payload: inout ByteBuffer) {
        payload.append(MessageNumber.userAuthBanner.rawValue)
        payload.append(string: message)
        payload.append(string: language)
    }
}
