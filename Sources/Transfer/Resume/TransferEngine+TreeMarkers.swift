import Bytes
import Cryptography
import Reactor

/// Notes of trees that were begun under a new name, so that a later run with `resumes` goes on there: by then the name is
/// a folder, and into a folder a tree would go under its own name.
///
/// A marker is an empty file in `TransferOptions.journalFolder`, and goes when all of the tree is there.
extension TransferEngine {
    /// Whether an earlier run has begun to make `destination` of the tree `source`, and did not come to its end.
    func isBegun(_ source: RawPath, as destination: RawPath) async -> Bool {
        guard options.resumes, let marker = await marker(source, destination),
            (try? await LocalFileSystem(on: loop).facts(of: marker, followingLinks: false)) != nil
        else { return false }
        markers.append(marker)
        return true
    }

    /// Notes that this run begins to make `destination` of the tree `source`.
    func noteBegin(_ source: RawPath, as destination: RawPath) async {
        guard let marker = await marker(source, destination),
            let file = try? await File.open(marker, [.write, .create, .noFollow], permissions: 0o600, on: loop)
        else { return }
        try? await file.close()
        markers.append(marker)
    }

    /// Removes the markers of this run's trees once everything is there.
    func removeMarkers() async {
        guard ending == nil, summary.failures.isEmpty else { return }
        for marker in markers { try? await LocalFileSystem(on: loop).remove(marker) }
    }

    private func marker(_ source: RawPath, _ destination: RawPath) async -> RawPath? {
        guard let folder = options.journalFolder else { return nil }
        var identity: [UInt8] = []
        for (place, path) in [(route.source, source), (route.destination, destination)] {
            var path = path.withoutTrailingSlashes
            // A name here means another file from another folder.
            if place.isLocal, let parent = try? await place.realPath(path.parent.isEmpty ? "." : path.parent) {
                path = parent.appending(path.lastComponent)
            }
            identity += Array("\(place.place)\0".utf8) + path.bytes + [0]
        }
        let name = Hexadecimal.encode(MessageDigest.digest(.sha256, of: identity.rawSpan)).prefix(40)
        return folder.appending(RawPath("\(name).tree"))
    }
}
