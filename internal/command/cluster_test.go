package command

import (
	"errors"
	"slices"
	"testing"

	"firebreak/internal/auth"
	"firebreak/internal/cases"
	"firebreak/internal/cluster"
	"firebreak/internal/journal"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func (s *story) caseIn(code, class, area string) cases.Case {
	s.t.Helper()
	c, err := s.AddCase(s.t.Context(), Owner("test"), AddCase{Outbreak: "o", Code: code, Fields: map[string]string{"class": class, "area": area}})
	s.must(err)
	return c.Case
}

// membersOf are the codes of the cases that belong to a cluster, each once.
func (s *story) membersOf(id cluster.ID) []string {
	s.t.Helper()
	var out []string
	err := s.db.View(s.t.Context(), func(r *store.Reader) error {
		list, err := r.ClusterMembers(id)
		if err != nil {
			return err
		}
		for _, m := range list {
			c, err := r.Case(m.Case)
			if err != nil {
				return err
			}
			if m.Stands() && !slices.Contains(out, c.Code) {
				out = append(out, c.Code)
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *story) cluster(id cluster.ID) store.ClusterCount {
	s.t.Helper()
	var out store.ClusterCount
	if err := s.db.View(s.t.Context(), func(r *store.Reader) (err error) { out, err = r.Cluster(id); return err }); err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestClusterFromOpeningToClosing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := t.Context(), Owner("test")
		for _, c := range []struct{ code, class string }{{"A", "confirmed"}, {"B", "asymptomatic"}, {"C", "suspected"}} {
			s.caseIn(c.code, c.class, "370101")
		}
		wrong := func(what, field string, err error) {
			t.Helper()
			var invalid *Invalid
			if !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("%s: %v, want %s to be wrong", what, err, field)
			}
		}
		_, err := s.OpenCluster(ctx, by, OpenCluster{Outbreak: "o", Fields: map[string]string{"name": "Class", "kind": "school", "exposed": "1"}, Cases: []string{"A", "B"}})
		wrong("fewer exposed than cases", "exposed", err)
		_, err = s.OpenCluster(ctx, by, OpenCluster{Outbreak: "o", Fields: map[string]string{"kind": "school"}})
		wrong("no name", "name", err)
		_, err = s.OpenCluster(ctx, by, OpenCluster{Outbreak: "o", Fields: map[string]string{"name": "Class", "kind": "party"}})
		wrong("no such kind", "kind", err)
		_, err = s.OpenCluster(ctx, by, OpenCluster{Outbreak: "o", Fields: map[string]string{"name": "Class", "kind": "school", "x.own": "1"}})
		wrong("no own fields", "x.own", err)
		_, err = s.OpenCluster(ctx, by, OpenCluster{Outbreak: "o", Fields: map[string]string{"name": "Class", "kind": "school"}, Cases: []string{"A", "nobody"}})
		wrong("an unknown case", "cases[1]", err)

		k, err := s.OpenCluster(ctx, by, OpenCluster{Outbreak: "o", Fields: map[string]string{"name": "Class 3-2", "kind": "school", "exposed": "45"}, Cases: []string{"A", "B", "A"}})
		if err != nil {
			t.Fatal(err)
		}
		if k.Code != "CL-1" || k.Version != 1 {
			t.Errorf("opened as %s, version %d", k.Code, k.Version)
		}
		_, err = s.OpenCluster(ctx, by, OpenCluster{Outbreak: "o", Code: "CL-1", Fields: map[string]string{"name": "Again", "kind": "school"}})
		wrong("the same code", "code", err)
		if n, err := s.JoinCluster(ctx, by, JoinCluster{Cluster: k.ID, Cases: []string{"C", "B"}}); err != nil || n != 1 {
			t.Errorf("joined %d, %v, want 1 that was new", n, err)
		}
		// The suspected case belongs to it and does not count yet.
		if got := s.cluster(k.ID); got.Members != 3 || got.Counted != 2 {
			t.Errorf("%d members, %d counted, want 3 and 2", got.Members, got.Counted)
		}
		_, err = s.CorrectCluster(ctx, by, CorrectCluster{Cluster: k.ID, Version: 1, Fields: map[string]string{"exposed": "1"}})
		wrong("fewer exposed than cases", "exposed", err)
		next, err := s.CorrectCluster(ctx, by, CorrectCluster{Cluster: k.ID, Version: 1, Fields: map[string]string{"exposed": "46", "setting": "No. 7 Middle School"}})
		if err != nil || next.Version != 2 || next.Exposed != 46 {
			t.Fatalf("corrected: %+v, %v", next, err)
		}
		var conflict *store.Conflict
		if _, err := s.CorrectCluster(ctx, by, CorrectCluster{Cluster: k.ID, Version: 1, Fields: map[string]string{"name": "Mine"}}); !errors.As(err, &conflict) || conflict.Have != 2 {
			t.Errorf("second editor: %v, want a conflict with version 2", err)
		}
		wrong("left for no reason", "reason", s.LeaveCluster(ctx, by, LeaveCluster{Cluster: k.ID, Case: "B"}))
		if err := s.LeaveCluster(ctx, by, LeaveCluster{Cluster: k.ID, Case: "B", Reason: "another class"}); err != nil {
			t.Fatal(err)
		}
		if err := s.LeaveCluster(ctx, by, LeaveCluster{Cluster: k.ID, Case: "B", Reason: "another class"}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("left twice: %v", err)
		}
		if got := s.membersOf(k.ID); !slices.Equal(got, []string{"A", "C"}) {
			t.Errorf("members %v, want A and C", got)
		}
		if _, err := s.SetClusterState(ctx, by, SetClusterState{Cluster: k.ID, Version: 2, State: cluster.Closed, Reason: "over"}); err != nil {
			t.Fatal(err)
		}
		_, err = s.JoinCluster(ctx, by, JoinCluster{Cluster: k.ID, Cases: []string{"B"}})
		wrong("joined when closed", "cluster", err)
		again, err := s.SetClusterState(ctx, by, SetClusterState{Cluster: k.ID, Version: 3, State: cluster.Open, Reason: "not over"})
		if err != nil || !again.ClosedAt.IsZero() {
			t.Errorf("opened again: %+v, %v", again, err)
		}
		if n, err := s.JoinCluster(ctx, by, JoinCluster{Cluster: k.ID, Cases: []string{"B"}}); err != nil || n != 1 {
			t.Errorf("joined again: %d, %v", n, err)
		}
		var told []journal.Kind
		err = s.db.View(ctx, func(r *store.Reader) error {
			list, err := r.EntriesOf(onCluster(k.ID), 100)
			for _, e := range slices.Backward(list) {
				told = append(told, e.Kind)
			}
			return err
		})
		if want := []journal.Kind{journal.ClusterOpened, journal.ClusterJoined, journal.ClusterJoined, journal.ClusterCorrected, journal.ClusterLeft, journal.ClusterClosed, journal.ClusterReopened, journal.ClusterJoined}; err != nil || !slices.Equal(told, want) {
			t.Errorf("the journal tells %v, want %v (%v)", told, want, err)
		}
	})
}

// TestClusterHoldsThroughAMerge: a case that was merged counts as the one that goes on, and as itself again when the merge is taken back.
func TestClusterHoldsThroughAMerge(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := newStory(t, open, "covid19/2022-v9")
		ctx, by := t.Context(), Owner("test")
		one, two := s.caseIn("A", "confirmed", "370101"), s.caseIn("B", "confirmed", "370101")
		s.caseIn("C", "confirmed", "370101")
		k, err := s.OpenCluster(ctx, by, OpenCluster{Outbreak: "o", Fields: map[string]string{"name": "Bus 7", "kind": "transport", "exposed": "30"}, Cases: []string{"B", "C"}})
		if err != nil {
			t.Fatal(err)
		}
		m := s.merge(one.Person, two.Person).ID
		if got := s.membersOf(k.ID); !slices.Equal(got, []string{"A", "C"}) {
			t.Errorf("after the merge: %v, want A in place of B", got)
		}
		if n, err := s.JoinCluster(ctx, by, JoinCluster{Cluster: k.ID, Cases: []string{"A", "B"}}); err != nil || n != 0 {
			t.Errorf("joined %d, %v: both belong to it already", n, err)
		}
		if got := s.cluster(k.ID); got.Members != 2 || got.Counted != 2 {
			t.Errorf("%d members, %d counted, want 2 and 2", got.Members, got.Counted)
		}
		var of []store.ClusterCount
		if err := s.db.View(ctx, func(r *store.Reader) (err error) { of, err = r.ClustersOf(one.ID); return err }); err != nil || len(of) != 1 {
			t.Errorf("clusters of the one that goes on: %v, %v", of, err)
		}
		if _, err := s.UnmergePeople(ctx, by, UnmergePeople{Merge: m, Reason: "two people"}); err != nil {
			t.Fatal(err)
		}
		if got := s.membersOf(k.ID); !slices.Equal(got, []string{"B", "C"}) {
			t.Errorf("after it was taken back: %v, want B and C", got)
		}
	})
}

