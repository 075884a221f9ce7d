package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ErrEmpty is returned for a file or sheet without any row.
var ErrEmpty = errors.New("the file has no rows")

// ErrUnreadable is wrapped when a file is none of the formats that exchange reads (an old .xls, a PDF, a picture ...).
var ErrUnreadable = errors.New("not a text table or an XLSX workbook")

// Source is a file to read. It may be read any number of times, by one goroutine at a time.
type Source struct {
	name   string
	r      io.ReaderAt
	size   int64
	closer io.Closer
	// charsets remembers what detectCharset found, by the encoding asked for: it reads the whole file.
	charsets map[string]charset
	list     [][]string // of NewList; nil for a file
}

// Open opens the file at path; Close it when done.
func Open(path string) (*Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open import file: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open import file: %w", err), f.Close())
	}
	if st.IsDir() {
		return nil, errors.Join(fmt.Errorf("open import file: %s is a folder", path), f.Close())
	}
	return &Source{name: filepath.Base(path), r: f, size: st.Size(), closer: f}, nil
}

// NewSource reads from r, an upload for example; name is for messages only.
func NewSource(name string, r io.ReaderAt, size int64) *Source {
	return &Source{name: name, r: r, size: size}
}

// NewList is a table that did not come as a file: the header, then rows, which are numbered from 1. None of them is passed over.
func NewList(name string, header []string, rows [][]string) *Source {
	return &Source{name: name, list: append([][]string{header}, rows...)}
}

// Name is the file's name without its folder.
func (s *Source) Name() string { return s.name }

// Size is the file's length in bytes.
func (s *Source) Size() int64 { return s.size }

// Close closes a file that Open opened; a Source made by NewSource stays its maker's.
func (s *Source) Close() error {
	if s.closer == nil {
		return nil
	}
	return s.closer.Close()
}

// head returns up to n bytes from the start.
func (s *Source) head(n int) ([]byte, error) {
	b := make([]byte, min(int64(n), s.size))
	k, err := s.r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", s.name, err)
	}
	return b[:k], nil
}

// isXLSX says whether the file is a ZIP archive, as XLSX is. Other binary formats give ErrUnreadable.
func (s *Source) isXLSX() (bool, error) {
	b, err := s.head(8)
	if err != nil {
		return false, err
	}
	switch {
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return true, nil
	case bytes.HasPrefix(b, []byte("\xD0\xCF\x11\xE0")):
		// Besides the format, its sheets end at 65,536 rows: the limit that lost 15,841 of England's cases in 2020.
		return false, fmt.Errorf("read %s: this is an old .xls (or password-protected) workbook; save it as .xlsx or CSV: %w", s.name, ErrUnreadable)
	case bytes.HasPrefix(b, []byte("%PDF")), bytes.HasPrefix(b, []byte("\x89PNG")), bytes.HasPrefix(b, []byte("\xFF\xD8\xFF")), bytes.HasPrefix(b, []byte("\x1F\x8B")):
		return false, fmt.Errorf("read %s: %w", s.name, ErrUnreadable)
	default:
		return false, nil
	}
}
