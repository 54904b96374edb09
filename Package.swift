// swift-tools-version: 6.2
import PackageDescription

/// `FAIRLEAD_FUZZ=1` adds the fuzz targets and instruments everything (Scripts/fuzz).
let isFuzzing = Context.environment["FAIRLEAD_FUZZ"] == "1"
let fuzzing: [SwiftSetting] = isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer,address"])] : []

/// The one list of Swift settings, shared by every target (docs/decisions/0001-package.md).
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableExperimentalFeature("Lifetimes"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
    ] + fuzzing

func path(of name: String) -> String {
    switch name {
    case _ where name.hasSuffix("Fuzz"): "Fuzz/\(name.dropLast(4))"
    case _ where name == "TestHosts" || name.hasSuffix("Tests"): "Tests/\(name)"
    default: "Sources/\(name)"
    }
}

func library(_ name: String, leansOn dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: path(of: name), swiftSettings: settings)
}

func tests(_ name: String, leansOn dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: path(of: name), swiftSettings: settings)
}

/// A program in `Examples/Name` that uses the library as others do; it is called `NameExample`.
func example(_ name: String) -> Target {
    .executableTarget(
        name: name + "Example", dependencies: ["Fairlead"], path: "Examples/\(name)", swiftSettings: settings)
}

/// A fuzz target in `Fuzz/Name`, whose program is `NameFuzz`.
func fuzz(_ name: String, leansOn dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name + "Fuzz", dependencies: ["FuzzDriver"] + dependencies, path: path(of: name + "Fuzz"),
        swiftSettings: settings, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])])
}

let fuzzTargets: [Target] = [
    .target(name: "FuzzDriver", dependencies: ["Bytes"], path: "Fuzz/Driver", swiftSettings: settings),
    fuzz("WireReader", leansOn: ["Bytes"]),
    fuzz("Packets", leansOn: ["Bytes", "SSH"]),
    fuzz("PostQuantum", leansOn: ["Bytes", "Cryptography", "SSH"]),
    fuzz("Authentication", leansOn: ["Bytes", "SSH"]),
    fuzz("Channels", leansOn: ["Bytes", "SSH"]),
    fuzz("Server", leansOn: ["Bytes", "SSH"]),
    fuzz("Keys", leansOn: ["Bytes", "SSH"]),
    fuzz("Certificates", leansOn: ["Bytes", "Cryptography", "SSH"]),
    fuzz("KRL", leansOn: ["Bytes", "Cryptography", "SSH"]),
    fuzz("KnownHosts", leansOn: ["Bytes", "SSH"]),
    fuzz("Agent", leansOn: ["Bytes", "SSH"]),
    fuzz("Configuration", leansOn: ["Bytes", "SSH"]),
    fuzz("FileTransfer", leansOn: ["Bytes", "SFTP"]),
    fuzz("FileServer", leansOn: ["Bytes", "Reactor", "SFTP"]),
    fuzz("FTPListing", leansOn: ["Bytes", "FTP"]),
    fuzz("JSON", leansOn: ["API", "Bytes"]),
    fuzz("Selection", leansOn: ["Bytes", "Transfer"]),
    fuzz("SCP", leansOn: ["Bytes", "Transfer"]),
    fuzz("TransferJournal", leansOn: ["Bytes", "Transfer"]),
    fuzz("HTTPRequest", leansOn: ["Bytes", "HTTP"]),
    fuzz("WebSocket", leansOn: ["Bytes", "HTTP"]),
]