func TestClustersFromField(t *testing.T) {
	t.Parallel()
	s := newStory(t, storetest.SQLite(t), "covid19/2022-v9")
	ctx, by := t.Context(), Owner("test")
	for code, value := range map[string]string{"A": "Grace, Wedding", "B": "Grace", "C": "", "D": "Wedding; Grace"} {
		if _, err := s.AddCase(ctx, by, AddCase{Outbreak: "o", Code: code, Fields: map[string]string{"class": "confirmed", "x.cluster": value}}); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.ClustersFromField(ctx, by, ClustersFromField{Outbreak: "o", Field: "cluster"}); err != nil || got != (FromField{2, 5}) {
		t.Fatalf("%+v, %v, want 2 clusters with 5 memberships", got, err)
	}
	if got, err := s.ClustersFromField(ctx, by, ClustersFromField{Outbreak: "o", Field: "x.cluster"}); err != nil || got != (FromField{}) {
		t.Errorf("again: %+v, %v, want nothing new", got, err)
	}
	var invalid *Invalid
	if _, err := s.ClustersFromField(ctx, by, ClustersFromField{Outbreak: "o", Field: "clutser"}); !errors.As(err, &invalid) || invalid.Field != "field" {
		t.Errorf("a field nobody has: %v", err)
	}
}

// TestClusterKeepsToItsDistrict: who writes cases in one district opens no cluster in another, and adds no case that they may not read.
func TestClusterKeepsToItsDistrict(t *testing.T) {
	t.Parallel()
	s := newStory(t, storetest.SQLite(t), "covid19/2022-v9")
	ctx := t.Context()
	s.must(s.db.Update(ctx, func(tx *store.Tx) error {
		_, _, _, err := tx.PutAreas([]place.NewJurisdiction{{Jurisdiction: place.Jurisdiction{Code: "3702", Name: "West", Level: place.District}, ParentCode: "37"}}, nil, 2)
		return err
	}))
	tree, err := s.db.Tree(ctx)
	s.must(err)
	east, _ := tree.ByCode("3701")
	west, _ := tree.ByCode("3702")
	s.caseIn("E", "confirmed", "3701")
	s.caseIn("W", "confirmed", "3702")
	epi := By{Actor: auth.Actor{UserID: 1, Login: "epi", Grants: []auth.Grant{{Role: auth.RoleEpidemiologist, Area: east.ID}}}, Purpose: auth.PurposeCaseInvestigation}
	in := func(area string) map[string]string {
		return map[string]string{"name": "Market", "kind": "shop", "area": area}
	}
	var forbidden *Forbidden
	if _, err := s.OpenCluster(ctx, epi, OpenCluster{Outbreak: "o", Fields: in("3702")}); !errors.As(err, &forbidden) {
		t.Errorf("in another district: %v", err)
	}
	k, err := s.OpenCluster(ctx, epi, OpenCluster{Outbreak: "o", Fields: in("3701"), Cases: []string{"E"}})
	if err != nil {
		t.Fatal(err)
	}
	var invalid *Invalid
	if _, err := s.JoinCluster(ctx, epi, JoinCluster{Cluster: k.ID, Cases: []string{"W"}}); !errors.As(err, &invalid) || invalid.Reason != "is not the code of a known case" {
		t.Errorf("a case of another district: %v", err)
	}
	if _, err := s.CorrectCluster(ctx, epi, CorrectCluster{Cluster: k.ID, Version: 1, Fields: map[string]string{"area": "3702"}}); !errors.As(err, &forbidden) {
		t.Errorf("moved into another district: %v", err)
	}
	// Whoever writes both adds the other's case; the first cannot take it out, nor learn that it is there.
	if _, err := s.JoinCluster(ctx, Owner("test"), JoinCluster{Cluster: k.ID, Cases: []string{"W"}}); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"W", "nobody"} {
		if err := s.LeaveCluster(ctx, epi, LeaveCluster{Cluster: k.ID, Case: code, Reason: "x"}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s taken out: %v", code, err)
		}
	}
	var list []store.ClusterCount
	err = s.db.View(ctx, func(r *store.Reader) (err error) {
		list, err = r.ClusterList(store.ClusterFilter{Outbreak: k.Outbreak, Within: store.Within{Scope: auth.Scope{Roots: []place.AreaID{west.ID}}}}, 10)
		return err
	})
	if err != nil || len(list) != 0 {
		t.Errorf("seen from another district: %v, %v", list, err)
	}
}
