import Bytes
package import Errors
import Reactor
import SSH

extension HostSession {
    /// Runs `script` with `input`, for `timeout` at most, and keeps `limit` bytes of each of its streams.
    ///
    /// Throws an error of category `timeout` when it took longer; the command is then asked to end, and its channel is
    /// closed. Cancelling does the same.
    package func execute(
        _ script: RemoteScript, input: [UInt8] = [], timeout: Duration, limit: Int
    ) async throws(FairleadError) -> ExecutionResult {
        let began = loop.monotonicNanoseconds
        let output = ExecutionOutput(limit: limit)
        let (command, channel) = try await start(.exec(Array(script.text.utf8)), output: output)
        loop.execute {
            if !input.isEmpty { channel.write(ByteBuffer(input)) }
            channel.sendEOF()
        }
        let waiting = Task(executorPreference: loop) {
            () async -> Result<RemoteCommand.Outcome, ConnectionError> in
            do throws(ConnectionError) { return .success(try await command.outcome()) } catch {
                return .failure(error)
            }
        }
        let limitation = Task {
            do { try await Task.sleep(for: timeout) } catch { return false }
            waiting.cancel()
            return true
        }
        let result = await withTaskCancellationHandler {
            await waiting.value
        } onCancel: {
            waiting.cancel()
        }
        limitation.cancel()
        switch result {
        case .success(let outcome):
            let content = output.content
            return ExecutionResult(
                outcome: outcome, output: content.output, error: content.error, combined: content.combined,
                droppedCount: content.droppedCount,
                duration: Int64((loop.monotonicNanoseconds - began) / 1_000_000))
        case .failure(let error):
            loop.execute {
                channel.post(.signal(.terminate))
                channel.close()
            }
            guard error == .cancelled, await limitation.value else { throw failure(error, "run") }
            throw FairleadError(
                .timeout, "the command did not end within \(timeout)", operation: "run", host: request.host,
                hint: "allow more time, or start it in the background", isRetryable: false)
        }
    }
}
