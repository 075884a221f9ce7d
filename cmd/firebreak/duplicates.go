package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/outbreak"
	"firebreak/internal/person"
	"firebreak/internal/store"
)

type duplicatesCmd struct {
	List    duplicatesListCmd    `cmd:"" help:"List pairs of people who may be one, or the merges that can be taken back."`
	Merge   duplicatesMergeCmd   `cmd:"" help:"Say that two people are one: the record of KEEP goes on."`
	Unmerge duplicatesUnmergeCmd `cmd:"" help:"Take a merge back: the two are two people again."`
	Apart   duplicatesApartCmd   `cmd:"" help:"Say that two people who look alike are two: they are not proposed again."`
}

// duplicateFlags are those of every one of these commands.
type duplicateFlags struct {
	dataFlags
	serverFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the records belong to."`
}

// in opens the folder, with the vault: a merge moves sealed names too.
func (f *duplicateFlags) in(ctx context.Context, p *process, fn func(*command.Commands, outbreak.Outbreak) error) error {
	return f.with(ctx, p, false, func(db *store.DB) error {
		ids, err := db.OpenIdentities(ctx, store.KeyOptions{MasterKey: p.Getenv(masterKeyVar)})
		if err != nil {
			return err
		}
		var o outbreak.Outbreak
		if err := db.View(ctx, func(r *store.Reader) (err error) {
			o, err = r.OutbreakByName(f.Outbreak)
			return err
		}); err != nil {
			return err
		}
		return fn(command.New(db, ids), o)
	})
}

func (f *duplicateFlags) path(rest string) string {
	return path("/api/outbreaks/%s", f.Outbreak) + rest
}

// called names somebody of a pair as the list prints them.
func called(p api.LookalikePerson) string {
	switch {
	case p.Case != "":
		return p.Case
	case p.Contact != "":
		return "contact:" + p.Contact
	}
	return "person:" + strconv.FormatInt(p.Person, 10)
}

type duplicatesListCmd struct {
	duplicateFlags
	Area   string `placeholder:"CODE" help:"Only pairs that lie in this jurisdiction."`
	Merges bool   `help:"List the newest merges that stand, up to 100, in place of the pairs."`
}

// Run lists pairs, those entered last first; or merges, the newest first.
func (c *duplicatesListCmd) Run(ctx context.Context, p *process) error {
	if c.Merges && c.Area != "" {
		return misused(errors.New("--area narrows pairs, not --merges"))
	}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	pairs, merges := api.Lookalikes{Items: []api.Lookalike{}}, api.Merges{Items: []api.Merge{}}
	switch {
	case at != nil && c.Merges:
		err = at.get(ctx, c.path("/merges"), nil, &merges)
	case at != nil:
		err = c.pairsAt(ctx, at, &pairs)
	default:
		err = c.in(ctx, p, func(cmds *command.Commands, o outbreak.Outbreak) error {
			return cmds.DB().View(ctx, func(r *store.Reader) error {
				if !c.Merges {
					return c.pairs(r, o.ID, &pairs)
				}
				const most = 100
				list, _, err := r.RecentMerges(o.ID, store.Everywhere(), most)
				for _, m := range list {
					merges.Items = append(merges.Items, api.MergeOf(m))
				}
				return err
			})
		})
	}
	if err != nil {
		return err
	}
	if c.Merges {
		return c.tellMerges(p, merges)
	}
	return c.tellPairs(p, pairs)
}

// atATime is how many pairs are asked for at a time.
const atATime = 500

func (c *duplicatesListCmd) pairsAt(ctx context.Context, at *remote, out *api.Lookalikes) error {
	query := url.Values{"limit": {strconv.Itoa(atATime)}}
	if c.Area != "" {
		query.Set("area", c.Area)
	}
	for {
		var page api.Lookalikes
		if err := at.get(ctx, c.path("/duplicates"), query, &page); err != nil {
			return err
		}
		out.Items, out.Compared = append(out.Items, page.Items...), out.Compared+page.Compared
		if page.Next == "" {
			return nil
		}
		query.Set("cursor", page.Next)
	}
}

