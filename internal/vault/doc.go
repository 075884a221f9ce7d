// Package vault keeps names, document numbers and telephone numbers encrypted,
// apart from the operational tables.
//
// A [Vault] seals a value for one [Cell] (table, column, row) and opens it again only
// there; every opening states who, for what purpose and why, and is journalled
// before any plaintext exists. Exact look-up works by [Index], a keyed hash.
// Data keys live in a [Keyring], which is stored wrapped by a [MasterKey] that
// comes from a file or the environment and is never stored beside the data.
//
// The package does no SQL. Packages store, command, web, field, api, exchange
// and cmd may import it; nouns and the rulebook may not: no rule needs a name.
package vault
