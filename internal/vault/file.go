package vault

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// FileKey seals files that hold records of people for a while: uploads and the lists of what was wrong in them. Each file has a key of its own, stored
// wrapped by the master key; when that is deleted, every copy of the file is unreadable, those in backups included.
//
// A file is sealed in blocks of 64 KiB, so that it is written as a stream and read at any place. Each block is bound to the file's name, its place and
// whether it is the last: a block that was changed, moved or cut off does not open. The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár,
// CRYPTO 2015, "Online authenticated-encryption and its nonce-reuse misuse-resistance") over Tink's XAES-256-GCM with random nonces; Tink's own streaming
// primitive reads from the front only.
type FileKey struct{ aead tink.AEAD }

// fileKeyContext binds a wrapped file key, so that no other wrapped key can stand in for it.
var fileKeyContext = []byte("firebreak-file-1 key")

const (
	fileBlock = 64 << 10
	// fileOverhead is what sealing adds to a block: Tink's prefix (5), XAES' salt and nonce (12 + 12) and the tag (16).
	fileOverhead = sealedPrefix + 24 + 16
)

// ErrFileDamaged is returned where a sealed file is cut off, changed or another one than the name says.
var ErrFileDamaged = errors.New("vault: the sealed file is cut off or was changed")

// NewFileKey draws a key for one file and wraps it for keeping beside the file's record.
func NewFileKey(m MasterKey) (FileKey, []byte, error) {
	kek, err := m.aead()
	if err != nil {
		return FileKey{}, nil, err
	}
	h, err := keyset.NewHandle(aead.XAES256GCM192BitNonceKeyTemplate())
	if err != nil {
		return FileKey{}, nil, fmt.Errorf("vault: new file key: %w", err)
	}
	var wrapped bytes.Buffer
	if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&wrapped), kek, fileKeyContext); err != nil {
		return FileKey{}, nil, fmt.Errorf("vault: wrap file key: %w", err)
	}
	k, err := fileKeyOf(h)
	return k, wrapped.Bytes(), err
}

// OpenFileKey unwraps a file's key. The error wraps ErrBadKeyring where it is none, or of another master key.
func OpenFileKey(m MasterKey, wrapped []byte) (FileKey, error) {
	kek, err := m.aead()
	if err != nil {
		return FileKey{}, err
	}
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), kek, fileKeyContext)
	if err != nil {
		return FileKey{}, fmt.Errorf("%w: file key: %w", ErrBadKeyring, err)
	}
	return fileKeyOf(h)
}

func fileKeyOf(h *keyset.Handle) (FileKey, error) {
	a, err := aead.New(h)
	if err != nil {
		return FileKey{}, fmt.Errorf("vault: file key: %w", err)
	}
	return FileKey{a}, nil
}

// Seal seals a short text that belongs to name and stands alone.
func (k FileKey) Seal(name string, plain []byte) ([]byte, error) {
	b, err := k.aead.Encrypt(plain, aloneContext(name))
	if err != nil {
		return nil, fmt.Errorf("vault: seal %s: %w", name, err)
	}
	return b, nil
}

// Open returns what Seal sealed under the same name. The error wraps ErrFileDamaged.
func (k FileKey) Open(name string, sealed []byte) ([]byte, error) {
	b, err := k.aead.Decrypt(sealed, aloneContext(name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, ErrFileDamaged)
	}
	return b, nil
}

// aloneContext is what a text that stands alone is bound to.
func aloneContext(name string) []byte { return append([]byte("firebreak-text-1|"), name...) }

