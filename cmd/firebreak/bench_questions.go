package main

import (
	"context"
	"math/rand/v2"
	"net/url"
	"time"

	"firebreak/internal/benchload"
	"firebreak/internal/day"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// The limits that the project has set itself, for the 95th percentile.
const (
	listLimit      = 200 * time.Millisecond
	nowLimit       = 500 * time.Millisecond
	duplicateLimit = 100 * time.Millisecond
)

// everyone are the sorts of user: the root of the tree, the city below it (nearly everything, and yet not everything), districts, streets.
func everyone() []string { return []string{"nation", "city", "district", "street"} }

// questions are what is measured. Deep pages begin in the middle of the list: their cursor is that of a page that a filter on the list's own order leads to.
func (b *bench) questions(ctx context.Context) ([]question, error) {
	deep, err := b.cursors(ctx)
	if err != nil {
		return nil, err
	}
	today := day.In(benchNow, b.load.Zone)
	caseAt := func(r *rand.Rand) string { return benchload.CaseCode(r.IntN(b.c.Cases)) }
	contactAt := func(r *rand.Rand) string { return benchload.ContactCode(r.IntN(max(b.c.Contacts, 1))) }
	fixed := func(path string) func(*rand.Rand, *benchUser) string {
		return func(*rand.Rand, *benchUser) string { return "/o/" + benchOutbreak + path }
	}
	var out []question
	each := func(limit time.Duration, name string, path func(*rand.Rand, *benchUser) string) {
		for _, who := range everyone() {
			out = append(out, question{name: name, who: who, limit: limit, path: path})
		}
	}
	list := func(screen, query string) {
		name := screen
		if query != "" {
			name += "?" + query
		}
		each(listLimit, name, fixed("/"+name))
		if sort, ok := deep[screen+"?"+query]; ok {
			each(listLimit, name+", deep", fixed("/"+screen+"?"+query+"&after="+url.QueryEscape(sort)))
		}
	}
	each(nowLimit, "now", fixed("/now"))
	for _, part := range []string{"figures", "duties", "events"} {
		each(nowLimit, "now, part "+part, fixed("/now?part="+part))
	}
	for _, q := range []string{"", "sort=reported", "sort=-onset", "sort=onset", "sort=-case", "sort=case", "sort=-entered", "class=suspected", "class=discarded&sort=onset", "class=confirmed&class=asymptomatic", "outcome=open", "outcome=died&sort=case",
		"found=outside", "found=inside&sort=-onset", "late=1", "late=1&sort=-onset", "since=" + today.Add(-1).String() + "&until=" + today.String(), "onset_from=" + today.Add(-200).String() + "&onset_to=" + today.Add(-190).String(),
		"onset_from=" + today.Add(-200).String() + "&onset_to=" + today.Add(-190).String() + "&sort=case", "class=suspected&found=inside&outcome=open", "class=discarded&found=outside&outcome=open&sort=-onset", "class=probable&outcome=died",
		"field=cluster&value=cluster+1", "field=occupation&value=nurse&outcome=open"} {
		list("cases", q)
	}
	each(listLimit, "cases?q=code", func(r *rand.Rand, _ *benchUser) string { return "/o/" + benchOutbreak + "/cases?q=" + caseAt(r)[:6] })
	each(listLimit, "cases?area=community", func(r *rand.Rand, u *benchUser) string {
		return "/o/" + benchOutbreak + "/cases?area=" + b.community(r, u)
	})
	each(listLimit, "cases?area=community&class=suspected&sort=onset", func(r *rand.Rand, u *benchUser) string {
		return "/o/" + benchOutbreak + "/cases?class=suspected&sort=onset&area=" + b.community(r, u)
	})
	for _, q := range []string{"", "sort=listed", "sort=ends", "sort=-ends", "sort=contact", "sort=-contact", "tier=close", "tier=secondary&sort=ends", "state=followed", "state=listed&sort=ends", "state=lost", "state=became_case&sort=contact", "state=lost&tier=general&sort=contact",
		"late=1", "late=1&sort=ends", "ends_from=" + today.String() + "&ends_to=" + today.String(), "ends_from=" + today.Add(-100).String() + "&ends_to=" + today.Add(-90).String() + "&sort=contact"} {
		list("contacts", q)
	}
	each(listLimit, "contacts?q=code", func(r *rand.Rand, _ *benchUser) string {
		return "/o/" + benchOutbreak + "/contacts?q=" + contactAt(r)[:6]
	})
	each(listLimit, "contacts?case=code", func(r *rand.Rand, _ *benchUser) string { return "/o/" + benchOutbreak + "/contacts?case=" + caseAt(r) })
	each(listLimit, "contacts?area=community", func(r *rand.Rand, u *benchUser) string {
		return "/o/" + benchOutbreak + "/contacts?area=" + b.community(r, u)
	})
	for _, q := range []string{"", "sort=-due", "status=late", "status=duesoon", "status=all", "status=all&sort=-due", "status=done", "status=done&sort=-due", "status=void", "status=waived&sort=-due", "duty=isolated", "duty=isolated&status=late", "duty=traced&status=all", "kind=check_contact", "kind=move_case",
		"owner=epidemiologist", "owner=hospital&status=late", "owner=isolation-staff&status=all", "mine=1"} {
		list("tasks", q)
	}
	each(listLimit, "tasks?q=code", func(r *rand.Rand, _ *benchUser) string {
		return "/o/" + benchOutbreak + "/tasks?status=all&q=" + caseAt(r)
	})
	each(listLimit, "tasks?area=community", func(r *rand.Rand, u *benchUser) string {
		return "/o/" + benchOutbreak + "/tasks?status=all&area=" + b.community(r, u)
	})
	each(listLimit, "followup", fixed("/followup"))
	each(listLimit, "search?q=code", func(r *rand.Rand, _ *benchUser) string { return "/o/" + benchOutbreak + "/search?q=" + caseAt(r) })
	each(listLimit, "search?q=area", fixed("/search?q=lai"))
	out = append(out,
		question{name: "cases/one", who: "nation", limit: listLimit, path: func(r *rand.Rand, _ *benchUser) string { return "/o/" + benchOutbreak + "/cases/" + caseAt(r) }},
		question{name: "contacts/one", who: "nation", limit: listLimit, path: func(r *rand.Rand, _ *benchUser) string { return "/o/" + benchOutbreak + "/contacts/" + contactAt(r) }},
		question{name: "duplicates of somebody typed in", who: "nation", limit: duplicateLimit, call: b.duplicates},
		question{name: "duplicates of somebody typed in", who: "district", limit: duplicateLimit, call: b.duplicates})
	for _, who := range everyone() {
		out = append(out, question{name: "coverage, all time", who: who, limit: nowLimit, call: func(ctx context.Context, _ *rand.Rand, u *benchUser) error {
			return b.db.View(ctx, func(r *store.Reader) error {
				_, err := r.Coverage(b.o.ID, store.Everywhere().At(u.area.ID), time.Time{}, time.Time{}, b.db.Now())
				return err
			})
		}})
		out = append(out, question{name: "coverage, a cut week", who: who, limit: nowLimit, call: func(ctx context.Context, rng *rand.Rand, u *benchUser) error {
			from := benchNow.Add(-time.Duration(rng.IntN(300*24*60)) * time.Minute)
			return b.db.View(ctx, func(r *store.Reader) error {
				_, err := r.Coverage(b.o.ID, store.Everywhere().At(u.area.ID), from, from.Add(7*24*time.Hour), b.db.Now())
				return err
			})
		}})
	}
	return out, nil
}

// community is a smallest area that the user sees.
func (b *bench) community(r *rand.Rand, u *benchUser) string {
	list := b.tree.Subtree(u.area.ID)
	for range 100 {
		if j := list[r.IntN(len(list))]; j.Level == place.Community {
			return j.Code
		}
	}
	return u.area.Code
}

// duplicates is the look-up before a case is entered: somebody like a case that is there, in the same community within days.
func (b *bench) duplicates(ctx context.Context, rng *rand.Rand, u *benchUser) error {
	c := b.load.Case(rng.IntN(b.c.Cases))
	like := store.Likeness{Outbreak: b.o.ID, Code: "new", Sex: c.Who.Sex, Born: c.Who.Born, Age: c.Who.Age, Area: c.Area, Onset: c.Onset}
	if like.Onset.IsZero() {
		like.Onset = c.Sampled
	}
	if like.Age == person.AgeUnknown && like.Born.IsZero() {
		like.Age = 40
	}
	return b.db.View(ctx, func(r *store.Reader) error {
		_, err := r.Duplicates(like, store.Everywhere().At(u.area.ID))
		return err
	})
}

// cursors are those of pages in the middle of the lists, by screen and query.
func (b *bench) cursors(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	all := store.Everywhere()
	middle := day.In(benchNow, b.load.Zone).Add(-160) // half of the cases fell ill before about then
	at := middle.Start(b.load.Zone)
	err := b.db.View(ctx, func(r *store.Reader) error {
		cases := func(query string, f store.CaseFilter, order store.CaseOrder, desc bool) error {
			f.Outbreak, f.Within = b.o.ID, all
			got, err := r.Cases(f, order, store.Page{Limit: 50, Desc: desc})
			out["cases?"+query] = got.Next
			return err
		}
		contacts := func(query string, f store.ContactFilter, order store.ContactOrder, desc bool) error {
			f.Outbreak, f.Within = b.o.ID, all
			got, err := r.Contacts(f, order, store.Page{Limit: 50, Desc: desc})
			out["contacts?"+query] = got.Next
			return err
		}
		tasks := func(query string, f store.TaskFilter, desc bool) error {
			f.Outbreak, f.Within = b.o.ID, all
			got, err := r.Tasks(f, store.ByDue, store.Page{Limit: 50, Desc: desc})
			out["tasks?"+query] = got.Next
			return err
		}
		done := []task.State{task.Done}
		for _, err := range []error{
			cases("", store.CaseFilter{Reported: store.InstantRange{Before: at}}, store.CasesByReported, true),
			cases("sort=reported", store.CaseFilter{Reported: store.InstantRange{From: at}}, store.CasesByReported, false),
			cases("sort=-onset", store.CaseFilter{OnsetOn: store.DayRange{To: middle}}, store.CasesByOnset, true),
			cases("found=inside&sort=-onset", store.CaseFilter{OnsetOn: store.DayRange{To: middle}}, store.CasesByOnset, true),
			cases("sort=case", store.CaseFilter{Code: benchload.CaseCode(b.c.Cases / 2)[:5]}, store.CasesByCode, false),
			contacts("", store.ContactFilter{Listed: store.InstantRange{Before: at}}, store.ContactsByListed, true),
			contacts("sort=ends", store.ContactFilter{EndsOn: store.DayRange{From: middle}}, store.ContactsByEnd, false),
			contacts("sort=contact", store.ContactFilter{Code: benchload.ContactCode(b.c.Contacts / 2)[:5]}, store.ContactsByCode, false),
			tasks("status=all", store.TaskFilter{DueFrom: at}, false),
			tasks("status=done&sort=-due", store.TaskFilter{States: done, DueBefore: at}, true),
		} {
			if err != nil {
				return err
			}
		}
		return nil
	})
	for k, v := range out {
		if v == "" {
			delete(out, k)
		}
	}
	return out, err
}
