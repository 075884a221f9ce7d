// Package protocols embeds the protocol packs, so that a binary needs no files beside it. Only internal/protocol, and tests
// that play the scenarios, import it.
package protocols

import "embed"

// Files holds <pathogen>/<edition>/pack.yaml (older versions of an edition as pack-<version>.yaml) and
// the SOURCES.md of each pathogen.
//
//go:embed */*/pack*.yaml */SOURCES.md
var Files embed.FS
