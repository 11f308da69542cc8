# Everything that is done with this repository. `make` lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BINARIES := bin/crawler bin/parser bin/sink bin/pressmill
LINTER   := go tool -modfile=.tools/go.mod golangci-lint

CONFIG   ?= deploy/config.yaml
CORPUS   ?=
FUZZTIME ?= 10s
BENCH    ?= .
PKG      ?= ./...
ARGS     ?=
SPACE    := $(subst x,,x x)

# URLs may hold what a shell would act upon, so they travel in the environment.
export SEEDS ?=

.PHONY: help run demo build $(BINARIES) bin/fragile test lint fmt check fuzz vuln licences bench plots scale cluster failover chaos soak peers evaluate train formats conformance test-cluster test-api test-page images bin/bench bin/bench-pipeline clean manifests dashboard test-monitoring

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | while IFS=$$'\t' read -r target text; do \
		printf '  make %-12s %s\n' "$$target" "$$text"; done

run: bin/pressmill ## scrape the sources of CONFIG, or only SEEDS="URL..."
	@read -ra seeds <<<"$$SEEDS" || true; set -x; bin/pressmill run -config $(CONFIG) $${seeds[@]+"$${seeds[@]}"}

demo: bin/pressmill ## scrape a small built-in news site, without internet
	bin/pressmill demo $(ARGS)

build: $(BINARIES) ## static binaries in bin/

bin/crawler:   MAIN := ./crawler/cmd/crawler
bin/parser:    MAIN := ./parser/cmd/parser
bin/sink:      MAIN := ./sink/cmd/sink
bin/pressmill: MAIN := ./deploy/pressmill
bin/fragile:   MAIN := ./deploy/trials/fragile

$(BINARIES) bin/fragile: # the go command knows what is stale
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $@ $(MAIN)

bin/bench: # a module of its own
	go -C parser/bench build -trimpath -o $(CURDIR)/$@ .

bin/bench-pipeline: # another one, with the program that it compares with
	go -C deploy/bench build -trimpath -o $(CURDIR)/$@ .
	go -C deploy/bench build -trimpath -o $(CURDIR)/bin/bench-colly ./colly

# Tests wait more than they work, so more of them run at a time than there are processors.
PARALLEL ?= 8

test: ## all tests, with the race detector where a C compiler is found
	@if command -v "$$(go env CC)" >/dev/null; then set -x; CGO_ENABLED=1 go test -race -timeout 30m -parallel $(PARALLEL) $(PKG); \
	else echo "no C compiler: testing without the race detector"; set -x; CGO_ENABLED=0 go test -timeout 30m -parallel $(PARALLEL) $(PKG); fi
	$(if $(filter ./...,$(PKG)),CGO_ENABLED=0 go -C deploy/bench test -vet=off -count=1 ./...)
	$(if $(filter ./...,$(PKG)),CGO_ENABLED=0 go -C .tools/chart test -trimpath -vet=off -count=1 ./...)
	$(if $(filter ./...,$(PKG)),CGO_ENABLED=0 go -C .tools/images test -vet=off -count=1 ./...)
	$(if $(filter ./...,$(PKG)),CGO_ENABLED=0 go -C .tools/monitoring test -vet=off -count=1 ./...)

lint: ## golangci-lint, go fix and go mod tidy, changing nothing
	$(LINTER) run
	go fix -diff ./...
	go mod tidy -diff
	go -C parser/bench mod tidy -diff
	go -C parser/bench vet ./...
	go -C deploy/bench mod tidy -diff
	go -C deploy/bench vet ./...
	go -C .tools/chart mod tidy -diff
	go -C .tools/chart vet ./...
	go -C .tools/images mod tidy -diff
	go -C .tools/images vet ./...
	go -C .tools/monitoring mod tidy -diff
	go -C .tools/monitoring vet ./...

fmt: ## format the code
	$(LINTER) fmt

check: build test lint ## what has to pass before a change is handed in

fuzz: ## run every fuzz target of PKG for FUZZTIME; interrupted, or failed, it goes on with what is left
	@PKG='$(PKG)' FUZZTIME='$(FUZZTIME)' .ci/fuzz $(ARGS)

vuln: ## look for known vulnerabilities in all modules, or those of ARGS="DIR..."
	.ci/vuln $(ARGS)

licences: ## make deploy/LICENSES.md, the licences of what is in the programs
	go -C .tools/images test -count=1 -run '^TestLicences$$' -update .

ifeq ($(origin PKG)$(origin BENCH),filefile)
bench: bin/bench bin/bench-pipeline build ## CPU of the parser and the pipeline beside peers on CORPUS="DIR...", of the fetch path, a sink and the log; with PKG or BENCH: those Go benchmarks
	bin/bench $(ARGS) $(or $(CORPUS),parser/testdata)
	bin/bench-pipeline compare $(or $(CORPUS),-copies 10 parser/testdata)
	bin/bench-pipeline stages -report bin/stages.txt $(or $(CORPUS),-copies 10 parser/testdata)
	bin/bench-pipeline growth -urls 1000,10000 -hosts 10,100,1000 -of-urls 5000
	bin/bench-pipeline workers -articles 1500
	bin/bench-pipeline latency -levels 50 -window 10s
	go test -run '^$$' -bench FetchPath -benchtime 10x ./crawler
	go test -run '^$$' -bench '^BenchmarkLogging$$' -benchtime 1x ./deploy/pressmill
	$(if $(CORPUS),PRESSMILL_CORPUS="$(subst $(SPACE),:,$(strip $(CORPUS)))" go test -run '^$$' -bench SinkBesideParser -benchtime 3x ./deploy/pressmill)
