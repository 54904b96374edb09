// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// The one list of Swift settings, shared by every target (docs/decisions/0001-package.md).
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

func path(of name: String) -> String {
    switch name {
    case "TestHosts": "Tests/TestHosts"
    case _ where name.hasSuffix("Tests"): "Tests/\(name)"
    case _ where name.hasPrefix("C") && name != "Cryptography": "Sources/System/\(name)"
    default: "Sources/\(name)"
    }
}

func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: Context.packageDirectory + "/" + path(of: name))
}

func library(_ name: String, leansOn dependencies: [String]) -> Target {
    .target(
        name: name, dependencies: dependencies.filter(exists).map { .init(stringLiteral: $0) }, path: path(of: name),
        swiftSettings: settings)
}

func tests(_ name: String, leansOn dependencies: [String]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies.filter(exists).map { .init(stringLiteral: $0) }, path: path(of: name),
        swiftSettings: settings)
}

let package = Package(
    name: "Fairlead",
    platforms: [.macOS(.v26)],
    products: [.executable(name: "fairlead", targets: ["FairleadCommand"])],
    targets: [
        .systemLibrary(
            name: "CUV", path: "Sources/System/CUV", pkgConfig: "libuv",
            providers: [.apt(["libuv1-dev"]), .brew(["libuv"])]),
        .systemLibrary(
            name: "COpenSSL", path: "Sources/System/COpenSSL", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CSodium", path: "Sources/System/CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
        .systemLibrary(
            name: "CZlib", path: "Sources/System/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),

        library("Bytes", leansOn: []),
        library("Errors", leansOn: ["Bytes"]),
        library("Reactor", leansOn: ["Bytes", "CUV"]),
        library("Cryptography", leansOn: ["Bytes", "COpenSSL", "CSodium"]),
        library("SSH", leansOn: ["Bytes", "Errors", "Reactor", "Cryptography", "CZlib"]),
        library("SFTP", leansOn: ["Bytes", "Reactor", "SSH"]),
        library("Transfer", leansOn: ["SFTP"]),
        library("Sessions", leansOn: ["Errors", "Transfer"]),
        library("Fairlead", leansOn: ["Sessions"]),
        .executableTarget(
            name: "FairleadCommand",
            dependencies: ["Bytes", "Errors", "Reactor", "Cryptography", "Fairlead"].filter(exists)
                .map { .init(stringLiteral: $0) },
            swiftSettings: settings),
        library("TestHosts", leansOn: []),
        tests("TestHostsTests", leansOn: ["TestHosts"]),
        tests("BytesTests", leansOn: ["Bytes"]),
        tests("ErrorsTests", leansOn: ["Errors"]),
        tests("ReactorTests", leansOn: ["Reactor"]),
        tests("CryptographyTests", leansOn: ["Cryptography"]),
        tests("SSHTests", leansOn: ["SSH", "TestHosts"]),
        tests("SFTPTests", leansOn: ["SFTP", "TestHosts"]),
        tests("TransferTests", leansOn: ["Transfer", "TestHosts"]),
        tests("SessionsTests", leansOn: ["Errors", "Sessions", "TestHosts"]),
        tests("FairleadCommandTests", leansOn: ["FairleadCommand", "TestHosts"]),
    ].filter { exists($0.name) }
)
