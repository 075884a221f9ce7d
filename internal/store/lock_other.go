//go:build !unix

package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// lockFolder takes the folder for this process by making a file that only it can remove. After a crash the file stays and has to be
// removed by hand: these systems have no advisory lock in the standard library.
func lockFolder(dir string) (func() error, error) {
	name := filepath.Join(dir, "lock")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("lock %s: %w (if none runs, remove %s)", dir, ErrHeld, name)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return func() error { return errors.Join(f.Close(), os.Remove(name)) }, nil
}