else
bench:
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(PKG)
endif

plots: build bin/bench-pipeline ## make the README's pictures in deploy/images on CORPUS="DIR...", and bin/plots.txt; give it the machine for ten minutes. GROWTH="-urls 1000,10000,100000,1000000" takes half an hour more
	$(if $(CORPUS),,$(error say which pages: make plots CORPUS="DIR..."))
	{ set -x; \
	bin/bench-pipeline compare -plots deploy/images -copies 4 $(CORPUS); \
	bin/bench-pipeline stages -plots deploy/images -report bin/stages.txt $(CORPUS); \
	bin/bench-pipeline growth -plots deploy/images $(GROWTH); \
	bin/bench-pipeline workers -plots deploy/images; \
	bin/bench-pipeline latency -plots deploy/images; } 2>&1 | tee bin/plots.txt

scale: ## crawl 100,000 hosts with a million URLs, one of them with half of these; takes minutes
	PRESSMILL_SCALE=1 go test -run '^TestScale$$' -v -timeout 30m ./crawler

cluster: build ## run a cluster of processes on the sources of CONFIG, or only SEEDS="URL..."; ARGS=-demo: on the demo site
	@read -ra seeds <<<"$$SEEDS" || true; set -x; bin/pressmill cluster -config $(CONFIG) $(ARGS) $${seeds[@]+"$${seeds[@]}"}

failover: ## pass turns on, and crawl, in a cluster of three servers that loses one; kill processes of a cluster
	PRESSMILL_CLUSTER=1 go test -run 'OnACluster|ClusterLoses' -count=1 -v ./pkg/bus/turn ./crawler ./deploy/pressmill

chaos: build bin/fragile ## crawl 500 hosts with a cluster while 30 faults of each kind are injected; ARGS="-short", -seed N, -kinds kill,cut, ...
	rm -rf bin/chaos
	mkdir -p bin/chaos
	PRESSMILL_TRIALS=$(CURDIR)/bin PRESSMILL_ARTIFACTS=$(CURDIR)/bin/chaos $(if $(wildcard $(SERVERS)/bin/versitygw),PRESSMILL_SERVERS=$(CURDIR)/$(SERVERS)) \
		go test -count=1 -timeout 90m -run '^TestChaos$$' -v ./deploy/trials $(ARGS)

SOAK ?= 1h

soak: build ## crawl for SOAK (1h) a web that publishes steadily, and see that nothing grows: memory, goroutines, files, streams, store
	rm -rf bin/soak
	mkdir -p bin/soak
	@status=0; set -x; PRESSMILL_TRIALS=$(CURDIR)/bin PRESSMILL_ARTIFACTS=$(CURDIR)/bin/soak \
		go test -count=1 -timeout 0 -run '^TestSoak$$' -v ./deploy/trials -for $(SOAK) $(ARGS) || status=$$?; \
	go -C deploy/bench run . soak -plots $(CURDIR)/bin/soak $(CURDIR)/bin/soak/samples.csv; exit $$status

LOKI := .tools/monitoring/loki

test-monitoring: $(LOKI)/bin/loki bin/pressmill bin/parser ## try the alerts and the dashboard on a real Loki and real faults; building Loki takes minutes
	PRESSMILL_LOKI=$(CURDIR)/$(LOKI)/bin/loki PRESSMILL_LOKITOOL=$(CURDIR)/$(LOKI)/bin/lokitool PRESSMILL_BIN=$(CURDIR)/bin go -C $(LOKI) test -count=1 -v ./...

$(LOKI)/bin/loki: $(LOKI)/go.sum
	CGO_ENABLED=0 go build -C $(LOKI) -o bin/ github.com/grafana/loki/v3/cmd/loki github.com/grafana/loki/v3/cmd/lokitool

dashboard: ## make deploy/monitoring/grafana/dashboard.json
	go -C .tools/monitoring test -count=1 -run '^TestDashboardIsAsMade$$' -update .

manifests: ## render the chart to deploy/manifests, for those without Helm
	@mkdir -p bin
	go -C .tools/chart run ./cmd/manifests -chart $(CURDIR)/deploy/helm/pressmill -values $(CURDIR)/deploy/manifests/values.yaml -namespace pressmill >bin/pressmill.yaml
	mv bin/pressmill.yaml deploy/manifests/pressmill.yaml

test-page: ## open pages of `pressmill logs report` in Chromium, wide and narrow; needs it
	PRESSMILL_CHROMIUM=$${CHROMIUM:-chromium} go test -count=1 -run '^TestInBrowser$$' ./deploy/pressmill/logs/report

