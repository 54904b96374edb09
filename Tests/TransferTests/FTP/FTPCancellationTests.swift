import Bytes
import FTP
import TestHosts
import Testing
import Transfer

@Suite("FTP transfers that are given up", .timeLimit(.minutes(2)))
struct FTPCancellationTests {
    private static let size = 4 << 20

    @Test("What is cancelled at any time leaves the client as good as before", arguments: FTPCase.all)
    func cancel(item: FTPCase) async throws {
        try await FTPSite.with(item) { site in
            let content = randomBytes(Self.size)
            let (file, other) = (site.remote / "f", site.remote / "g")
            try await site.give(content, "f")
            // Before anything moves, while bytes come, and when the server waits as nobody asks for more.
            for wanted in [0, 1, 100_000, 1 << 20, 3 << 20, 0, 1, 2 << 20] {
                let download = try site.client.download(file, from: 0)
                if wanted > 0 { #expect(try await download.read(wanted).get().count == wanted) }
                download.stop()
                _ = await download.read(Self.size)
                let upload = try site.client.upload(other, .anew)
                if wanted > 0 { try await upload.write(ByteBuffer(Array(content[..<wanted]))).get() }
                upload.stop()
                await #expect(throws: FTPError.cancelled) { try await upload.finish() }
                #expect(try await site.client.size(of: file) == UInt64(Self.size))
                let listing = try await site.client.list(site.remote, limit: 10)
                #expect(listing.entries.contains { $0.name == "f" })
            }
            let whole = try await site.client.download(file, from: 0).read(Self.size).get()
            #expect(whole.array.elementsEqual(content))
        }
    }
}
