import API
import Foundation
import Testing

@Suite("Times as the API writes them")
struct TimestampTests {
    @Test("They agree with Foundation's, for any day")
    func days() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        formatter.timeZone = TimeZone(identifier: "UTC")
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let milliseconds = Int64.random(in: 0...4_102_444_800_000, using: &random)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            #expect(Timestamp.text(milliseconds).dropLast(4) == formatter.string(from: date).dropLast(4))
        }
        #expect(Timestamp.text(951_782_400_123) == "2000-02-29T00:00:00.123Z")
        #expect(Timestamp.text(-5) == "1970-01-01T00:00:00.000Z")
    }
}
