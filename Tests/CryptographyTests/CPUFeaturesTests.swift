#if os(Linux) && arch(x86_64)
    import Foundation
    import Testing

    @testable import Cryptography

    @Suite("CPU features") struct CPUFeaturesTests {
        @Test("AES is accelerated where the kernel lists `aes` and `pclmulqdq`")
        func accelerated() throws {
            let text = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
            let flags = try #require(text.split(separator: "\n").first { $0.hasPrefix("flags") }).split(separator: " ")
            #expect(CPUFeatures.hasAcceleratedAES == (flags.contains("aes") && flags.contains("pclmulqdq")))
        }
    }
#endif
