package store

import (
	"encoding/binary"
	"errors"

	"firebreak/internal/vault"
)

// SealSignature seals what somebody drew or typed at a hand-over, with a key of its own that goes with it, wrapped.
func (ids *Identities) SealSignature(name string, plain []byte) ([]byte, error) {
	key, wrapped, err := ids.NewFileKey()
	if err != nil {
		return nil, err
	}
	body, err := key.Seal(name, plain)
	if err != nil {
		return nil, err
	}
	out := binary.AppendUvarint(nil, uint64(len(wrapped)))
	return append(append(out, wrapped...), body...), nil
}

// OpenSignature opens what SealSignature sealed under the same name.
func (ids *Identities) OpenSignature(name string, sealed []byte) ([]byte, error) {
	n, size := binary.Uvarint(sealed)
	if size <= 0 || n > uint64(len(sealed)-size) {
		return nil, errors.Join(errors.New("open a signature"), vault.ErrFileDamaged)
	}
	key, err := ids.OpenFileKey(sealed[size : size+int(n)])
	if err != nil {
		return nil, err
	}
	return key.Open(name, sealed[size+int(n):])
}
