// Package protocols embeds the protocol packs, so that a binary needs no files beside it. Only internal/protocol, and what
// plays the scenarios, import it.
package protocols

import "embed"

// Files holds <pathogen>/<edition>/pack.yaml (older versions of an edition as pack-<version>.yaml), the scenarios of each
// edition and the SOURCES.md of each pathogen.
//
//go:embed */*/pack*.yaml */*/scenarios/*.txt */SOURCES.md
var Files embed.FS
