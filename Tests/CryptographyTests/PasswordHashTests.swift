import Cryptography
import Testing

@Suite("Hashes of passwords")
struct PasswordHashTests {
    @Test("A password fits its own line and no other does")
    func fits() throws {
        let line = try PasswordHash.make(Secret(utf8: "correct horse"))
        #expect(line.hasPrefix("$argon2id$"))
        #expect(PasswordHash.verify(Secret(utf8: "correct horse"), line))
        #expect(!PasswordHash.verify(Secret(utf8: "correct horsf"), line))
        #expect(!PasswordHash.verify(Secret(utf8: ""), line))
        #expect(try PasswordHash.make(Secret(utf8: "correct horse")) != line)
    }

    @Test("What is no line fits nothing", arguments: ["", "$argon2id$", "x", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"])
    func malformed(line: String) {
        #expect(!PasswordHash.verify(Secret(utf8: "x"), line))
    }
}
