import Bytes
import Testing

@testable import Cryptography

@Suite("ML-KEM-768") struct MLKEMTests {
    enum Source: String, CaseIterable, Sendable {
        case nist = "NIST ACVP"
        case wycheproof = "Project Wycheproof"
    }

    // MARK: Vectors

    @Test("Keys are the ones of NIST's vectors")
    func keyGeneration() throws {
        for vector in try VectorTable(MLKEMACVPVectors.keyGeneration).vectors {
            let pair = try MLKEMKeyPair(d: vector.fields[0].secret, z: vector.fields[1].secret)
            #expect(sha256(pair.encapsulationKey) == vector.fields[2], "\(vector.id)")
            #expect(sha256(pair.decapsulationKey.copy) == vector.fields[3], "\(vector.id)")
        }
    }

    @Test(
        "Encapsulation gives the vector's ciphertext and secret, and refuses keys with numbers above q",
        arguments: Source.allCases)
    func encapsulation(_ source: Source) throws {
        let text =
            switch source {
            case .nist: MLKEMACVPVectors.encapsulation
            case .wycheproof: MLKEMWycheproofVectors.encapsulation
            }
        for vector in try VectorTable(text).vectors {
            let (key, m) = (vector.fields[0], vector.fields[1])
            do throws(CryptographyError) {
                let (ciphertext, secret) = try MLKEMKeyPair.encapsulate(to: key.rawSpan, m: m.secret)
                #expect(vector.isValid, "\(vector.id)")
                #expect(sha256(ciphertext) == vector.fields[2] && secret.copy == vector.fields[3], "\(vector.id)")
            } catch {
                #expect(!vector.isValid, "\(vector.id)")
                expectInvalidPublicValue(error, vector.id)
            }
        }
    }

    @Test(
        "Decapsulation gives the vector's secret, also for a ciphertext that was changed, and refuses wrong lengths and hashes",
        arguments: Source.allCases)
    func decapsulation(_ source: Source) throws {
        let text =
            switch source {
            case .nist: MLKEMACVPVectors.decapsulation
            case .wycheproof: MLKEMWycheproofVectors.decapsulation
            }
        for vector in try VectorTable(text).vectors {
            do throws(CryptographyError) {
                let pair = try MLKEMKeyPair(decapsulationKey: vector.fields[0].secret)
                let ciphertext = vector.fields[1]
                let secret = try pair.decapsulate(ciphertext.rawSpan)
                #expect(vector.isValid && secret.copy == vector.fields[2], "\(vector.id)")
            } catch {
                #expect(!vector.isValid, "\(vector.id): \(error)")
            }
        }
    }

    @Test("Keys from seeds decapsulate to the vector's secret; seeds and ciphertexts of other lengths are refused")
    func seeded() throws {
        for vector in try VectorTable(MLKEMWycheproofVectors.seeded).vectors {
            let (seed, ciphertext) = (vector.fields[0], vector.fields[2])
            do throws(CryptographyError) {
                let pair = try MLKEMKeyPair(
                    d: Array(seed.prefix(32)).secret, z: Array(seed.dropFirst(32)).secret)
                let secret = try pair.decapsulate(ciphertext.rawSpan)
                #expect(vector.isValid && secret.copy == vector.fields[3], "\(vector.id)")
                #expect(sha256(pair.encapsulationKey) == vector.fields[1], "\(vector.id)")
            } catch {
                #expect(!vector.isValid, "\(vector.id): \(error)")
            }
        }
    }

    @Test("Encapsulation keys are checked as NIST's vectors say")
    func encapsulationKeys() throws {
        for vector in try VectorTable(MLKEMACVPVectors.encapsulationKeys).vectors {
            let key = vector.fields[0]
            let isInvalid = isInvalidPublicValue { _ = try MLKEM768.encapsulate(to: key.rawSpan) }
            #expect(isInvalid == !vector.isValid, "\(vector.id)")
        }
    }

    @Test("Decapsulation keys are checked as NIST's vectors say")
    func decapsulationKeys() throws {
        for vector in try VectorTable(MLKEMACVPVectors.decapsulationKeys).vectors {
            let key = vector.fields[0]
            let isInvalid = isInvalidKey { _ = try MLKEMKeyPair(decapsulationKey: key.secret) }
            #expect(isInvalid == !vector.isValid, "\(vector.id)")
        }
    }

    // MARK: Round trips and malformed values

