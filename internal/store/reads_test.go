package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/cluster"
	"firebreak/internal/day"
	"firebreak/internal/journal"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
	"firebreak/internal/task"
	"firebreak/internal/zone"
)

// areaIDs are the jurisdictions of a tree by their codes.
func areaIDs(tree *place.Tree) map[string]place.AreaID {
	out := map[string]place.AreaID{}
	for _, j := range tree.All() {
		out[j.Code] = j.ID
	}
	return out
}

func startOutbreak(t *testing.T, db *store.DB, name string) outbreak.ID {
	t.Helper()
	o := outbreak.Outbreak{Name: name, Title: name, Zone: "UTC", Pack: "covid19/2022-v9@1", Phase: outbreak.Active, StartedAt: taskNoon}
	update(t, db, func(tx *store.Tx) error { return tx.AddOutbreak(&o) })
	return o.ID
}

func TestZoneList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		at := areaIDs(city(t, db, 2, 1, 2)) // districts 100 and 101, each with a street 000 and communities 000 and 001
		o, other := startOutbreak(t, db, "o"), startOutbreak(t, db, "other")
		var ids []zone.ID
		for i, z := range []struct {
			o     outbreak.ID
			area  string
			state zone.State
		}{{o, "100000000", zone.Proposed}, {o, "100000001", zone.InForce}, {o, "101000000", zone.Lifted}, {o, "101000001", zone.Proposed}, {other, "100000000", zone.Proposed}} {
			row := zone.Zone{Outbreak: z.o, Area: at[z.area], District: at[z.area[:3]], Level: "high", State: z.state, ProposedAt: taskNoon.Add(time.Duration(i) * time.Hour)}
			update(t, db, func(tx *store.Tx) error { return tx.AddZone(&row) })
			ids = append(ids, row.ID)
		}
		within := func(code string) store.Within {
			return store.Within{Scope: auth.Scope{Roots: []place.AreaID{at[code]}}}
		}
		for name, tc := range map[string]struct {
			f     store.ZoneFilter
			limit int
			want  []int // of ids
		}{
			"all, newest first":         {store.ZoneFilter{Within: store.Everywhere()}, 10, []int{3, 2, 1, 0}},
			"a page":                    {store.ZoneFilter{Within: store.Everywhere()}, 2, []int{3, 2}},
			"the page after":            {store.ZoneFilter{Within: store.Everywhere(), Before: ids[2]}, 2, []int{1, 0}},
			"of two states":             {store.ZoneFilter{Within: store.Everywhere(), States: []zone.State{zone.InForce, zone.Lifted}}, 10, []int{2, 1}},
			"in a district":             {store.ZoneFilter{Within: within("101")}, 10, []int{3, 2}},
			"in a community":            {store.ZoneFilter{Within: within("100000001")}, 10, []int{1}},
			"proposed, in one, before":  {store.ZoneFilter{Within: within("100"), States: []zone.State{zone.Proposed}, Before: ids[1]}, 10, []int{0}},
			"asked for outside the own": {store.ZoneFilter{Within: within("100").At(at["101"])}, 10, nil},
			"nowhere":                   {store.ZoneFilter{}, 10, nil},
		} {
			tc.f.Outbreak = o
			var got []int
			view(t, db, func(r *store.Reader) error {
				list, err := r.ZoneList(tc.f, tc.limit)
				for _, z := range list {
					got = append(got, slices.Index(ids, z.ID))
				}
				return err
			})
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s: %v, want %v", name, got, tc.want)
			}
		}
	})
}