// blockContext is what a block is bound to.
func blockContext(name string, index int64, last bool) []byte {
	b := binary.BigEndian.AppendUint64([]byte("firebreak-file-1|"), uint64(index)) //nolint:gosec // never negative
	if last {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	return append(b, name...)
}

// FileWriter seals what is written to it. Without Close the file is cut off and does not open.
type FileWriter struct {
	k     FileKey
	w     io.Writer
	name  string
	buf   []byte
	index int64
	err   error
}

// Writer returns a writer that seals onto w. name is what the file is: whoever reads must say the same.
func (k FileKey) Writer(w io.Writer, name string) *FileWriter {
	return &FileWriter{k: k, w: w, name: name, buf: make([]byte, 0, fileBlock)}
}

// Write implements io.Writer.
func (f *FileWriter) Write(p []byte) (int, error) {
	n := 0
	for len(p) > 0 && f.err == nil {
		if len(f.buf) == fileBlock { // there is more, so this was not the last
			f.seal(false)
			continue
		}
		k := min(fileBlock-len(f.buf), len(p))
		f.buf = append(f.buf, p[:k]...)
		p, n = p[k:], n+k
	}
	return n, f.err
}

// Close writes the last block. It does not close what lies below.
func (f *FileWriter) Close() error {
	if f.err == nil {
		f.seal(true)
	}
	if errors.Is(f.err, errSealed) {
		return nil
	}
	if f.err == nil {
		f.err = errSealed
		return nil
	}
	return f.err
}

var errSealed = errors.New("vault: the file is complete")

func (f *FileWriter) seal(last bool) {
	b, err := f.k.aead.Encrypt(f.buf, blockContext(f.name, f.index, last))
	if err != nil {
		f.err = fmt.Errorf("vault: seal file: %w", err)
		return
	}
	clear(f.buf)
	f.buf = f.buf[:0]
	f.index++
	if _, err := f.w.Write(b); err != nil {
		f.err = fmt.Errorf("vault: write sealed file: %w", err)
	}
}

// FileReader opens a sealed file at any place. It is safe for concurrent use.
type FileReader struct {
	k      FileKey
	r      io.ReaderAt
	name   string
	size   int64 // of the plaintext
	blocks int64
	sealed int64

	mu    sync.Mutex
	at    int64 // index of the block in plain; -1 none
	plain []byte
}

// Reader opens a sealed file of size bytes. The error is ErrFileDamaged where the size cannot be that of a sealed file; what was cut off at a block's
// end or changed is found when it is read.
func (k FileKey) Reader(r io.ReaderAt, size int64, name string) (*FileReader, error) {
	const whole = fileBlock + fileOverhead
	blocks := (size + whole - 1) / whole
	if size < fileOverhead || size-(blocks-1)*whole < fileOverhead {
		return nil, fmt.Errorf("%w: %d bytes", ErrFileDamaged, size)
	}
	f := &FileReader{k: k, r: r, name: name, size: size - blocks*fileOverhead, blocks: blocks, sealed: size, at: -1}
	// The last block says that the file ends here.
	if _, err := f.block(blocks - 1); err != nil {
		return nil, err
	}
	return f, nil
}

// Size is the length of what was sealed, bytes.
func (f *FileReader) Size() int64 { return f.size }

// ReadAt implements io.ReaderAt.
func (f *FileReader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("vault: read before the start")
	}
	n := 0
	for n < len(p) {
		at := off + int64(n)
		if at >= f.size {
			return n, io.EOF
		}
		k, err := f.copyBlock(p[n:], at)
		if err != nil {
			return n, err
		}
		n += k
	}
	return n, nil
}

func (f *FileReader) copyBlock(p []byte, at int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, err := f.block(at / fileBlock)
	if err != nil {
		return 0, err
	}
	return copy(p, b[at%fileBlock:]), nil
}

// block returns one block's plaintext, good until the next call.
func (f *FileReader) block(index int64) ([]byte, error) {
	if f.at == index {
		return f.plain, nil
	}
	const whole = fileBlock + fileOverhead
	sealed := make([]byte, min(whole, f.sealed-index*whole))
	if _, err := f.r.ReadAt(sealed, index*whole); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("vault: read sealed file: %w", err)
	}
	b, err := f.k.aead.Decrypt(sealed, blockContext(f.name, index, index == f.blocks-1))
	if err != nil {
		return nil, fmt.Errorf("%w: block %d", ErrFileDamaged, index)
	}
	clear(f.plain)
	f.at, f.plain = index, b
	return b, nil
}
