package vault_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"firebreak/internal/vault"
)

func TestFileRoundTrip(t *testing.T) {
	t.Parallel()
	m := vault.NewMasterKey()
	key, wrapped, err := vault.NewFileKey(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := vault.OpenFileKey(m, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenFileKey(vault.NewMasterKey(), wrapped); !errors.Is(err, vault.ErrBadKeyring) {
		t.Errorf("under another master key: %v, want ErrBadKeyring", err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	const block = 64 << 10
	for _, n := range []int{0, 1, block - 1, block, block + 1, 2 * block, 3*block + 17} {
		plain := make([]byte, n)
		for i := range plain {
			plain[i] = byte(r.Uint32())
		}
		var sealed bytes.Buffer
		w := key.Writer(&sealed, "upload/1")
		for rest := plain; len(rest) > 0; {
			k := min(len(rest), 1+r.IntN(block))
			if _, err := w.Write(rest[:k]); err != nil {
				t.Fatal(err)
			}
			rest = rest[k:]
		}
		if err := errors.Join(w.Close(), w.Close()); err != nil {
			t.Fatal(err)
		}
		if n > 32 && bytes.Contains(sealed.Bytes(), plain[:32]) {
			t.Error("the plaintext stands in the file")
		}
		f, err := again.Reader(bytes.NewReader(sealed.Bytes()), int64(sealed.Len()), "upload/1")
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%d bytes: read back %d, %v", n, len(got), err)
		}
		for range 20 {
			if n == 0 {
				break
			}
			at := r.IntN(n)
			p := make([]byte, 1+r.IntN(n-at))
			if k, err := f.ReadAt(p, int64(at)); err != nil || !bytes.Equal(p[:k], plain[at:at+len(p)]) {
				t.Fatalf("%d bytes at %d of %d: %v", len(p), at, n, err)
			}
		}
		if _, err := f.ReadAt(make([]byte, 1), int64(n)); !errors.Is(err, io.EOF) {
			t.Errorf("read at the end: %v, want EOF", err)
		}
	}
}

func TestDamagedFileDoesNotOpen(t *testing.T) {
	t.Parallel()
	key, _, err := vault.NewFileKey(vault.NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w := key.Writer(&sealed, "upload/1")
	if _, err := w.Write(bytes.Repeat([]byte("name,"), 40_000)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const whole = 64<<10 + 45
	swap := bytes.Clone(sealed.Bytes())
	copy(swap, sealed.Bytes()[whole:2*whole])
	copy(swap[whole:], sealed.Bytes()[:whole])
	flip := bytes.Clone(sealed.Bytes())
	flip[whole+100] ^= 1
	for name, c := range map[string]struct {
		file []byte
		as   string
	}{
		"cut at a block's end": {sealed.Bytes()[:2*whole], "upload/1"},
		"cut within a block":   {sealed.Bytes()[:2*whole+20], "upload/1"},
		"empty":                {nil, "upload/1"},
		"blocks changed round": {swap, "upload/1"},
		"a bit changed":        {flip, "upload/1"},
		"of another name":      {sealed.Bytes(), "upload/2"},
	} {
		f, err := key.Reader(bytes.NewReader(c.file), int64(len(c.file)), c.as)
		if err == nil {
			_, err = io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
		}
		if !errors.Is(err, vault.ErrFileDamaged) {
			t.Errorf("%s: %v, want ErrFileDamaged", name, err)
		}
	}
}