func TestClusterList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		at := areaIDs(city(t, db, 2, 1, 2))
		o, other := startOutbreak(t, db, "o"), startOutbreak(t, db, "other")
		var ids []cluster.ID
		for _, k := range []struct {
			o     outbreak.ID
			area  string
			kind  cluster.Kind
			state cluster.State
		}{{o, "100000000", cluster.School, cluster.Open}, {o, "100000001", cluster.Household, cluster.Closed}, {o, "101", cluster.School, cluster.Open}, {o, "101000001", cluster.Household, cluster.Open}, {other, "100000000", cluster.School, cluster.Open}} {
			row := cluster.Cluster{Outbreak: k.o, Name: "x", Area: at[k.area], District: at[k.area[:3]], Kind: k.kind, State: k.state, OpenedAt: taskNoon}
			update(t, db, func(tx *store.Tx) error { return tx.AddCluster(&row) })
			ids = append(ids, row.ID)
		}
		within := func(code string) store.Within {
			return store.Within{Scope: auth.Scope{Roots: []place.AreaID{at[code]}}}
		}
		for name, tc := range map[string]struct {
			f     store.ClusterFilter
			limit int
			want  []int // of ids
		}{
			"all, newest first":         {store.ClusterFilter{Within: store.Everywhere()}, 10, []int{3, 2, 1, 0}},
			"a page":                    {store.ClusterFilter{Within: store.Everywhere()}, 2, []int{3, 2}},
			"the page after":            {store.ClusterFilter{Within: store.Everywhere(), Before: ids[2]}, 2, []int{1, 0}},
			"of a kind":                 {store.ClusterFilter{Within: store.Everywhere(), Kind: cluster.School}, 10, []int{2, 0}},
			"closed":                    {store.ClusterFilter{Within: store.Everywhere(), State: cluster.Closed}, 10, []int{1}},
			"in a district":             {store.ClusterFilter{Within: within("101")}, 10, []int{3, 2}},
			"in a community":            {store.ClusterFilter{Within: within("100000001")}, 10, []int{1}},
			"open, in one, before":      {store.ClusterFilter{Within: within("100"), State: cluster.Open, Before: ids[1]}, 10, []int{0}},
			"asked for outside the own": {store.ClusterFilter{Within: within("100").At(at["101"])}, 10, nil},
			"nowhere":                   {store.ClusterFilter{}, 10, nil},
		} {
			tc.f.Outbreak = o
			var got []int
			view(t, db, func(r *store.Reader) error {
				list, err := r.ClusterList(tc.f, tc.limit)
				for _, k := range list {
					got = append(got, slices.Index(ids, k.ID))
				}
				return err
			})
			if !slices.Equal(got, tc.want) {
				t.Errorf("%s: %v, want %v", name, got, tc.want)
			}
		}
	})
}

func TestLastCommunityCases(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		at := areaIDs(city(t, db, 2, 1, 1))
		o, other := startOutbreak(t, db, "o"), startOutbreak(t, db, "other")
		hour := func(n int) time.Time { return taskNoon.Add(time.Duration(n) * time.Hour) }
		update(t, db, func(tx *store.Tx) error {
			var list []*store.NewCase
			for i, k := range []struct {
				o     outbreak.ID
				area  string
				class cases.Class
				found cases.Found
				hour  int
			}{
				{o, "100000000", cases.Confirmed, cases.FoundCommunity, 1},
				{o, "100000000", cases.Asymptomatic, cases.FoundCommunity, 3}, // an infection too
				{o, "100000000", cases.Confirmed, cases.FoundInIsolation, 9},  // had met nobody
				{o, "100000000", cases.Discarded, cases.FoundCommunity, 8},    // is none
				{o, "101000000", cases.Confirmed, "", 2},                      // not known to be isolated: counts
				{other, "100000000", cases.Confirmed, cases.FoundCommunity, 7},
			} {
				id, err := tx.CaseIDs(1)
				if err != nil {
					return err
				}
				list = append(list, &store.NewCase{Case: cases.Case{ID: id, Outbreak: k.o, Code: fmt.Sprint("K", i), Class: k.class, Found: k.found, Area: at[k.area], District: at[k.area[:3]], ConfirmedAt: hour(k.hour), Onset: day.In(taskNoon, time.UTC)}})
			}
			return tx.AddCases(list)
		})
		view(t, db, func(r *store.Reader) error {
			want := map[string]time.Time{"1": hour(3), "100": hour(3), "100000000": hour(3), "101": hour(2), "101000": hour(2)}
			var areas []place.AreaID
			for code := range want {
				areas = append(areas, at[code])
			}
			got, err := r.LastCommunityCases(o, areas...)
			for code, want := range want {
				if !got[at[code]].Equal(want) {
					t.Errorf("area %s: %s, want %s", code, got[at[code]], want)
				}
			}
			return err
		})
		view(t, db, func(r *store.Reader) error {
			got, err := r.LastCommunityCases(other, at["101"])
			if len(got) != 0 {
				t.Errorf("an area without a case: %v, want none", got)
			}
			return err
		})
	})
}

func TestEntriesAreFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		now := taskNoon
		db := open(func(o *store.Options) { o.Now = func() time.Time { return now } })
		mine, yours := task.Subject{Kind: task.OnCase, ID: 7}, task.Subject{Kind: task.OnContact, ID: 7} // the same number, not the same thing
		var seqs []int64
		for i, e := range []journal.Entry{
			{Kind: journal.CaseConfirmed, Subject: mine, Actor: "ada"},
			{Kind: journal.CaseCorrected, Subject: mine, Actor: "bo"},
			{Kind: journal.ContactListed, Subject: yours, Actor: "ada"},
			{Kind: journal.CaseCorrected, Subject: mine, Actor: "ada"},
			{Kind: journal.CaseClosed, Subject: mine, Actor: "bo"},
		} {
			now = taskNoon.Add(time.Duration(i) * time.Hour)
			update(t, db, func(tx *store.Tx) error {
				ref, err := tx.Append(e)
				seqs = append(seqs[:i], ref.Seq)
				return err
			})
		}
		index := func(list []journal.Entry) (out []int) {
			for _, e := range list {
				out = append(out, slices.Index(seqs, e.Seq))
			}
			return out
		}
		end := seqs[4] + 1
		for name, tc := range map[string]struct {
			seq, window int64
			f           store.EntryFilter
			limit       int
			want        []int
			back        int64
		}{
			"newest first":        {end, 100, store.EntryFilter{}, 10, []int{4, 3, 2, 1, 0}, 1},
			"a page":              {end, 100, store.EntryFilter{}, 2, []int{4, 3}, seqs[3]},
			"the page after":      {seqs[3], 100, store.EntryFilter{}, 2, []int{2, 1}, seqs[1]},
			"no further back":     {end, 2, store.EntryFilter{}, 10, []int{4, 3}, end - 2},
			"of a kind":           {end, 100, store.EntryFilter{Kind: journal.CaseCorrected}, 10, []int{3, 1}, 1},
			"by somebody":         {end, 100, store.EntryFilter{Actor: "bo"}, 10, []int{4, 1}, 1},
			"about something":     {end, 100, store.EntryFilter{Subject: yours}, 10, []int{2}, 1},
			"in a time":           {end, 100, store.EntryFilter{From: taskNoon.Add(time.Hour), Until: taskNoon.Add(3 * time.Hour)}, 10, []int{2, 1}, 1},
			"of all that at once": {end, 100, store.EntryFilter{Kind: journal.CaseCorrected, Actor: "ada", Subject: mine, From: taskNoon.Add(3 * time.Hour)}, 10, []int{3}, 1},
		} {
			view(t, db, func(r *store.Reader) error {
				list, back, err := r.EntriesBefore(tc.seq, tc.window, tc.f, tc.limit)
				if got := index(list); !slices.Equal(got, tc.want) || back != tc.back {
					t.Errorf("%s: %v looking back to %d, want %v to %d", name, got, back, tc.want, tc.back)
				}
				return err
			})
		}
		view(t, db, func(r *store.Reader) error {
			list, err := r.EntriesOfKinds(mine, journal.CaseCorrected, journal.CaseClosed)
			if got := index(list); !slices.Equal(got, []int{1, 3, 4}) {
				t.Errorf("entries of two kinds, oldest first: %v, want 1, 3, 4", got)
			}
			return err
		})
		view(t, db, func(r *store.Reader) error {
			list, err := r.EntriesOfKinds(yours, journal.CaseCorrected)
			if len(list) != 0 {
				t.Errorf("entries of a kind that there is none of: %v", index(list))
			}
			return err
		})
	})
}

func TestSessionsOf(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		db := open()
		ctx, now := t.Context(), taskNoon
		ada, bo := store.User{Login: "ada", Title: "Ada"}, store.User{Login: "bo", Title: "Bo"}
		update(t, db, func(tx *store.Tx) error { return tx.AddUser(&ada, "h") })
		update(t, db, func(tx *store.Tx) error { return tx.AddUser(&bo, "h") })
		sessions, err := auth.NewSessions(db.Sessions(), auth.SessionPolicy{})
		if err != nil {
			t.Fatal(err)
		}
		start := func(u auth.UserID, at time.Time) auth.SessionToken {
			token, _, err := sessions.Start(ctx, u, auth.SessionToken{}, at)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		first, second, theirs := start(ada.ID, now), start(ada.ID, now.Add(20*time.Minute)), start(bo.ID, now)
		of := func(u auth.UserID) (out []auth.Session) {
			view(t, db, func(r *store.Reader) (err error) { out, err = r.SessionsOf(u); return err })
			return out
		}
		got := of(ada.ID)
		if len(got) != 2 || got[0].Hash != second.Hash() || got[1].Hash != first.Hash() || got[0].UserID != ada.ID || !got[1].StartedAt.Equal(now) || !got[1].SeenAt.Equal(now) {
			t.Fatalf("sessions %+v, want the one begun last first", got)
		}
		if list := of(bo.ID); len(list) != 1 || list[0].Hash != theirs.Hash() {
			t.Errorf("of somebody else: %+v", list)
		}
		// The one last used comes first.
		if _, err := sessions.Find(ctx, first, now.Add(25*time.Minute)); err != nil {
			t.Fatal(err)
		}
		if got := of(ada.ID); got[0].Hash != first.Hash() || !got[0].SeenAt.Equal(now.Add(25*time.Minute)) {
			t.Errorf("after a use %+v", got)
		}
		if err := sessions.End(ctx, second); err != nil {
			t.Fatal(err)
		}
		if got := of(ada.ID); len(got) != 1 {
			t.Errorf("%d after one was ended, want 1", len(got))
		}
	})
}