    @Test("New pairs agree, and no two are alike")
    func roundTrips() throws {
        var seen: Set<[UInt8]> = []
        for _ in 0..<8 {
            let pair = try MLKEM768()
            let key = pair.encapsulationKey
            #expect(key.count == MLKEM768.encapsulationKeyLength && seen.insert(key).inserted)
            let (ciphertext, secret) = try MLKEM768.encapsulate(to: key.rawSpan)
            #expect(ciphertext.count == MLKEM768.ciphertextLength && seen.insert(ciphertext).inserted)
            let shared = try pair.sharedSecret(of: ciphertext.rawSpan)
            #expect(shared == secret && shared.count == MLKEM768.sharedSecretLength)
            #expect(seen.insert(shared.copy).inserted)
        }
    }

    @Test("A ciphertext with any byte changed gives another secret, always the same one, and no error")
    func implicitRejection() throws {
        let pair = try MLKEMKeyPair(d: SystemRandom.bytes(32).secret, z: SystemRandom.bytes(32).secret)
        let key = pair.encapsulationKey
        let (ciphertext, secret) = try MLKEMKeyPair.encapsulate(to: key.rawSpan, m: SystemRandom.bytes(32).secret)
        for index in stride(from: 0, to: ciphertext.count, by: 37) {
            var changed = ciphertext
            changed[index] ^= 1 << UInt8(index % 8)
            let first = try pair.decapsulate(changed.rawSpan)
            let second = try pair.decapsulate(changed.rawSpan)
            #expect(first != secret && first == second, "byte \(index)")
        }
    }

    @Test("Keys and ciphertexts of another length are refused", arguments: [0, 1, 32, 1087, 1089, 1183, 1185, 4096])
    func lengths(_ count: Int) throws {
        let bytes = [UInt8](repeating: 0, count: count)
        #expect(isInvalidPublicValue { _ = try MLKEM768.encapsulate(to: bytes.rawSpan) })
        #expect(isInvalidPublicValue { _ = try MLKEM768().sharedSecret(of: bytes.rawSpan) })
        #expect(isInvalidKey { _ = try MLKEMKeyPair(decapsulationKey: bytes.secret) })
    }

    @Test("A number of q or more anywhere in a key is refused")
    func modulus() throws {
        let key = try MLKEM768().encapsulationKey
        for index in stride(from: 0, to: 768, by: 11) {
            for value in [3329, 3330, 4095] {
                var changed = key
                let offset = index / 2 * 3
                if index % 2 == 0 {
                    changed[offset] = UInt8(value & 255)
                    changed[offset + 1] = changed[offset + 1] & 0xF0 | UInt8(value >> 8)
                } else {
                    changed[offset + 1] = changed[offset + 1] & 0x0F | UInt8(value & 15) << 4
                    changed[offset + 2] = UInt8(value >> 4)
                }
                #expect(isInvalidPublicValue { _ = try MLKEM768.encapsulate(to: changed.rawSpan) }, "\(index)")
            }
        }
    }

    @Test("libcrypto's implementation and this one understand each other", .enabled(if: MLKEM768.isProvidedByLibcrypto))
    func libcrypto() throws {
        for _ in 0..<4 {
            let theirs = try MLKEM768()
            let theirKey = theirs.encapsulationKey
            let (toThem, secret) = try MLKEMKeyPair.encapsulate(to: theirKey.rawSpan, m: SystemRandom.bytes(32).secret)
            let taken = try theirs.sharedSecret(of: toThem.rawSpan)
            #expect(taken == secret)
            let ours = try MLKEMKeyPair(d: SystemRandom.bytes(32).secret, z: SystemRandom.bytes(32).secret)
            let ourKey = ours.encapsulationKey
            let (toUs, other) = try MLKEM768.encapsulate(to: ourKey.rawSpan)
            #expect(try ours.decapsulate(toUs.rawSpan) == other)
        }
    }

    @Test("Compression is the rounded quotient for all 3329 numbers")
    func compression() {
        for value in 0..<3329 {
            func rounded(_ bits: Int) -> UInt32 { UInt32(((value << (bits + 1)) + 3329) / 6658 % (1 << bits)) }
            let coefficient = Int16(value)
            let isRight =
                MLKEMPolynomial.compressed10(coefficient) == rounded(10)
                && MLKEMPolynomial.compressed4(coefficient) == rounded(4)
                && MLKEMPolynomial.compressed1(coefficient) == rounded(1)
            #expect(isRight, "\(value)")
        }
    }
}

func sha256(_ bytes: [UInt8]) -> [UInt8] { MessageDigest.digest(.sha256, of: bytes.rawSpan) }

private func expectInvalidPublicValue(_ error: CryptographyError, _ id: String) {
    guard case .invalidPublicValue = error else {
        Issue.record("\(id): \(error)")
        return
    }
}
