import Sessions
import Testing

@Suite("Names of sessions")
struct SessionIDTests {
    @Test("A new one is a random UUID, and spells itself")
    func new() {
        let ids = (0..<1000).map { _ in SessionID() }
        #expect(Set(ids).count == 1000)
        for id in ids {
            let text = Array(id.description)
            #expect(text.count == 36 && text[14] == "4" && "89ab".contains(text[19]))
            #expect(SessionID(id.description.uppercased()) == id)
        }
    }

    @Test(
        "What is no UUID is none",
        arguments: [
            "", "x", "00000000-0000-4000-8000-00000000000", "00000000-0000-4000-8000-00000000000g",
            "000000000000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000000-",
        ])
    func wrong(text: String) {
        #expect(SessionID(text) == nil)
    }
}
