#!/usr/bin/env bash
# All tests, as the build server runs them. PostgreSQL and Chromium are installed first where that is possible (root, apt-get);
# where it is not, this says at the end what was skipped.
#
#   FIREBREAK_SKIP_BROWSER=1   leave the browser tests out
#   FIREBREAK_TEST_POSTGRES    use this PostgreSQL (a URL; its user may create databases) instead of starting one
set -euo pipefail
cd "$(dirname "$0")/.."

# Compilers and tests end before much of what they leave lying about has to be swept up: less sweeping takes a fifth off compiling, and some memory.
export GOGC=${GOGC:-400} GOMEMLIMIT=${GOMEMLIMIT:-4GiB}

skipped=()
started=$SECONDS
step() { printf '\n== %s (%d s)\n' "$1" $((SECONDS - started)); }

# need installs a Debian package when a check for what it brings fails: need CHECK PACKAGE...
need() {
	local check=$1
	shift
	if eval "$check" >/dev/null 2>&1; then return 0; fi
	if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then return 1; fi
	step "install $*"
	export DEBIAN_FRONTEND=noninteractive
	if ! { apt-get install -y --no-install-recommends "$@" || { apt-get update && apt-get install -y --no-install-recommends "$@"; }; } >/tmp/firebreak-apt.log 2>&1; then
		tail -5 /tmp/firebreak-apt.log >&2
		return 1
	fi
	eval "$check" >/dev/null 2>&1
}

# Whatever was started ends with this.
browser_pid='' own_postgres=''
finish() {
	if [[ -n $browser_pid ]]; then kill -- "-$browser_pid" 2>/dev/null || true; fi
	if [[ -n $own_postgres ]]; then scripts/postgres.sh stop; fi
}
trap finish EXIT

step "gofmt"
unformatted=$(git ls-files -z '*.go' | xargs -0 -r gofmt -l)
if [[ -n $unformatted ]]; then
	printf 'not formatted (run make fmt):\n%s\n' "$unformatted" >&2
	exit 1
fi

step "go vet"
go vet ./...

if [[ -z ${FIREBREAK_TEST_POSTGRES:-} ]]; then
	if need 'compgen -G "/usr/lib/postgresql/*/bin/initdb" || command -v initdb' postgresql; then
		own_postgres=yes
		FIREBREAK_TEST_POSTGRES=$(scripts/postgres.sh start)
	else
		skipped+=("everything on PostgreSQL: no server installed")
	fi
fi
if [[ -n ${FIREBREAK_TEST_POSTGRES:-} ]]; then
	export FIREBREAK_TEST_POSTGRES FIREBREAK_REQUIRE_POSTGRES=1
fi

# The race detector needs a C compiler; the program itself does not.
race=-race
if ! need 'command -v gcc' gcc libc6-dev || [[ $(go env CGO_ENABLED) != 1 ]]; then
	race=
	skipped+=("the race detector: no C compiler")
fi

# browser begins the browser tests: they wait for pages half of the time, so that the next stage runs beside them. What they say is printed when both have ended.
browser() {
	if [[ -n ${FIREBREAK_SKIP_BROWSER:-} ]]; then
		skipped+=("browser tests: FIREBREAK_SKIP_BROWSER is set")
	elif need 'command -v node && command -v npm' nodejs npm && need 'command -v chromium' chromium; then
		step "browser tests begin"
		browsed=$(mktemp)
		setsid bash -c 'cd tests/browser && npm ci --no-audit --no-fund && npm test' >"$browsed" 2>&1 & # in a group of its own, to be ended as one
		browser_pid=$!
	else
		skipped+=("browser tests: node, npm or chromium missing")
	fi
}

# -p: packages at once. More than the processors only makes the slow ones slower; each package also runs its own tests in parallel.
parallel=${FIREBREAK_TEST_P:-$(getconf _NPROCESSORS_ONLN)}
if [[ -n $race ]]; then
	# A program with the race detector sleeps a second before it ends, to see what still runs: there are more than a hundred programs.
	export GORACE=${GORACE:-atexit_sleep_ms=100}
	# Random cases by the thousand take many times longer under the race detector and find no more races: there they are fewer (-short), and all of them are tried below.
	# So are long computations and those of one goroutine, which -short leaves out: what they share with smaller tests is watched there.
	# SQLite's library is C put into Go, 200,000 lines behind the mutexes of its driver. Watching it too takes minutes of compiling and makes each test of the
	# store twice as long; all else is watched, the driver included. (Not so for more of modernc.org: its copies of generic code would be linked into our packages.)
	step "go test, with the race detector, fewer random cases"
	go test -race -gcflags=modernc.org/sqlite/lib=-race=false -short -shuffle=on -p "$parallel" -timeout 30m ./...
	browser
	step "go test, all random cases and the large data sets, without the race detector"
	grep -rlE --include='*_test.go' 'rapid\.(Check|MakeCheck)|testing\.Short\(\)|raceDetector' . | xargs -n1 dirname | sort -u |
		xargs go test -shuffle=on -p "$parallel" -timeout 30m
else
	browser
	step "go test"
	go test -shuffle=on -p "$parallel" -timeout 30m ./...
fi

if [[ -n $browser_pid ]]; then
	step "browser tests"
	passed=yes
	wait "$browser_pid" || passed=
	browser_pid=
	cat "$browsed"
	rm -f "$browsed"
	[[ -n $passed ]] || exit 1
fi

step "done"
for s in "${skipped[@]}"; do echo "skipped: $s"; done
