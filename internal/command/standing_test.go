package command

import (
	"context"
	"strings"
	"testing"

	"firebreak/internal/exchange"
	"firebreak/internal/person"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/store/storetest"
)

func TestSetStandings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open storetest.Open) {
		s := withVault(t, open)
		ctx, by := context.Background(), Owner("test")
		s.register(firstRegister)
		r := s.plan(PlanRound{Areas: []string{"370101"}})
		wang, li, zhang := s.who("370202199001011231"), s.who("370202199202021232"), s.who("370202194004041234")
		code := func(p person.Person) (out string) {
			s.must(s.db.View(ctx, func(rd *store.Reader) error {
				v, err := s.identities.Vault(rd)
				if err == nil {
					out = v.PersonCode(p.ID)
				}
				return err
			}))
			return out
		}
		stored := func() map[person.ID]store.Standing {
			out := map[person.ID]store.Standing{}
			s.must(s.db.View(ctx, func(rd *store.Reader) error {
				list, err := rd.Standings(r.ID)
				for _, x := range list {
					out[x.Person] = x
				}
				return err
			}))
			return out
		}
		got, err := s.SetStandings(ctx, by, SetStandings{Round: r.ID, People: []StandingFields{
			{Code: strings.ToLower(code(wang)), Standing: screening.Exempt, Reason: "nosebleeds"},
			{Document: "370202 19920202 1232", Standing: screening.Refuses, Reason: "spoken to twice"},
			{Document: "370202199001011231", Standing: screening.Exempt, Reason: "again"},
			{Code: code(zhang), Standing: screening.Exempt, Reason: "lives elsewhere"},
			{Code: "0000000000", Standing: screening.Exempt, Reason: "nobody"},
			{Document: "X", Standing: screening.Exempt, Reason: "nobody"},
			{Standing: screening.Exempt, Reason: "nobody"},
			{Document: "370202201503031233", Standing: screening.Exempt},
			{Document: "370202201503031233", Standing: "tired", Reason: "no such word"},
		}})
		s.must(err)
		if got.Given != 9 || got.Set != 2 || len(got.Rejected) != 7 {
			t.Errorf("%+v", got)
		}
		for i, row := range []int{3, 4, 5, 6, 7, 8, 9} {
			if got.Rejected[i].Row != row || got.Rejected[i].Reason == "" {
				t.Errorf("rejected %+v, want row %d", got.Rejected[i], row)
			}
		}
		if all := stored(); len(all) != 2 || all[wang.ID].Standing != screening.Exempt || all[li.ID].Reason != "spoken to twice" || all[li.ID].SaidBy != "test" {
			t.Errorf("stored %+v", all)
		}

		// From a file: one as before, one other, one taken back, one that is nobody's.
		text := "身份证号,状态,原因\n370202199001011231,豁免,nosebleeds\n370202201503031233,,\n370202199202021232,取消,\n999,免检,x\n"
		file, err := s.SetStandingsFrom(ctx, by, r.ID, exchange.NewSource("x.csv", strings.NewReader(text), int64(len(text))), screening.Exempt, "under six")
		s.must(err)
		if file.Given != 4 || file.Set != 2 || file.Unchanged != 1 || len(file.Rejected) != 1 || file.Rejected[0].Row != 5 {
			t.Errorf("file: %+v", file)
		}
		child := s.who("370202201503031233")
		if all := stored(); len(all) != 2 || all[child.ID].Reason != "under six" || all[li.ID].Standing != "" {
			t.Errorf("stored %+v", all)
		}
		if _, err := s.SetStandingsFrom(ctx, by, r.ID, exchange.NewSource("x.csv", strings.NewReader("a,b\n1,2\n"), 8), screening.Exempt, "x"); err == nil {
			t.Error("a file without codes was taken")
		}
	})
}
