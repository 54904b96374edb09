import Bytes
import Testing

@testable import SSH

@Suite("Fingerprints")
struct FingerprintTests {
    @Test("Fingerprints and pictures are those of ssh-keygen", arguments: KeySample.all)
    func keygen(_ sample: KeySample) throws {
        let folder = try TemporaryFolder()
        try sample.make(in: folder)
        let (key, comment) = try PublicKey.parse(line: folder.read("id.pub"))
        #expect(comment == "a comment")
        let size = try #require(key.bitCount)
        for form in Fingerprint.Form.allCases {
            let fingerprint = Fingerprint(of: key, form: form)
            let expected = try OpenSSHProgram.keygen(
                ["-l", "-v", "-E", form.rawValue.lowercased(), "-f", "\(folder.path)/id.pub"]
            ).lines
            #expect(expected.first == "\(size) \(fingerprint) a comment (\(key.algorithm.family))")
            #expect(Array(expected.dropFirst()) == Randomart(of: key, form: form).lines)
            #expect(Fingerprint(fingerprint.description) == fingerprint)
        }
    }

    @Test("Fingerprints are read in every form that people paste")
    func parsing() throws {
        let md5 = "16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48"
        #expect(Fingerprint(md5)?.description == "MD5:\(md5)")
        #expect(Fingerprint("MD5:\(md5.uppercased())")?.description == "MD5:\(md5)")
        let sha256 = "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"
        #expect(Fingerprint(sha256)?.description == sha256)
        #expect(Fingerprint(sha256 + "=")?.description == sha256)
        for bad in [
            "", "SHA256:", "SHA256:abcd", "MD5:", String(md5.dropLast(3)), md5 + ":00",
            "nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
        ] {
            #expect(Fingerprint(bad) == nil)
        }
    }

    @Test("A picture of an unknown type of key keeps its frame")
    func opaquePicture() throws {
        var buffer = ByteBuffer()
        buffer.append(string: "a-type-of-key-with-a-very-long-name@example.org")
        let key = try PublicKey(blob: buffer.bytes)
        let lines = Randomart(of: key).lines
        #expect(lines.count == 11)
        #expect(lines.allSatisfy { $0.utf8.count == 19 })
    }
}
