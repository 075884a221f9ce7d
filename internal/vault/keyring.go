package vault

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// KeyID names a data key; each sealed value begins with the id of its key.
type KeyID uint32

// Keyring holds the data keys, of which one, the primary, seals, and the secret
// that blind indexes are made with. It does not change: rotation gives a new one. Stored, it
// is wrapped by the master key, so the text may lie beside the data.
type Keyring struct {
	data  *keyset.Handle
	index [32]byte // never rotates with the data keys: every index would have to be made anew
}

// ErrBadKeyring is returned for text that is no keyring, or a keyring that was
// changed after it was wrapped.
var ErrBadKeyring = errors.New("vault: the keyring is not readable")

// keyringFormat names the version of the stored form.
const keyringFormat = "firebreak-keyring-1"

// What the wrapped parts are bound to, so that neither can stand in for the
// other.
var (
	dataKeysContext = []byte(keyringFormat + " data keys")
	indexKeyContext = []byte(keyringFormat + " index key")
)

// wrapped is the stored form of a keyring.
type wrapped struct {
	Format      string `json:"format"`
	MasterCheck string `json:"master_check"` // check value of the master key
	DataKeys    []byte `json:"data_keys"`    // Tink's encrypted keyset
	IndexKey    []byte `json:"index_key"`
}

// NewKeyring draws a keyring with one data key.
//
// Data keys are XAES-256-GCM: its 24-byte random nonces leave no bound on the number of values a
// key may seal that a country could reach (AES-GCM's 12-byte ones are good for 2^32; NIST SP 800-38D section 8.3).
func NewKeyring() (*Keyring, error) {
	h, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: new data key: %w", err)
	}
	k := &Keyring{data: h}
	rand.Read(k.index[:])
	return k, nil
}

// Primary is the id of the key that seals.
func (k *Keyring) Primary() KeyID { return KeyID(k.data.KeysetInfo().GetPrimaryKeyId()) }

// Keys lists the ids of all data keys, oldest first.
func (k *Keyring) Keys() []KeyID {
	var out []KeyID
	for _, i := range k.data.KeysetInfo().GetKeyInfo() {
		out = append(out, KeyID(i.GetKeyId()))
	}
	return out
}

// Rotate returns a keyring with a new primary key; what older keys sealed still
// opens. Store it before anything is sealed with it.
func (k *Keyring) Rotate() (*Keyring, error) {
	m := keyset.NewManagerFromHandle(k.data)
	id, err := m.Add(aead.XAES256GCM192BitNonceKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	var h *keyset.Handle
	if err == nil {
		h, err = m.Handle()
	}
	if err != nil {
		return nil, fmt.Errorf("vault: rotate: %w", err)
	}
	return &Keyring{data: h, index: k.index}, nil
}

// Drop returns a keyring without a key. What it sealed is lost for good: call
// it only after every value has been through [Vault.Rewrap]. The primary cannot be dropped.
func (k *Keyring) Drop(id KeyID) (*Keyring, error) {
	if id == k.Primary() {
		return nil, fmt.Errorf("vault: drop key %d: it is the primary; rotate first", id)
	}
	if !slices.Contains(k.Keys(), id) {
		return nil, fmt.Errorf("vault: drop key %d: the keyring has no such key", id)
	}
	m := keyset.NewManagerFromHandle(k.data)
	if err := m.Delete(uint32(id)); err != nil {
		return nil, fmt.Errorf("vault: drop key %d: %w", id, err)
	}
	h, err := m.Handle()
	if err != nil {
		return nil, fmt.Errorf("vault: drop key %d: %w", id, err)
	}
	return &Keyring{data: h, index: k.index}, nil
}

// Wrap gives the keyring's stored form under a master key. To change the master
// key, open with the old one and wrap with the new one: no value need be touched.
func (k *Keyring) Wrap(m MasterKey) ([]byte, error) {
	kek, err := m.aead()
	if err != nil {
		return nil, err
	}
	var data bytes.Buffer
	if err := k.data.WriteWithAssociatedData(keyset.NewBinaryWriter(&data), kek, dataKeysContext); err != nil {
		return nil, fmt.Errorf("vault: wrap data keys: %w", err)
	}
	index, err := kek.Encrypt(k.index[:], indexKeyContext)
	if err != nil {
		return nil, fmt.Errorf("vault: wrap index key: %w", err)
	}
	b, err := json.MarshalIndent(wrapped{Format: keyringFormat, MasterCheck: m.CheckValue(), DataKeys: data.Bytes(), IndexKey: index}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("vault: wrap keyring: %w", err)
	}
	return append(b, '\n'), nil
}

// aead is the primitive that wraps: AES-256-GCM, one use per wrapping.
func (m MasterKey) aead() (*subtle.AESGCM, error) {
	if !m.valid {
		return nil, ErrNoMasterKey
	}
	a, err := subtle.NewAESGCM(derive(m.key[:], "firebreak vault: wrap keyring", 32))
	if err != nil {
		return nil, fmt.Errorf("vault: master key: %w", err)
	}
	return a, nil
}

// maxKeyringBytes bounds the stored form: ten thousand rotations fit.
const maxKeyringBytes = 1 << 20

// OpenKeyring reads the stored form. Errors: [ErrWrongMasterKey], which names
// both check values; [ErrBadKeyring]; [ErrNoMasterKey] for the zero key.
func OpenKeyring(m MasterKey, stored []byte) (*Keyring, error) {
	kek, err := m.aead()
	if err != nil {
		return nil, err
	}
	w, err := parseWrapped(stored)
	if err != nil {
		return nil, err
	}
	if got := m.CheckValue(); got != w.MasterCheck {
		return nil, fmt.Errorf("%w: the keyring was wrapped by the key with check value %s, this one has %s", ErrWrongMasterKey, w.MasterCheck, got)
	}
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(w.DataKeys)), kek, dataKeysContext)
	if err != nil {
		return nil, fmt.Errorf("%w: data keys: %w", ErrBadKeyring, err)
	}
	index, err := kek.Decrypt(w.IndexKey, indexKeyContext)
	if err != nil || len(index) != 32 {
		return nil, fmt.Errorf("%w: index key", ErrBadKeyring)
	}
	return &Keyring{data: h, index: [32]byte(index)}, nil
}

