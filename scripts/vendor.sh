#!/usr/bin/env bash
# Fetches the browser libraries we vendor, and writes VENDOR.json beside them (internal/web/assets/vendor for the screens,
# internal/field/app/files/vendor for the desk app) with their version, licence and digest. Run by `make vendor`; needs npm (to fetch only), tar, node.
# To move to another version: change it here, run, look at the pages, commit the result.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# name version licence then source:target pairs inside the package
vendor() {
  local name=$1 version=$2 licence=$3; shift 3
  local tgz; tgz=$(cd "$work" && npm pack --silent "$name@$version" | tail -n 1)
  mkdir -p "$work/$name" && tar -xzf "$work/$tgz" -C "$work/$name" --strip-components=1
  local pair
  for pair in "$@"; do
    mkdir -p "$(dirname "$out/${pair##*:}")"
    cp "$work/$name/${pair%%:*}" "$out/${pair##*:}"
    # Source maps are not vendored, so the pointer to one would only be a failed request.
    case ${pair##*:} in *.wasm) ;; *) sed -i '/^\/\/# sourceMappingURL=/d' "$out/${pair##*:}" ;; esac
    printf '%s\t%s\t%s\t%s\n' "$name" "$version" "$licence" "${pair##*:}" >> "$work/list"
  done
}

# into empties a folder; list then writes what has been vendored into it
into() { out=$1; rm -rf "$out" && mkdir -p "$out" && : > "$work/list"; }
list() {
node - "$work/list" "$out" <<'JS'
const fs = require('fs'), crypto = require('crypto'), [list, out] = process.argv.slice(2);
const byName = new Map();
for (const line of fs.readFileSync(list, 'utf8').trim().split('\n')) {
  const [name, version, licence, file] = line.split('\t');
  if (!byName.has(name)) byName.set(name, {name, version, licence, files: []});
  const body = fs.readFileSync(`${out}/${file}`);
  byName.get(name).files.push({file, bytes: body.length, sha256: crypto.createHash('sha256').update(body).digest('hex')});
}
fs.writeFileSync(`${out}/VENDOR.json`, JSON.stringify([...byName.values()], null, 2) + '\n');
JS
du -sh "$out"
}

into internal/web/assets/vendor
vendor htmx.org     2.0.11 0BSD         dist/htmx.min.js:htmx.min.js LICENSE:htmx.LICENSE.txt
vendor htmx-ext-sse 2.2.4  0BSD         dist/sse.min.js:htmx-sse.min.js LICENSE:htmx-sse.LICENSE.txt
vendor echarts      6.1.0  Apache-2.0   dist/echarts.common.min.js:echarts.common.min.js LICENSE:echarts.LICENSE.txt NOTICE:echarts.NOTICE.txt
vendor maplibre-gl  6.17.0 BSD-3-Clause dist/maplibre-gl.mjs:maplibre-gl.mjs dist/maplibre-gl-worker.mjs:maplibre-gl-worker.mjs \
                                        dist/maplibre-gl.css:maplibre-gl.css LICENSE.txt:maplibre-gl.LICENSE.txt
list

into internal/field/app/files/vendor
vendor zxing-wasm   3.1.6  MIT          dist/es/reader/index.js:zxing/reader/index.js dist/es/share.js:zxing/share.js \
                                        dist/reader/zxing_reader.wasm:zxing/reader/zxing_reader.wasm LICENSE:zxing/LICENSE.txt
list
