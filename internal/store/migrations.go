package store

import (
	"bytes"
	"io"
	"io/fs"
	"strings"
)

// rewritten is a folder of migrations whose text is rewritten for an engine as it is read.
type rewritten struct {
	fs.FS
	schema func(string) string
}

// Open implements fs.FS.
func (r rewritten) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return &rewrittenFile{File: f, text: bytes.NewReader([]byte(r.schema(string(text))))}, nil
}

type rewrittenFile struct {
	fs.File
	text *bytes.Reader
}

func (f *rewrittenFile) Read(p []byte) (int, error) { return f.text.Read(p) }
