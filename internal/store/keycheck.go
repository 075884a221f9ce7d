package store

import "firebreak/internal/vault"

// KeyFound is what CheckKey found.
type KeyFound struct {
	Keyring    bool   // the database has a keyring: names can be sealed in it
	CheckValue string // of the master key, to compare with a copy of it; empty where there is none
}

// CheckKey looks whether the master key at hand opens the keyring, and makes neither. Where there is no keyring yet a missing key is no error.
//
// Errors: wrapping vault.ErrNoMasterKey, ErrBadMasterKey, ErrMasterKeyOpen, ErrWrongMasterKey, ErrBadKeyring.
func (r *Reader) CheckKey(o KeyOptions) (KeyFound, error) {
	if o.Dir == "" {
		o.Dir = r.db.dir
	}
	var out KeyFound
	stored, err := r.wrappedKeyring()
	if err != nil {
		return out, err
	}
	out.Keyring = stored != ""
	key, err := findMasterKey(o, false)
	if err != nil {
		return out, err
	}
	out.CheckValue = key.CheckValue()
	if out.Keyring {
		_, err = vault.OpenKeyring(key, []byte(stored))
	}
	return out, err
}
