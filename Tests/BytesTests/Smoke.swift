import Bytes
import Testing
@Test func x() throws {
    var b = ByteBuffer(); b.append(string: "hello"); b.append(positiveInteger: [0x80])
    var r = WireReader(b.bytes)
    #expect(try r.text() == "hello")
    #expect(try r.positiveInteger(limit: 10) == [0x80])
    #expect(Base64.decode(Base64.encode([1, 2, 3, 4])) == [1, 2, 3, 4])
}
