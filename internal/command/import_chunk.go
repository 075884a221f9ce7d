package command

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"firebreak/internal/exchange"
)

// rowDigest tells whether a row says what it said before.
type rowDigest [16]byte

// importRows are the rows of one chunk, each with its digest.
type importRows struct {
	list    []exchange.Record
	digests []rowDigest
}

// sum is the digest that the journal keeps of the chunk: SHA-256, hexadecimal, over each row's number in the file (8 bytes, big-endian) and its digest.
func (c importRows) sum() string {
	h := sha256.New()
	var number [8]byte
	for i, r := range c.list {
		binary.BigEndian.PutUint64(number[:], uint64(r.Row))
		h.Write(number[:])
		h.Write(c.digests[i][:])
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// digestOf is the digest of what a row says, wherever in a file it stands: the same row further down in another file is the same row.
func digestOf(r exchange.Record) (rowDigest, error) {
	var said any
	switch {
	case r.Case != nil:
		row := *r.Case
		row.Row, said = 0, &row
	case r.Contact != nil:
		row := *r.Contact
		row.Row, said = 0, &row
	default:
		r.Problems = nil // they say what is thought of the row
		said = &r
	}
	text, err := json.Marshal(said)
	if err != nil {
		return rowDigest{}, fmt.Errorf("digest of row %d: %w", r.Row, err)
	}
	sum := sha256.Sum256(text)
	return rowDigest(sum[:16]), nil
}

// eachChunk reads a file on a goroutine of its own, one chunk ahead of put: reading costs nothing where a second processor is free. It returns when that goroutine
// has ended.
func eachChunk(ctx context.Context, src *exchange.Source, m exchange.Map, put func(importRows) error) (exchange.Tally, error) {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	chunks := make(chan importRows, 1)
	var tally exchange.Tally
	var failed error
	go func() {
		defer close(chunks)
		var c importRows
		send := func() error {
			select {
			case chunks <- c:
				c = importRows{make([]exchange.Record, 0, importChunk), make([]rowDigest, 0, importChunk)}
				return nil
			case <-reading.Done():
				return reading.Err()
			}
		}
		tally, failed = exchange.Scan(reading, src, m, func(r exchange.Record) error {
			digest, err := digestOf(r)
			if err != nil {
				return err
			}
			c.list, c.digests = append(c.list, r), append(c.digests, digest)
			if len(c.list) < importChunk {
				return nil
			}
			return send()
		})
		if failed == nil && len(c.list) > 0 {
			failed = send()
		}
	}()
	var err error
	for c := range chunks {
		if err == nil {
			if err = put(c); err != nil {
				stop()
			}
		}
	}
	if err == nil {
		err = failed
	}
	return tally, err
}
