package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"firebreak/internal/exchange"
)

// columns are the columns of a file, by name in small letters.
type columns struct {
	all    []string          // those it may have; nil: any
	needed []string          // those it must have
	other  map[string]string // another name of a column
}

// eachRow reads the rows of a file of rows and columns; a column that is not there is empty. A header that cannot be read is refused.
func eachRow(src *exchange.Source, want columns, do func(number int, cell func(string) string)) (rows int, err error) {
	t, err := src.Table(exchange.ReadOptions{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	at := map[string]int{}
	for i, h := range t.Header() {
		name := strings.ToLower(strings.TrimSpace(h))
		if name == "" {
			continue
		}
		if want.all != nil && !slices.Contains(want.all, name) {
			return 0, rejected(fmt.Errorf("%s: column %q is none of %s", src.Name(), h, strings.Join(want.all, ", ")))
		}
		if same, is := want.other[name]; is {
			name = same
		}
		if _, twice := at[name]; twice {
			return 0, rejected(fmt.Errorf("%s: column %q is there twice", src.Name(), name))
		}
		at[name] = i
	}
	for _, name := range want.needed {
		if _, is := at[name]; !is {
			return 0, rejected(fmt.Errorf("%s has no column %q", src.Name(), name))
		}
	}
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows++
		do(row.Number, func(name string) string {
			if i, is := at[name]; is {
				return strings.TrimSpace(row.Cells[i])
			}
			return ""
		})
	}
}
