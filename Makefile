# Everything a developer or a build server runs. "make help" lists it; the build server calls only "make test".
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
# Pinned: another version finds other things. Built once into .tools, apart from go.mod, so that its 200 modules are not ours.
GOLANGCI_LINT := v2.15.0
LINT := .tools/golangci-lint-$(GOLANGCI_LINT)

.PHONY: help
help: ## Print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the program into bin/firebreak
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/firebreak ./cmd/firebreak

.PHONY: demo
demo: ## Show a drill in progress: a school outbreak in a made-up town is played until its day 6, then you play on; prints the address and logins
	$(GO) run ./cmd/firebreak drill --scenario laixi-2022 --people 3000 --play --until-day 6

.PHONY: city
city: ## Show a seeded city, with something on nearly every page; prints the address and logins
	$(GO) run ./cmd/firebreak demo

.PHONY: test
test: ## Everything: vet, format, all tests with the race detector on both engines, browser tests
	scripts/test.sh

.PHONY: lint
lint: $(LINT) ## Run golangci-lint (pinned) and shellcheck where it is installed
	$(LINT) run ./...
	@if command -v shellcheck >/dev/null; then shellcheck scripts/*.sh .ci/run; else echo "shellcheck is not installed: scripts not checked"; fi

$(LINT):
	mkdir -p .tools
	GOBIN=$(CURDIR)/.tools $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	mv .tools/golangci-lint $@

.PHONY: fmt
fmt: ## Format all Go files
	gofmt -w $$(git ls-files '*.go')

.PHONY: generate
generate: ## Write the generated files again
	$(GO) generate ./...

.PHONY: check-generated
check-generated: generate ## Fail when a generated file was not written again after a change
	@git diff --exit-code || { echo "generated files are out of date: run make generate and commit" >&2; exit 1; }

.PHONY: golden
golden: ## Rewrite the golden files; review the difference as you review code
	@packages=$$(grep -rlE --include='*_test.go' 'flag\.Bool\("update"|uitest\.Update\(\)' . | xargs -r -n1 dirname | sort -u || true); \
	for p in $$packages; do $(GO) test "$$p" -update; done
	git status --short

.PHONY: bench
bench: ## Run every benchmark; compare two runs with benchstat
	$(GO) test -run '^$$' -bench . -benchmem -timeout 60m ./...

.PHONY: vendor
vendor: ## Fetch the browser libraries again, as pinned, and check their sums
	@if [ -x scripts/vendor.sh ]; then scripts/vendor.sh; else echo "no browser libraries are kept yet"; fi
