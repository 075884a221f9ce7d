package sitrep_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/command"
	"firebreak/internal/contact"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/sitrep"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

// fixture is an outbreak in two districts: three confirmed cases in the east, one probable in the west, one discarded.
type fixture struct {
	t    *testing.T
	db   *store.DB
	cmds *command.Commands
	o    outbreak.Outbreak
	now  time.Time

	contacts []contact.ID
}

var now = time.Date(2022, 3, 14, 4, 0, 0, 0, time.UTC)

func newFixture(t *testing.T, open storetest.Open) *fixture {
	t.Helper()
	f := &fixture{t: t, now: now}
	f.db = open(func(o *store.Options) { o.Now = func() time.Time { return f.now } })
	f.cmds = command.New(f.db, nil)
	f.must(f.db.Update(t.Context(), func(tx *store.Tx) error {
		ref, err := tx.Append(journal.Entry{Kind: journal.AreasImported, Actor: "test"})
		if err != nil {
			return err
		}
		_, _, _, err = tx.PutAreas([]place.NewJurisdiction{
			{Jurisdiction: place.Jurisdiction{Code: "3", Name: "City", Level: place.City}},
			{Jurisdiction: place.Jurisdiction{Code: "31", Name: "East", Level: place.District}, ParentCode: "3"},
			{Jurisdiction: place.Jurisdiction{Code: "32", Name: "West", Level: place.District}, ParentCode: "3"},
		}, nil, ref.Seq)
		return err
	}))
	var err error
	f.o, err = f.cmds.StartOutbreak(t.Context(), command.Owner("test"), command.StartOutbreak{Name: "o", Pack: "mers/who", Zone: "Asia/Shanghai", Area: "3"})
	f.must(err)
	first := f.add("1", map[string]string{"class": "confirmed", "area": "31", "onset": "2022-03-01", "reported_at": "2022-03-05", "confirmed_at": "2022-03-06 12:00", "isolated_at": "2022-03-06 18:00",
		"investigated_at": "2022-03-07 09:00", "listed_at": "2022-03-07 10:00", "found": "community"})
	second := f.add("2", map[string]string{"class": "confirmed", "area": "31", "onset": "2022-03-04", "reported_at": "2022-03-06", "confirmed_at": "2022-03-07 12:00", "isolated_at": "2022-03-06", "listed_at": "2022-03-08 10:00", "found": "isolation"})
	f.add("3", map[string]string{"class": "confirmed", "area": "31", "onset": "2022-03-04", "reported_at": "2022-03-13", "confirmed_at": "2022-03-13 12:00", "found": "isolation"})
	f.add("4", map[string]string{"class": "probable", "area": "32", "onset": "2022-03-08", "reported_at": "2022-03-09"})
	f.add("5", map[string]string{"class": "discarded", "area": "32", "onset": "2022-02-01", "reported_at": "2022-02-02"})
	// Of the first case's contacts one was in quarantine in time, of the second's one was not.
	f.contact("1-1", first, "2022-03-08 09:00")
	f.contact("2-1", second, "2022-03-08 09:00")
	f.contact("2-2", second, "2022-03-12 09:00")
	return f
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) add(code string, fields map[string]string) cases.ID {
	f.t.Helper()
	c, err := f.cmds.AddCase(f.t.Context(), command.Owner("test"), command.AddCase{Outbreak: "o", Code: code, Fields: fields})
	f.must(err)
	return c.ID
}

func (f *fixture) contact(code string, of cases.ID, quarantine string) {
	f.t.Helper()
	c, err := f.cmds.ListContact(f.t.Context(), command.Owner("test"), command.ListContact{Outbreak: "o", Code: code, Case: of,
		Fields: map[string]string{"tier": "close", "area": "31", "last_exposed": "2022-03-04"}})
	f.must(err)
	_, err = f.cmds.CorrectContact(f.t.Context(), command.Owner("test"), command.CorrectContact{Contact: c.ID, Version: c.Version, Fields: map[string]string{"quarantine_at": quarantine}})
	f.must(err)
	f.contacts = append(f.contacts, c.ID)
}

func (f *fixture) read(w store.Within, opts sitrep.Options) *sitrep.Report {
	f.t.Helper()
	var rep *sitrep.Report
	f.must(f.db.View(f.t.Context(), func(r *store.Reader) (err error) {
		rep, err = sitrep.Read(r, f.o, w, opts)
		return err
	}))
	return rep
}

