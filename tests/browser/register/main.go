// Command register does for the browser tests what no screen does: it enters people and tells their codes, and counts in the store what phones have sent.
//
//	register people DIR AREA N   enters N people who live in AREA, and prints their numbers and codes
//	register moves DIR AREA N    enters a quarantine site with rooms, and N contacts who are to be brought there
//	register moved DIR           prints the states of all requests for a transfer, beside a server that holds the folder
//	register tubes DIR           prints every tube with the people in it, beside a server that holds the folder
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

type tube struct {
	Code   string      `json:"code"`
	Kind   string      `json:"kind"`
	People []int64     `json:"people"`
	At     []time.Time `json:"at"`
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 4 && args[0] == "people":
		n, err := strconv.Atoi(args[3])
		if err != nil {
			return err
		}
		return people(ctx, args[1], args[2], n)
	case len(args) == 4 && args[0] == "moves":
		n, err := strconv.Atoi(args[3])
		if err != nil {
			return err
		}
		return moves(ctx, args[1], args[2], n)
	case len(args) == 2 && args[0] == "moved":
		return moved(ctx, args[1])
	case len(args) == 2 && args[0] == "tubes":
		return tubes(ctx, args[1])
	}
	return errors.New("people DIR AREA N, moves DIR AREA N, moved DIR, or tubes DIR")
}

func people(ctx context.Context, dir, area string, n int) (err error) {
	db, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: os.Getenv("FIREBREAK_MASTER_KEY")})
	if err != nil {
		return err
	}
	type row struct {
		ID   int64  `json:"id"`
		Code string `json:"code"`
	}
	var out []row
	err = db.Update(ctx, func(tx *store.Tx) error {
		tree, err := tx.Tree()
		if err != nil {
			return err
		}
		v, err := ids.Vault(&tx.Reader)
		if err != nil {
			return err
		}
		j, ok := tree.ByCode(area)
		if !ok {
			return fmt.Errorf("%q is no known jurisdiction", area)
		}
		list := make([]person.Person, n)
		for i := range list {
			list[i] = person.Person{Area: j.ID, District: tree.District(j.ID), Age: person.AgeUnknown}
		}
		if err := tx.AddPeople(list); err != nil {
			return err
		}
		out = out[:0]
		for _, p := range list {
			out = append(out, row{int64(p.ID), v.PersonCode(p.ID)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

func tubes(ctx context.Context, dir string) (err error) {
	db, err := store.OpenBeside(ctx, store.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	out := []tube{}
	err = db.View(ctx, func(r *store.Reader) error {
		for seq := int64(0); ; {
			list, err := r.TubesChanged(seq, 1000)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, t := range list {
				seq = t.Changed
				members, err := screening.UnpackMembers(nil, t.Members, t.ClosedAt)
				if err != nil {
					return err
				}
				row := tube{Code: t.Code, Kind: string(t.Kind)}
				for _, m := range members {
					row.People, row.At = append(row.People, int64(m.Person)), append(row.At, m.At)
				}
				out = append(out, row)
			}
		}
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
