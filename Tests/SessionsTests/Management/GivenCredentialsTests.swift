import Bytes
import Cryptography
import Sessions
import Testing

@Suite("Credentials that were given in advance")
struct GivenCredentialsTests {
    private let account = GivenCredentials.Account(user: "ada", host: "host")

    private func text(_ secret: Secret?) -> String? {
        secret.map { secret in secret.withBytes { String(decoding: [UInt8]($0), as: UTF8.self) } }
    }

    @Test("A password is for its account alone, once a connection, and gone when forgotten")
    func password() async {
        let given = GivenCredentials(.init(password: Secret(utf8: "pass")), for: account)
        #expect(text(await given.password(user: "ada", host: "host", attempt: 1)) == "pass")
        #expect(await given.password(user: "ada", host: "host", attempt: 2) == nil)
        #expect(await given.password(user: "ada", host: "jump", attempt: 1) == nil)
        #expect(await given.password(user: "bob", host: "host", attempt: 1) == nil)
        given.forget()
        #expect(await given.password(user: "ada", host: "host", attempt: 1) == nil)
        #expect(!given.hasPassword)
    }
}
