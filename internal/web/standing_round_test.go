package web_test

import (
	"net/http"
	"testing"

	"firebreak/internal/journal"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// TestStandingRoundFromStartToEnd starts one by the pack's rhythm, sees the round that it opens, and ends it with a reason.
func TestStandingRoundFromStartToEnd(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	coord, part := c.as("coord"), c.as("epi-west")
	const at = "/o/laixi/rounds/standing"
	coord.get("/o/laixi/rounds").wants(t, http.StatusOK, []string{`href="` + at + `"`}, nil)
	coord.get(at).wants(t, http.StatusOK, []string{"No standing round", at + "/new"}, nil)
	coord.get(at+"/new").wants(t, http.StatusOK, []string{"Handlers of imported cold-chain goods · every 3 days", `name="since" value="2022-03-13"`, `value="07:00"`}, nil)

	group := form("group", "cold-chain", "areas", "31", "areas", "32", "since", "2022-03-12", "at", "07:00", "pool", "0")
	for _, wrong := range []struct{ field, value, says string }{{"at", "early", "is no time of day such as 07:00"}, {"every", "x", "is not a whole number that fits"}, {"until", "2022-03-01", "lies before the first day"}, {"areas", "99", "99 is not the code of a known jurisdiction"}, {"areas", "", "at least one is needed"}} {
		bad := form("group", "cold-chain", "areas", "31", "since", "2022-03-12", "at", "07:00", "pool", "0")
		if bad.Set(wrong.field, wrong.value); wrong.value == "" {
			bad.Del(wrong.field)
		}
		coord.post(at, bad).wants(t, http.StatusUnprocessableEntity, []string{wrong.says}, nil)
	}
	part.get(at+"/new").wants(t, http.StatusForbidden, nil, nil)
	part.post(at, group).wants(t, http.StatusForbidden, nil, nil)
	coord.post(at, group).wants(t, http.StatusSeeOther, nil, nil)
	own := form("areas", "31", "since", "2022-03-20", "until", "2022-04-20", "at", "18:30", "runs", "6", "every", "5", "pool", "10", "name", "Old town")
	coord.post(at, own).wants(t, http.StatusSeeOther, nil, nil)

	_, err := c.cmds.Tick(t.Context())
	c.must(err)
	if r := c.round(1); r.State != screening.Open || r.Group != "cold-chain" {
		t.Fatalf("the round that it opened: %+v", r)
	}
	coord.get(at).wants(t, http.StatusOK, []string{"Handlers of imported cold-chain goods", "every 3 days", "07:00, for 24 h", "screening.groups.6.every", `href="/packs/covid19/2022-v9#screening"`, "15 Mar", `href="/o/laixi/rounds/1"`, ", open",
		"Old town", "every 5 days", "18:30, for 6 h", "set by hand", "all residents", "20 Mar 18:30", "end?series=1", "end?series=2"}, nil)
	coord.get(at+"?find=town&sort=-next").wants(t, http.StatusOK, []string{"Old town"}, []string{"cold-chain goods"})
	// The west sees what is due there, and changes nothing.
	part.get(at).wants(t, http.StatusOK, []string{"cold-chain goods"}, []string{"Old town", "end?series", at + "/new"})
	part.get(at+"/end?series=1").wants(t, http.StatusForbidden, nil, nil)

	coord.get(at+"/end?series=1").wants(t, http.StatusOK, []string{"End the standing round cold-chain", `name="reason"`}, nil)
	coord.post(at+"/end", form("series", "1", "reason", " ")).wants(t, http.StatusUnprocessableEntity, []string{"is needed"}, nil)
	part.post(at+"/end", form("series", "1", "reason", "x")).wants(t, http.StatusForbidden, nil, nil)
	coord.post(at+"/end", form("series", "9", "reason", "x")).wants(t, http.StatusNotFound, nil, nil)
	coord.post(at+"/end", form("series", "1", "reason", "the market is shut")).wants(t, http.StatusSeeOther, nil, nil)
	coord.get(at).wants(t, http.StatusOK, []string{"Old town"}, []string{"cold-chain goods"})
	coord.get(at+"?state=ended").wants(t, http.StatusOK, []string{"cold-chain goods", "ended 12 Mar"}, []string{"Old town", "end?series=1"})
	coord.get(at+"/end?series=1").wants(t, http.StatusNotFound, nil, nil)
	if r := c.round(1); r.State != screening.Open {
		t.Errorf("the round that was open is %s", r.State)
	}
	var said []journal.Entry
	c.must(c.db.View(t.Context(), func(r *store.Reader) (err error) { said, err = r.EntriesAfter(0, 10_000); return err }))
	if last := said[len(said)-1]; last.Kind != journal.SeriesEnded || string(last.Payload) != `{"reason":"the market is shut"}` {
		t.Errorf("the journal keeps %s %s", last.Kind, last.Payload)
	}
}
