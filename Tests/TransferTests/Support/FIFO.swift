import Bytes
import TestHosts

func makeFIFO(_ path: RawPath) async throws {
    let result = try await runProgram("mkfifo", ["--", String(decoding: path.bytes, as: UTF8.self)])
    guard result.status == 0 else { throw TestHostError.failed("mkfifo", status: result.status, log: result.errors) }
}