let package = Package(
    name: "Fairlead",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "Fairlead", targets: ["Fairlead"]),
        .executable(name: "fairlead", targets: ["FairleadCommand"]),
    ],
    targets: [
        .systemLibrary(
            name: "CUV", path: "Sources/System/CUV", pkgConfig: "libuv",
            providers: [.apt(["libuv1-dev"]), .brew(["libuv"])]),
        .systemLibrary(
            name: "COpenSSL", path: "Sources/System/COpenSSL", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CTLS", path: "Sources/System/CTLS", pkgConfig: "libssl",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CNGHTTP2", path: "Sources/System/CNGHTTP2", pkgConfig: "libnghttp2",
            providers: [.apt(["libnghttp2-dev"]), .brew(["libnghttp2"])]),
        .systemLibrary(
            name: "CSodium", path: "Sources/System/CSodium", pkgConfig: "libsodium",
            providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
        .systemLibrary(
            name: "CZlib", path: "Sources/System/CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(
            name: "CSQLite", path: "Sources/System/CSQLite", pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
        .systemLibrary(
            name: "CCurl", path: "Sources/System/CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .systemLibrary(name: "CLinux", path: "Sources/System/CLinux"),

        library("Bytes", leansOn: []),
        library("Errors", leansOn: ["Bytes"]),
        library("Compression", leansOn: ["Bytes", "CZlib"]),
        library("Reactor", leansOn: ["Bytes", "CLinux", "CUV"]),
        library("Cryptography", leansOn: ["Bytes", "COpenSSL", "CSodium"]),
        library("SSH", leansOn: ["Bytes", "Compression", "Errors", "Reactor", "Cryptography"]),
        library("SFTP", leansOn: ["Bytes", "Cryptography", "Reactor", "SSH"]),
        library("FTP", leansOn: ["Bytes", "CCurl", "Cryptography", "Reactor"]),
        library("Transfer", leansOn: ["Bytes", "Cryptography", "FTP", "Reactor", "SSH", "SFTP"]),
        library("Sessions", leansOn: ["Bytes", "Cryptography", "Errors", "FTP", "Reactor", "SSH", "SFTP", "Transfer"]),
        library("Store", leansOn: ["Bytes", "CSQLite", "Reactor"]),
        library("HTTP", leansOn: ["Bytes", "CNGHTTP2", "CTLS", "Compression", "Cryptography", "Reactor"]),
        library(
            "Fairlead",
            leansOn: ["Bytes", "Errors", "Reactor", "Cryptography", "SSH", "SFTP", "Transfer", "Sessions"]),
        library(
            "API",
            leansOn: [
                "Bytes", "Cryptography", "Errors", "FTP", "HTTP", "Reactor", "SFTP", "SSH", "Sessions", "Store",
                "Transfer",
            ]),
        example("Client"),
        example("DropBox"),
        .executableTarget(
            name: "FairleadCommand",
            dependencies: [
                "API", "Bytes", "Cryptography", "Errors", "FTP", "HTTP", "Reactor", "SFTP", "SSH", "Sessions",
                "Transfer",
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "ReactorBenchmark", dependencies: ["Bytes", "Reactor"], path: "Benchmarks/ReactorBenchmark",
            swiftSettings: settings),
        .executableTarget(
            name: "HTTPBenchmark", dependencies: ["Bytes", "HTTP", "Reactor"], path: "Benchmarks/HTTPBenchmark",
            swiftSettings: settings),
        .executableTarget(
            name: "PostQuantumBenchmark", dependencies: ["Bytes", "Cryptography", "SSH"],
            path: "Benchmarks/PostQuantumBenchmark", swiftSettings: settings),
        .executableTarget(
            name: "ConstantTimeCheck", dependencies: ["Bytes", "Cryptography"], path: "Benchmarks/ConstantTimeCheck",
            swiftSettings: settings),
        library("TestHosts", leansOn: []),
        // The SFTP server over standard streams, for the tests' clients that others wrote.
        .executableTarget(
            name: "FileServerProgram", dependencies: ["Bytes", "Reactor", "SFTP"], path: "Tests/FileServerProgram",
            swiftSettings: settings),
        tests("TestHostsTests", leansOn: ["TestHosts"]),
        tests("BytesTests", leansOn: ["Bytes"]),
        tests("CompressionTests", leansOn: ["Bytes", "Compression"]),
        tests("ErrorsTests", leansOn: ["Errors"]),
        tests("ReactorTests", leansOn: ["Reactor"]),
        tests("CryptographyTests", leansOn: ["Cryptography"]),
        tests("SSHTests", leansOn: ["Bytes", "Cryptography", "Reactor", "SSH", "TestHosts"]),
        tests("SFTPTests", leansOn: ["Bytes", "FileServerProgram", "Reactor", "SFTP", "TestHosts"]),
        tests(
            "FairleadTests",
            leansOn: ["ClientExample", "DropBoxExample", "Errors", "Fairlead", "TestHosts"]),
        tests("FTPTests", leansOn: ["Bytes", "Cryptography", "FTP", "Reactor", "TestHosts"]),
        tests("FairleadCommandTests", leansOn: ["FairleadCommand", "TestHosts"]),
        tests(
            "TransferTests",
            leansOn: ["Bytes", "Cryptography", "FTP", "Reactor", "SFTP", "SSH", "TestHosts", "Transfer"]),
        tests("HTTPTests", leansOn: ["Bytes", "Cryptography", "HTTP", "Reactor", "TestHosts"]),
        tests(
            "SessionsTests",
            leansOn: [
                "Bytes", "Cryptography", "Errors", "Reactor", "SFTP", "SSH", "Sessions", "TestHosts", "Transfer",
            ]),
        tests("StoreTests", leansOn: ["Bytes", "Store", "TestHosts"]),
        tests(
            "APITests",
            leansOn: [
                "API", "Bytes", "Cryptography", "Errors", "HTTP", "Reactor", "SSH", "Sessions", "Store", "TestHosts",
            ]),
    ] + (isFuzzing ? fuzzTargets : [])
)