func (c *duplicatesListCmd) pairs(r *store.Reader, o outbreak.ID, out *api.Lookalikes) error {
	w := store.Everywhere()
	if c.Area != "" {
		tree, err := r.Tree()
		if err != nil {
			return err
		}
		j, ok := tree.ByCode(c.Area)
		if !ok {
			return fmt.Errorf("jurisdiction %q: %w", c.Area, store.ErrNotFound)
		}
		w = w.At(j.ID)
	}
	const most = 4000 // people compared at a time, as the server does
	for before := person.ID(0); ; {
		got, err := r.LookalikesFrom(o, w, before, atATime, most)
		if err != nil {
			return err
		}
		var ids []person.ID
		for _, k := range got.Pairs {
			ids = append(ids, k.A, k.B)
		}
		who, err := r.LikelyPeople(o, ids)
		if err != nil {
			return err
		}
		for _, k := range got.Pairs {
			version, err := r.PairVersion(k.A, k.B)
			if err != nil {
				return err
			}
			out.Items = append(out.Items, api.LookalikeOf(k, who[k.A], who[k.B], version))
		}
		out.Compared += got.Read
		if before = got.Next; before == 0 {
			return nil
		}
	}
}

func (c *duplicatesListCmd) tellPairs(p *process, list api.Lookalikes) error {
	if c.JSON {
		return p.writeJSON(list)
	}
	if len(list.Items) == 0 {
		_, err := fmt.Fprintf(p.Stdout, "No two of %d people look alike.\n", list.Compared)
		return err
	}
	t := newTable("record", "other", "points", "in common", "different", "version")
	t.alignRight(2, 5)
	for _, k := range list.Items {
		t.add(called(k.A), called(k.B), strconv.Itoa(k.Points), strings.Join(k.Same, ", "), strings.Join(k.Differ, ", "), strconv.FormatInt(k.Version, 10))
	}
	return t.write(p.Stdout)
}

func (c *duplicatesListCmd) tellMerges(p *process, list api.Merges) error {
	if c.JSON {
		return p.writeJSON(list)
	}
	if len(list.Items) == 0 {
		_, err := fmt.Fprintln(p.Stdout, "No merge stands.")
		return err
	}
	t := newTable("merge", "kept", "gone", "when", "by", "reason")
	for _, m := range list.Items {
		when := ""
		if m.At != nil {
			when = m.At.Format(time.RFC3339)
		}
		t.add(strconv.FormatInt(m.ID, 10), fmt.Sprintf("person:%d", m.Kept), fmt.Sprintf("person:%d", m.Gone), when, m.By, m.Reason)
	}
	return t.write(p.Stdout)
}

// pairArgs name two people.
type pairArgs struct {
	duplicateFlags
	Reason string `required:"" placeholder:"TEXT" help:"Why; it is kept with the record."`
}

// compare reads two people of the folder.
func (f *pairArgs) compare(r *store.Reader, o outbreak.ID, a, b string) (one, other person.ID, version int64, err error) {
	if one, err = r.PersonCalled(o, a); err != nil {
		return 0, 0, 0, err
	}
	if other, err = r.PersonCalled(o, b); err != nil {
		return 0, 0, 0, err
	}
	version, err = r.PairVersion(one, other)
	return one, other, version, err
}

// compareAt reads two people through a server.
func (f *pairArgs) compareAt(ctx context.Context, at *remote, a, b string) (one, other, version int64, err error) {
	var k api.Lookalike
	if err := at.get(ctx, f.path("/duplicates/pair"), url.Values{"a": {a}, "b": {b}}, &k); err != nil {
		return 0, 0, 0, err
	}
	return k.A.Person, k.B.Person, k.Version, nil // in the order asked
}

type duplicatesMergeCmd struct {
	pairArgs
	Keep    string   `arg:"" help:"The record that goes on: code of a case or a contact, or person:NUMBER."`
	Gone    string   `arg:"" help:"The record that is merged into it."`
	Version int64    `placeholder:"N" help:"Version of the pair as list prints it: refuse the merge if somebody changed either since. Without it the pair is taken as it is now."`
	Take    []string `placeholder:"FIELD" help:"Field in which the record that goes counts, such as case.onset or person.sex; may be repeated or parted by commas."`
}

// Help is shown below the flags.
func (duplicatesMergeCmd) Help() string {
	return "What only one of the two records says is kept; where they differ, the one that goes on counts, except in the fields of --take. Samples, contacts and links move over. " +
		"A record that was merged already ends with code 2 and says into which."
}

