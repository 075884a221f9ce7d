package vault

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// MasterKey wraps the keyring: 256 bits that the site keeps apart from the
// database and its backups. It never prints itself.
type MasterKey struct {
	key   [32]byte
	valid bool
}

// masterKeyFormat opens a master key's text and says which version of the
// format it is.
const masterKeyFormat = "firebreak-master-key-1"

// Errors about the master key.
var (
	// ErrNoMasterKey: neither the file nor the environment has one.
	ErrNoMasterKey = errors.New("vault: there is no master key")
	// ErrBadMasterKey: the text is not a master key, is cut short or mistyped.
	ErrBadMasterKey = errors.New("vault: the text is not a master key")
	// ErrMasterKeyOpen: others than the owner may read the key file.
	ErrMasterKeyOpen = errors.New("vault: the master key file can be read by others")
	// ErrWrongMasterKey: the key is well formed and is not the one that wrapped the keyring.
	ErrWrongMasterKey = errors.New("vault: this master key is not the one of this keyring")
)

// NewMasterKey draws a master key.
func NewMasterKey() MasterKey {
	m := MasterKey{valid: true}
	rand.Read(m.key[:]) // never fails: it ends the program instead
	return m
}

// CheckValue is 8 bytes derived from the key, as hex. It tells two keys apart
// and may be printed: it says nothing about the key.
func (m MasterKey) CheckValue() string {
	return hex.EncodeToString(derive(m.key[:], "firebreak vault: key check value", 8))
}

// Text is the key as one line for a file or an environment variable: the
// format's name, the key in base64 and its check value.
func (m MasterKey) Text() string {
	return masterKeyFormat + ":" + base64.RawURLEncoding.EncodeToString(m.key[:]) + ":" + m.CheckValue()
}

// ParseMasterKey reads what [MasterKey.Text] wrote; white space around it is
// ignored. The error is [ErrNoMasterKey] for an empty text, else [ErrBadMasterKey], and never
// shows the text.
func ParseMasterKey(text string) (MasterKey, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return MasterKey{}, ErrNoMasterKey
	}
	f := strings.Split(text, ":")
	if len(f) != 3 || f[0] != masterKeyFormat {
		return MasterKey{}, fmt.Errorf("%w: want %s:<key>:<check value>", ErrBadMasterKey, masterKeyFormat)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(f[1])
	if err != nil || len(b) != 32 {
		return MasterKey{}, fmt.Errorf("%w: the key is not 32 bytes of base64", ErrBadMasterKey)
	}
	m := MasterKey{key: [32]byte(b), valid: true}
	if subtle.ConstantTimeCompare([]byte(m.CheckValue()), []byte(f[2])) != 1 {
		return MasterKey{}, fmt.Errorf("%w: the check value does not fit, so it is mistyped or damaged", ErrBadMasterKey)
	}
	return m, nil
}

// String hides the key.
func (MasterKey) String() string { return "[master key]" }

// Format hides the key from every verb of fmt.
func (MasterKey) Format(w fmt.State, _ rune) { hide(w, "[master key]") }

// LogValue hides the key from slog.
func (MasterKey) LogValue() slog.Value { return slog.StringValue("[master key]") }

// MarshalText hides the key from JSON and the like.
func (MasterKey) MarshalText() ([]byte, error) { return []byte("[master key]"), nil }

// CreateMasterKeyFile draws a key and writes it to a new file that only its
// owner can read (0600), flushed to disk before it returns. It never overwrites a file:
// a lost master key is lost data.
func CreateMasterKeyFile(path string) (MasterKey, error) {
	m := NewMasterKey()
	if err := createFile(path, []byte(m.Text()+"\n")); err != nil {
		return MasterKey{}, fmt.Errorf("vault: create master key file: %w", err)
	}
	return m, nil
}

// ReadMasterKeyFile reads a key file. Errors: [ErrNoMasterKey] (wrapping
// fs.ErrNotExist) where there is none; [ErrMasterKeyOpen] where group or others may read
// it; [ErrBadMasterKey]. The check of permissions is left out on Windows, which has none of that kind.
func ReadMasterKeyFile(path string) (MasterKey, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return MasterKey{}, fmt.Errorf("%w: %w", ErrNoMasterKey, err)
	}
	if err != nil {
		return MasterKey{}, fmt.Errorf("vault: read master key: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	st, err := f.Stat()
	if err != nil {
		return MasterKey{}, fmt.Errorf("vault: read master key: %w", err)
	}
	if mode := st.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return MasterKey{}, fmt.Errorf("%w: %s has mode %04o, want 0600", ErrMasterKeyOpen, path, mode)
	}
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return MasterKey{}, fmt.Errorf("vault: read master key: %w", err)
	}
	m, err := ParseMasterKey(string(b))
	if err != nil {
		return MasterKey{}, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// derive draws n bytes for one purpose from a secret: HKDF-SHA-256 (RFC 5869),
// no salt, the purpose as info.
func derive(secret []byte, info string, n int) []byte {
	b, err := hkdf.Key(sha256.New, secret, nil, info, n)
	if err != nil {
		panic(fmt.Sprintf("vault: derive %d bytes: %v", n, err)) // only for n > 8,160 or, under FIPS, a short secret
	}
	return b
}

// createFile writes a new file of mode 0600 and flushes it and its folder. It
// fails with fs.ErrExist where there is one.
func createFile(path string, content []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new or renamed entry of a folder survive a power cut.
// Windows cannot flush a folder and needs not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
