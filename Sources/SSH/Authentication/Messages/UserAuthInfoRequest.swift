package import Bytes

/// SSH_MSG_USERAUTH_INFO_REQUEST (RFC 4256 §3.2).
///
/// | field | type |
/// |---|---|
/// | 60 | byte |
/// | name | string |
/// | instruction | string |
/// | language | string |
/// | number of prompts | int (read as `uint32`) |
/// | for each: prompt, echo | string, boolean |
package struct UserAuthInfoRequest: Hashable, Sendable {
    package struct Prompt: Hashable, Sendable {
        package var text: String
        /// Whether what the user types may be shown.
        package var echo: Bool

        package init(text: String, echo: Bool) {
            self.text = text
            self.echo = echo
        }
    }

    /// Texts are as they came, control characters and all.
    package var name: String
    package var instruction: String
    package var language: String
    package var prompts: [Prompt]

    package init(name: String = "", instruction: String = "", language: String = "", prompts: [Prompt]) {
        self.name = name
        self.instruction = instruction
        self.language = language
        self.prompts = prompts
    }

    package init(decoding payload: RawSpan) throws(WireError) {
        var reader = WireReader(payload)
        try reader.expectAuthenticationMessage(.userAuthInfoRequest)
        name = try reader.lossyText(limit: AuthenticationLimits.promptLength)
        instruction = try reader.lossyText(limit: AuthenticationLimits.shownLength)
        language = try reader.lossyText(limit: AuthenticationLimits.nameLength)
        let count = Int(try reader.integer(UInt32.self))
        guard count <= AuthenticationLimits.promptCount else {
            throw .tooLong(count, limit: AuthenticationLimits.promptCount)
        }
        prompts = []
        for _ in 0..<count {
            let text = try reader.lossyText(limit: AuthenticationLimits.promptLength)
            prompts.append(Prompt(text: text, echo: try reader.boolean()))
        }
        try reader.expectEnd()
    }

    package func encode(into payload: inout ByteBuffer) {
        payload.append(MessageNumber.userAuthInfoRequest.rawValue)
        payload.append(string: name)
        payload.append(string: instruction)
        payload.append(string: language)
        payload.append(UInt32(prompts.count))
        for prompt in prompts {
            payload.append(string: prompt.text)
            payload.append(boolean: prompt.echo)
        }
    }
}