func TestTargetsAndDelays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		f := newFixture(t, open)
		rep := f.read(store.Everywhere(), sitrep.Options{Now: now})
		m := rep.Targets.Milestones
		if got, want := []string{m.Emerged.String(), m.Detected.String(), m.Notified.String(), m.Responded.String()}, []string{"2022-03-01", "2022-03-05", "2022-03-05", "2022-03-07"}; !slices.Equal(got, want) {
			t.Errorf("milestones %v, want %v", got, want)
		}
		if e := rep.Targets.S717; e.All == nil || !*e.All || *e.Detect.Days != 4 || *e.Notify.Days != 0 || *e.Respond.Days != 2 {
			t.Errorf("7-1-7: %+v", e)
		}
		// The third case still has time; the second missed by one contact; probable cases are not judged.
		if tr := rep.Targets.Tracing; tr.Cases.Met != 1 || tr.Cases.Known != 2 || tr.Contacts.Met != 2 || tr.Contacts.Known != 3 || tr.Pending != 1 {
			t.Errorf("tracing: %+v", tr)
		}
		i := slices.IndexFunc(rep.Delays, func(d sitrep.StepDelay) bool { return d.From == "onset" && d.To == "report" })
		if i < 0 || rep.Delays[i].N != 4 || *rep.Delays[i].Median != 3 || *rep.Delays[i].Max != 9 {
			t.Errorf("delays: %+v", rep.Delays)
		}
		if rep.Cases != 4 || rep.Growth == nil || len(rep.CaseR) == 0 {
			t.Errorf("%d cases, growth %v, %d weeks", rep.Cases, rep.Growth, len(rep.CaseR))
		}
		// Without a now, nothing is missed that has only not happened yet.
		if tr := f.read(store.Everywhere(), sitrep.Options{}).Targets.Tracing; tr.Pending != 1 {
			t.Errorf("tracing without a now: %+v", tr)
		}
		// Whoever was in quarantine in time stays so after their release.
		f.now = now.AddDate(0, 0, 30)
		for _, id := range f.contacts {
			_, err := f.cmds.RecordCheck(t.Context(), command.Owner("test"), command.RecordCheck{Contact: id, Seen: true})
			f.must(err)
		}
		_, err := f.cmds.Tick(t.Context())
		f.must(err)
		f.must(f.db.View(t.Context(), func(r *store.Reader) error {
			return r.EachContact(f.o.ID, func(c contact.Contact) error {
				if c.State != contact.Released {
					t.Errorf("contact %s is %s", c.Code, c.State)
				}
				return nil
			})
		}))
		if tr := f.read(store.Everywhere(), sitrep.Options{Now: now}).Targets.Tracing; tr.Cases.Met != 1 || tr.Contacts.Met != 2 {
			t.Errorf("tracing after release: %+v", tr)
		}
	})
}

func TestCurveIsCut(t *testing.T) {
	t.Parallel()
	f := newFixture(t, storetest.SQLite(t))
	for _, c := range []struct {
		opts   sitrep.Options
		series []string
		days   int
		by     sitrep.By
		last   []int // of the last day
	}{
		{sitrep.Options{}, nil, 8, sitrep.ByOnset, nil},
		{sitrep.Options{By: sitrep.ByReport, Split: sitrep.SplitClass}, []string{"confirmed", "probable"}, 9, sitrep.ByReport, []int{1, 0}},
		{sitrep.Options{Split: sitrep.SplitArea}, []string{"31", "32"}, 8, sitrep.ByOnset, []int{0, 1}},
		{sitrep.Options{By: sitrep.ByConfirmation, Split: sitrep.SplitFound}, []string{"community", "isolated"}, 8, sitrep.ByConfirmation, []int{0, 1}},
	} {
		rep := f.read(store.Everywhere(), c.opts)
		n := len(rep.EpiCurve)
		if !slices.Equal(rep.Series, c.series) || n != c.days || rep.By != c.by || !slices.Equal(rep.EpiCurve[n-1].By, c.last) {
			t.Errorf("%+v: series %v, %d days by %s, last %+v", c.opts, rep.Series, n, rep.By, rep.EpiCurve[n-1])
		}
		// However the curve is drawn, the reproduction number is by onset.
		if len(rep.Rt) == 0 || rep.Rt[0].Start.String() != "2022-03-02" {
			t.Errorf("%+v: Rt from %v", c.opts, rep.Rt[:min(1, len(rep.Rt))])
		}
	}
	err := f.db.View(t.Context(), func(r *store.Reader) error {
		_, err := sitrep.Read(r, f.o, store.Everywhere(), sitrep.Options{Split: "colour"})
		return err
	})
	var wrong *sitrep.OptionError
	if !errors.As(err, &wrong) || wrong.Option != "split" {
		t.Errorf("split by colour: %v", err)
	}
}
