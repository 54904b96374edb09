package import Bytes

/// SSH_MSG_USERAUTH_PASSWD_CHANGEREQ: `byte` 60, `string` prompt, `string` language (RFC 4252 §8).
package struct UserAuthPasswordChangeRequest: Hashable, Sendable {
    /// As it came, control characters and all.
    package var prompt: String
    package var language: String

    package init(prompt: String, language: String = "") {
        self.prompt = prompt
        self.language = language
    }

    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        try reader.expectAuthenticationMessage(.userAuthPasswordChangeRequest)
        prompt = try reader.lossyText(limit: AuthenticationLimits.promptLength)
        language = try reader.lossyText(limit: AuthenticationLimits.nameLength)
        try reader.expectEnd()
    }

    package func encode(into payload: inout ByteBuffer) {
        payload.append(MessageNumber.userAuthPasswordChangeRequest.rawValue)
        payload.append(string: prompt)
        payload.append(string: language)
    }
}