formats: .tools/node/node_modules ## have what is written read by readers of others; needs node and npm
	PRESSMILL_FORMATS=1 go test -count=1 -run '^TestFormats' ./sink/...

SERVERS := .tools/servers

conformance: $(SERVERS)/bin/versitygw $(SERVERS)/bin/fake-gcs-server $(SERVERS)/node_modules ## try sinks on servers of S3, GCS and Azure that fail; needs node and npm
	PRESSMILL_SERVERS=$(CURDIR)/$(SERVERS) go test -count=1 -timeout 30m -run '^Test(Conformance|Stores)' $(ARGS) ./sink/...

$(SERVERS)/bin/versitygw: $(SERVERS)/go.sum
	CGO_ENABLED=0 go build -C $(SERVERS) -o bin/ github.com/versity/versitygw/cmd/versitygw

$(SERVERS)/bin/fake-gcs-server: $(SERVERS)/go.sum
	CGO_ENABLED=0 go build -C $(SERVERS) -o bin/ github.com/fsouza/fake-gcs-server

$(SERVERS)/node_modules: $(SERVERS)/package-lock.json
	npm ci --prefix $(SERVERS) --ignore-scripts
	touch $@

.tools/node/node_modules: .tools/node/package-lock.json
	npm ci --prefix .tools/node --ignore-scripts
	touch $@

VERSIONS ?= 0.1.0 0.1.1
NODES    ?= $(or $(ARCH),$(shell go env GOARCH))
VALUES   ?= deploy/helm/pressmill/ci/lab.yaml
KEDA     := github.com/kedacore/keda/v2@v2.21.0

test-api: ## have the API server of KUBECONFIG look at all that the chart renders, making none of it; needs kubectl
	$(if $(KUBECONFIG),,$(error say which cluster: make test-api KUBECONFIG=...))
	PRESSMILL_KUBECONFIG=$(abspath $(KUBECONFIG)) CGO_ENABLED=0 go -C .tools/chart test -trimpath -vet=off -count=1 -run '^TestAPI$$' -v ./...

test-cluster: ## try the chart on the cluster of KUBECONFIG; LOAD_IMAGE="command" takes each image's tar, or REGISTRY= has images of VERSIONS="old new"; needs helm and kubectl
	$(if $(KUBECONFIG),,$(error say which cluster: make test-cluster KUBECONFIG=...))
	@for tool in helm kubectl; do command -v $$tool >/dev/null || { echo "test-cluster needs $$tool in PATH" >&2; exit 1; }; done
	$(if $(LOAD_IMAGE),for version in $(VERSIONS); do $(MAKE) images VERSION=$$version ARCH=$(NODES); \
		for tar in bin/images/*-$(NODES).tar; do $(LOAD_IMAGE) <$$tar; done; done)
	rm -rf bin/test-cluster
	mkdir -p bin/test-cluster
	PRESSMILL_KUBECONFIG=$(abspath $(KUBECONFIG)) PRESSMILL_VALUES=$(abspath $(VALUES)) PRESSMILL_VERSIONS="$(VERSIONS)" PRESSMILL_REGISTRY=$(REGISTRY) \
		PRESSMILL_KEDA="$$(go mod download -json $(KEDA) | sed -n 's|.*"Dir": "\(.*\)".*|\1|p')/config/crd/bases" PRESSMILL_ARTIFACTS=$(CURDIR)/bin/test-cluster \
		go test -count=1 -timeout 30m -run TestOnACluster -v ./deploy/helm

PEERS := go-trafilatura go-trafilatura+fallback readeck go-shiori go-domdistiller

peers: bin/bench bin/parser ## score the parser's peers on CORPUS="DIR..."
	$(if $(CORPUS),,$(error say which pages: make peers CORPUS="DIR..."))
	@articles=$$(mktemp); trap 'rm -f "$$articles"' EXIT; for peer in $(PEERS); do echo "== $$peer"; \
		bin/bench -articles "$$peer" $(CORPUS) >"$$articles"; bin/parser evaluate -articles "$$articles" -corpus $(CORPUS); done

evaluate: bin/parser ## score the parser against the pages of CORPUS="DIR..."; ARGS=-halves scores each half of the sites too
	$(if $(CORPUS),,$(error say which pages: make evaluate CORPUS="DIR..."))
	bin/parser evaluate $(ARGS) -corpus $(CORPUS)

train: bin/parser ## train the parser's models on the pages of CORPUS="DIR...", and build it with them
	$(if $(CORPUS),,$(error say which pages: make train CORPUS="DIR..."))
	bin/parser train -o parser/model -corpus $(CORPUS)
	$(MAKE) bin/parser

# The same version gives the same image, whichever Go is installed.
images: export GOTOOLCHAIN := $(shell sed -n 's/^toolchain //p' go.mod)+auto
images: ## images of VERSION in bin/images; of IMAGES="NAME..." and ARCH alone, pushed to PUSH=REGISTRY/PATH, if these are set
	go -C .tools/images run . -version '$(VERSION)' -names '$(IMAGES)' -arch '$(ARCH)' -source '$(SOURCE)' -push '$(PUSH)'

clean: ## remove what make made
	rm -rf bin
