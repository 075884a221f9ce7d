#!/usr/bin/env bash
# A private PostgreSQL for tests: its own folder, a unix socket, no network, no password, nothing kept.
#
#   scripts/postgres.sh start     start one for this checkout (again: nothing happens) and print its URL
#   scripts/postgres.sh url       print the URL of the one that runs; exit 1 when none does
#   scripts/postgres.sh stop      stop it and remove its folder
#   scripts/postgres.sh session   start one, print its URL, stop it when standard input ends: it cannot outlive its parent
#
# Exit code 3: no PostgreSQL server is installed here.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
note=$root/.tools/postgres.dir # where "start" left its folder

# server_bin prints the folder with initdb and pg_ctl: the newest of Debian's, else the one on the PATH.
server_bin() {
	local dir
	for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
		if [[ -x $dir/initdb && -x $dir/pg_ctl ]]; then
			printf '%s\n' "$dir"
			return
		fi
	done
	if dir=$(command -v pg_ctl); then
		dirname "$(readlink -f "$dir")"
		return
	fi
	echo "no PostgreSQL server found (looked in /usr/lib/postgresql and on the PATH)" >&2
	exit 3
}

# as_server runs a command as a user that PostgreSQL accepts: it refuses root.
as_server() {
	if [[ $(id -u) -ne 0 ]]; then
		"$@"
	elif command -v runuser >/dev/null; then
		runuser -u postgres -- "$@"
	else
		# shellcheck disable=SC2016 # the inner shell expands these
		su postgres -s /bin/sh -c 'exec "$0" "$@"' -- "$@"
	fi
}

url_of() {
	printf 'postgres://postgres@/postgres?host=%s&sslmode=disable\n' "$1"
}

# new_cluster makes and starts a cluster and prints its folder.
new_cluster() {
	local bin dir
	bin=$(server_bin)
	dir=$(mktemp -d /tmp/firebreak-pg.XXXXXX) # not TMPDIR: a socket's path has to be short
	chmod 0755 "$dir"
	if [[ $(id -u) -eq 0 ]]; then
		chown postgres "$dir"
	fi
	cd "$dir"
	if ! as_server "$bin/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1; then
		cat "$dir/initdb.log" >&2
		rm -rf "$dir"
		exit 1
	fi
	# Tests kill clients, never this server, so it need not wait for the disk.
	if ! as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 -s start \
		-o "-c listen_addresses='' -c unix_socket_directories='$dir' -c fsync=off -c full_page_writes=off -c max_connections=400 -c shared_buffers=64MB" >/dev/null 2>&1; then
		cat "$dir/server.log" >&2
		rm -rf "$dir"
		exit 1
	fi
	printf '%s\n' "$dir"
}

remove_cluster() {
	local bin
	bin=$(server_bin)
	(cd / && as_server "$bin/pg_ctl" -D "$1/data" -m immediate -w -s stop >/dev/null 2>&1) || true # it may be gone already
	rm -rf "$1"
}

# running asks the server, not its socket: a machine that went down leaves the socket behind.
running() {
	local bin dir
	[[ -f $note ]] || return 1
	bin=$(server_bin)
	dir=$(cat "$note")
	(cd / && as_server "$bin/pg_ctl" -D "$dir/data" status >/dev/null 2>&1)
}

case ${1:-} in
start)
	if ! running; then
		if [[ -f $note ]]; then remove_cluster "$(cat "$note")"; fi
		dir=$(new_cluster)
		mkdir -p "$root/.tools"
		printf '%s\n' "$dir" >"$note"
	fi
	url_of "$(cat "$note")"
	;;
url)
	running || exit 1
	url_of "$(cat "$note")"
	;;
stop)
	if [[ -f $note ]]; then
		remove_cluster "$(cat "$note")"
		rm -f "$note"
	fi
	;;
session)
	dir=$(new_cluster)
	trap 'remove_cluster "$dir"' EXIT
	trap '' INT TERM HUP # an interrupted test ends our input too; then we tidy up
	url_of "$dir"
	cat >/dev/null || true
	;;
*)
	sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
