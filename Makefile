# Every habit of the project by name; CI calls nothing else.
.PHONY: help run build test check format bench fuzz timing clean

help: ## say what there is (the default)
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 14

run: ## install what is missing, build, and show the command at work on its own demo host
	@Scripts/setup build
	@Scripts/run-demo

build: ## build the package for debugging
	@Scripts/setup build
	swift build

test: ## run all tests, talking to real servers, and print the coverage
	@Scripts/setup test
	@Scripts/test

check: ## formatting, layering, forbidden words, documents
	@Scripts/check

format: ## format all Swift files in place
	swift format --in-place --recursive $$(Scripts/swift-folders) Package.swift

bench: ## compare with OpenSSH, rclone, lftp, AsyncSSH, curl and rsync, and with sshd, in pairs (BENCH=--quick and others)
	@Scripts/setup bench
	@Scripts/bench $(BENCH)

fuzz: ## run each fuzz target for FUZZ_SECONDS (default 60)
	@Scripts/setup build
	@Scripts/fuzz

timing: ## show that no secret of the post-quantum code decides a jump or an address
	@Scripts/setup timing
	@Scripts/check-constant-time

clean: ## remove what was built; .cache stays
	swift package clean
