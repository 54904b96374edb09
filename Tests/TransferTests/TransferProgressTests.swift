import Testing

@testable import Transfer

@Suite("The progress of a transfer")
struct TransferProgressTests {
    @Test("counts sizes that do not fit together as the largest there is")
    func overflow() {
        let progress = TransferProgress()
        progress.expect(bytes: .max)
        progress.expect(bytes: .max)
        progress.expect(bytes: 1)
        #expect(progress.snapshot.bytesTotal == .max)
        #expect(progress.snapshot.filesTotal == 3)
    }
}
