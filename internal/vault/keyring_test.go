package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestMasterKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := ReadMasterKeyFile(path); !errors.Is(err, ErrNoMasterKey) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	made, err := CreateMasterKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadMasterKeyFile(path)
	if err != nil || got != made {
		t.Errorf("the key does not read back: %v", err)
	}
	if _, err := CreateMasterKeyFile(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second key over the first: %v", err)
	}
	if again, err := ReadMasterKeyFile(path); err != nil || again != made {
		t.Errorf("the first key is gone: %v", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", st.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadMasterKeyFile(path); !errors.Is(err, ErrMasterKeyOpen) || !strings.Contains(err.Error(), "0640") {
		t.Errorf("a file the group can read: %v", err)
	}
}

func TestParseMasterKey(t *testing.T) {
	t.Parallel()
	good := NewMasterKey().Text()
	tests := []struct {
		name, text string
		want       error
	}{
		{"good", good, nil},
		{"a newline after it", "  " + good + "\r\n", nil},
		{"empty", " \n", ErrNoMasterKey},
		{"cut short", good[:len(good)-1], ErrBadMasterKey},
		{"another format", strings.Replace(good, "-1:", "-2:", 1), ErrBadMasterKey},
		{"a bare passphrase", "correct horse", ErrBadMasterKey},
		{"short key", masterKeyFormat + ":AAAA:0011223344556677", ErrBadMasterKey},
	}
	for _, tt := range tests {
		if _, err := ParseMasterKey(tt.text); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	// Any one letter mistyped is seen.
	for i := len(masterKeyFormat) + 1; i < len(good); i++ {
		for _, c := range "aB3_" {
			if bad := good[:i] + string(c) + good[i+1:]; bad != good {
				if _, err := ParseMasterKey(bad); !errors.Is(err, ErrBadMasterKey) || strings.Contains(err.Error(), good[len(masterKeyFormat)+2:40]) {
					t.Errorf("mistyped at %d: %v", i, err)
				}
			}
		}
	}
}

func TestKeyringFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "keyring.json")
	m, k := NewMasterKey(), newKeyring(t)
	if _, err := ReadKeyringFile(path, m); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := CreateKeyringFile(path, k, m); err != nil {
		t.Fatal(err)
	}
	if err := CreateKeyringFile(path, newKeyring(t), m); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second keyring over the first: %v", err)
	}
	s := seal(t, newVault(t, k, accept), cell, "王小明")
	opens := func(m MasterKey) {
		t.Helper()
		k, err := ReadKeyringFile(path, m)
		if err != nil {
			t.Fatal(err)
		}
		v := newVault(t, k, accept)
		if got, err := v.Open(t.Context(), req, Item{cell, s}); err != nil || got.Reveal() != "王小明" {
			t.Errorf("after reading the keyring back: %v", err)
		}
	}
	opens(m)

	wrong := NewMasterKey()
	if _, err := ReadKeyringFile(path, wrong); !errors.Is(err, ErrWrongMasterKey) || !strings.Contains(err.Error(), m.CheckValue()) || !strings.Contains(err.Error(), wrong.CheckValue()) {
		t.Errorf("another master key: %v; want both check values named", err)
	}
	if _, err := ReadKeyringFile(path, MasterKey{}); !errors.Is(err, ErrNoMasterKey) {
		t.Errorf("the zero key: %v", err)
	}
	if _, err := k.Wrap(MasterKey{}); !errors.Is(err, ErrNoMasterKey) {
		t.Errorf("wrapped by the zero key: %v", err)
	}

	// Rotation, over what a killed process left behind.
	if err := os.WriteFile(path+".new", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	rotated, err := k.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	if err := ReplaceKeyringFile(path, rotated, m); err != nil {
		t.Fatal(err)
	}
	opens(m)

	// A new master key: no value is touched.
	m2 := NewMasterKey()
	if err := ReplaceKeyringFile(path, rotated, m2); err != nil {
		t.Fatal(err)
	}
	opens(m2)
	if _, err := ReadKeyringFile(path, m); !errors.Is(err, ErrWrongMasterKey) {
		t.Errorf("the old master key: %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("%d files left, want 1 (%v)", len(left), err)
	}
	if st, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || st.Mode().Perm() != 0o600) {
		t.Errorf("mode %v, %v; want 0600", st.Mode(), err)
	}
}

// The stored form shows no key, and none of its parts can be changed or
// swapped.
func TestWrappedKeyringIsBound(t *testing.T) {
	t.Parallel()
	m, k := NewMasterKey(), newKeyring(t)
	stored, err := k.Wrap(m)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(stored, k.index[:]) {
		t.Error("the index key stands in the stored form")
	}
	var w wrapped
	if err := json.Unmarshal(stored, &w); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*wrapped){
		"data keys":        func(w *wrapped) { w.DataKeys[len(w.DataKeys)/2] ^= 1 },
		"index key":        func(w *wrapped) { w.IndexKey[len(w.IndexKey)/2] ^= 1 },
		"parts swapped":    func(w *wrapped) { w.DataKeys, w.IndexKey = w.IndexKey, w.DataKeys },
		"format":           func(w *wrapped) { w.Format = "firebreak-keyring-2" },
		"a missing part":   func(w *wrapped) { w.IndexKey = nil },
		"no check value":   func(w *wrapped) { w.MasterCheck = "" },
		"index key is cut": func(w *wrapped) { w.IndexKey = w.IndexKey[:20] },
	} {
		c := wrapped{w.Format, w.MasterCheck, bytes.Clone(w.DataKeys), bytes.Clone(w.IndexKey)}
		change(&c)
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKeyring(m, b); !errors.Is(err, ErrBadKeyring) {
			t.Errorf("%s changed: %v, want ErrBadKeyring", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"empty": nil, "not JSON": []byte("x"), "more after it": append(bytes.Clone(stored), '{', '}'),
		"an unknown field": bytes.Replace(stored, []byte("{"), []byte(`{"x":1,`), 1), "huge": make([]byte, maxKeyringBytes+1),
	} {
		if _, err := OpenKeyring(m, b); !errors.Is(err, ErrBadKeyring) {
			t.Errorf("%s: %v, want ErrBadKeyring", name, err)
		}
	}
}

func FuzzParseMasterKey(f *testing.F) {
	f.Add(NewMasterKey().Text())
	f.Add(masterKeyFormat + "::")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMasterKey(text)
		if err == nil && m.Text() != strings.TrimSpace(text) {
			t.Fatalf("%q accepted as another spelling", text)
		}
		if err != nil && m.valid {
			t.Fatal("an error and a key")
		}
	})
}

func FuzzOpenKeyring(f *testing.F) {
	m := NewMasterKey()
	k, err := NewKeyring()
	if err != nil {
		f.Fatal(err)
	}
	stored, err := k.Wrap(m)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stored)
	f.Add([]byte(`{"format":"firebreak-keyring-1","master_check":"` + m.CheckValue() + `","data_keys":"AAAA","index_key":"AAAA"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := OpenKeyring(m, b)
		if err != nil {
			if got != nil {
				t.Fatal("an error and a keyring")
			}
			return
		}
		if got.index != k.index || got.Primary() != k.Primary() {
			t.Fatal("a keyring that was never wrapped was opened")
		}
	})
}