// Run merges the two.
func (c *duplicatesMergeCmd) Run(ctx context.Context, p *process) error {
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	var out api.Merge
	if at != nil {
		kept, gone, version, err := c.compareAt(ctx, at, c.Keep, c.Gone)
		if err != nil {
			return err
		}
		if c.Version != 0 {
			version = c.Version
		}
		if err := at.send(ctx, http.MethodPost, c.path("/duplicates/merge"), api.MergeOrder{Kept: kept, Gone: gone, Version: version, Reason: c.Reason, Take: c.Take}, &out); err != nil {
			return err
		}
	} else {
		err = c.in(ctx, p, func(cmds *command.Commands, o outbreak.Outbreak) error {
			in := command.MergePeople{Reason: c.Reason, Take: c.Take}
			if err := cmds.DB().View(ctx, func(r *store.Reader) (err error) {
				in.Kept, in.Gone, in.Seen, err = c.compare(r, o.ID, c.Keep, c.Gone)
				return err
			}); err != nil {
				return err
			}
			if c.Version != 0 {
				in.Seen = c.Version
			}
			m, err := cmds.MergePeople(ctx, p.owner(), in)
			out = api.MergeOf(m)
			return err
		})
		if err != nil {
			return err
		}
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	_, err = fmt.Fprintf(p.Stdout, "%s was merged into %s (merge %d)\n", c.Gone, c.Keep, out.ID)
	return err
}

type duplicatesApartCmd struct {
	pairArgs
	One   string `arg:"" help:"Code of a case or a contact, or person:NUMBER."`
	Other string `arg:"" help:"The one who is somebody else."`
}

// Run tells the two apart.
func (c *duplicatesApartCmd) Run(ctx context.Context, p *process) error {
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	var out api.Apart
	if at != nil {
		one, other, _, err := c.compareAt(ctx, at, c.One, c.Other)
		if err != nil {
			return err
		}
		if err := at.send(ctx, http.MethodPost, c.path("/duplicates/apart"), api.ApartOrder{One: one, Other: other, Reason: c.Reason}, &out); err != nil {
			return err
		}
	} else {
		err = c.in(ctx, p, func(cmds *command.Commands, o outbreak.Outbreak) error {
			in := command.TellApart{Reason: c.Reason}
			if err := cmds.DB().View(ctx, func(r *store.Reader) (err error) {
				in.One, in.Other, _, err = c.compare(r, o.ID, c.One, c.Other)
				return err
			}); err != nil {
				return err
			}
			out = api.Apart{One: int64(in.One), Other: int64(in.Other)}
			return cmds.TellApart(ctx, p.owner(), in)
		})
		if err != nil {
			return err
		}
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	_, err = fmt.Fprintf(p.Stdout, "%s and %s are two people\n", c.One, c.Other)
	return err
}

type duplicatesUnmergeCmd struct {
	duplicateFlags
	Merge  int64  `arg:"" help:"Number of the merge, as merge and list --merges print it."`
	Reason string `required:"" placeholder:"TEXT" help:"Why; it is kept with the record."`
}

// Run takes the merge back.
func (c *duplicatesUnmergeCmd) Run(ctx context.Context, p *process) error {
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	var out api.Merge
	if at != nil {
		if err := at.send(ctx, http.MethodPost, c.path("/duplicates/unmerge"), api.UnmergeOrder{Merge: c.Merge, Reason: c.Reason}, &out); err != nil {
			return err
		}
	} else {
		err = c.in(ctx, p, func(cmds *command.Commands, o outbreak.Outbreak) error {
			if err := cmds.DB().View(ctx, func(r *store.Reader) error {
				_, _, err := r.MergeWithin(o.ID, store.Everywhere(), c.Merge)
				return err
			}); err != nil {
				return err
			}
			m, err := cmds.UnmergePeople(ctx, p.owner(), command.UnmergePeople{Merge: c.Merge, Reason: c.Reason})
			out = api.MergeOf(m)
			return err
		})
		if err != nil {
			return err
		}
	}
	if c.JSON {
		return p.writeJSON(out)
	}
	_, err = fmt.Fprintf(p.Stdout, "merge %d was taken back\n", out.ID)
	return err
}
