package store

import "firebreak/internal/vault"

// NewFileKey draws the key of one sealed file, and returns it wrapped too: for the file's record.
func (ids *Identities) NewFileKey() (vault.FileKey, []byte, error) {
	return vault.NewFileKey(ids.master)
}

// OpenFileKey unwraps what NewFileKey returned.
func (ids *Identities) OpenFileKey(wrapped []byte) (vault.FileKey, error) {
	return vault.OpenFileKey(ids.master, wrapped)
}