func parseWrapped(stored []byte) (wrapped, error) {
	if len(stored) > maxKeyringBytes {
		return wrapped{}, fmt.Errorf("%w: %d bytes", ErrBadKeyring, len(stored))
	}
	var w wrapped
	d := json.NewDecoder(bytes.NewReader(stored))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return wrapped{}, fmt.Errorf("%w: %w", ErrBadKeyring, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return wrapped{}, fmt.Errorf("%w: something follows it", ErrBadKeyring)
	}
	switch {
	case w.Format != keyringFormat:
		return wrapped{}, fmt.Errorf("%w: format %.40q, want %s", ErrBadKeyring, w.Format, keyringFormat)
	case len(w.MasterCheck) != 16 || len(w.DataKeys) == 0 || len(w.IndexKey) == 0:
		return wrapped{}, fmt.Errorf("%w: a field is missing", ErrBadKeyring)
	}
	return w, nil
}

// CreateKeyringFile wraps a keyring into a new file of mode 0600; it never
// overwrites one.
func CreateKeyringFile(path string, k *Keyring, m MasterKey) error {
	b, err := k.Wrap(m)
	if err != nil {
		return err
	}
	if err := createFile(path, b); err != nil {
		return fmt.Errorf("vault: create keyring file: %w", err)
	}
	return nil
}

// ReplaceKeyringFile writes a rotated or re-wrapped keyring in place of the old
// one: at every moment, a power cut included, one of the two is there whole.
// One process at a time may call it.
func ReplaceKeyringFile(path string, k *Keyring, m MasterKey) error {
	b, err := k.Wrap(m)
	if err != nil {
		return err
	}
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) { // left by a process that was killed
		return fmt.Errorf("vault: replace keyring file: %w", err)
	}
	if err := createFile(next, b); err != nil {
		return fmt.Errorf("vault: replace keyring file: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("vault: replace keyring file: %w", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("vault: replace keyring file: %w", err)
	}
	return nil
}

// ReadKeyringFile opens the keyring of a file: see [OpenKeyring]. A file that
// is not there is fs.ErrNotExist.
func ReadKeyringFile(path string, m MasterKey) (*Keyring, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("vault: read keyring: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(io.LimitReader(f, maxKeyringBytes+1))
	if err != nil {
		return nil, fmt.Errorf("vault: read keyring: %w", err)
	}
	k, err := OpenKeyring(m, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}
