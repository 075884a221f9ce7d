package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"firebreak/internal/auth"
	"firebreak/internal/exchange"
	"firebreak/internal/journal"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/screening"
	"firebreak/internal/store"
	"firebreak/internal/vault"
)

// SetStandings says of people who are due in a round that they are exempt or refuse, each with a reason; or takes back what was said.
type SetStandings struct {
	Round  screening.RoundID
	People []StandingFields
}

// StandingFields is what is said of one person.
type StandingFields struct {
	Code     string // on their card; or
	Document string
	Standing screening.Standing // empty: what was said is taken back
	Reason   string             // needed with a standing
}

// StandingsResult says what became of them: Given = Set + Unchanged + len(Rejected).
type StandingsResult struct {
	Given     int                `json:"given"`
	Set       int                `json:"set"`
	Unchanged int                `json:"unchanged"`
	Rejected  []StandingRejected `json:"rejected,omitempty"`
}

// StandingRejected is one of whom nothing was written.
type StandingRejected struct {
	Row    int    `json:"row"` // in a file as a spreadsheet numbers it; in a list from 1
	Reason string `json:"reason"`
}

// mostStandings is how many people one order may name; mostReason how long a reason may be.
const (
	mostStandings = 2000
	mostReason    = 200
)

// SetStandings carries out the order: all that can be said is written, the rest is told. Whoever may say it where a person lives, such as their community worker, may say it of them, also in a round of a
// larger area; of anybody else the whole order is refused.
func (c *Commands) SetStandings(ctx context.Context, by By, in SetStandings) (out StandingsResult, err error) {
	if len(in.People) == 0 || len(in.People) > mostStandings {
		return out, &Invalid{Field: "people", Reason: fmt.Sprintf("1 to %d are told of at a time", mostStandings)}
	}
	rows := make([]int, len(in.People))
	for i := range rows {
		rows[i] = i + 1
	}
	return c.setStandings(ctx, by, in, rows)
}

// SetStandingsFrom takes a file of codes or documents, 2,000 rows a change. standing and reason are of the rows that name none.
func (c *Commands) SetStandingsFrom(ctx context.Context, by By, round screening.RoundID, src *exchange.Source, standing screening.Standing, reason string) (out StandingsResult, err error) {
	var part SetStandings
	var rows []int
	put := func() error {
		if len(rows) == 0 {
			return nil
		}
		part.Round = round
		got, err := c.setStandings(ctx, by, part, rows)
		part.People, rows = part.People[:0], rows[:0]
		out.Given += got.Given
		out.Set += got.Set
		out.Unchanged += got.Unchanged
		out.Rejected = append(out.Rejected, got.Rejected...)
		return err
	}
	n, err := exchange.ScanStandings(ctx, src, func(r exchange.StandingRow) error {
		f := StandingFields{Code: r.Code, Document: r.Document, Standing: standing, Reason: reason}
		if r.Standing != "" {
			f.Standing = standingOf(r.Standing)
		}
		if r.Reason != "" {
			f.Reason = r.Reason
		}
		part.People, rows = append(part.People, f), append(rows, r.Row)
		if len(rows) < mostStandings {
			return nil
		}
		return put()
	})
	if err == nil {
		err = put()
	}
	if err == nil && out.Set+out.Unchanged+len(out.Rejected) != n {
		err = fmt.Errorf("%d rows read, %d accounted for: %w", n, out.Set+out.Unchanged+len(out.Rejected), ErrUnaccounted)
	}
	return out, err
}

// standingOf reads the words of files; another word stays, and is refused.
func standingOf(word string) screening.Standing {
	switch strings.ToLower(word) {
	case "exempt", "豁免", "免检", "免采":
		return screening.Exempt
	case "refused", "refuses", "拒检", "拒绝", "拒采":
		return screening.Refuses
	case "-", "none", "取消", "无":
		return ""
	}
	return screening.Standing(word)
}

func (c *Commands) setStandings(ctx context.Context, by By, in SetStandings, rows []int) (out StandingsResult, err error) {
	err = c.onPartOfRound(ctx, by, in.Round, func(u *unit, r *screening.Round) error {
		out = StandingsResult{Given: len(in.People)}
		if r.State == screening.Cancelled {
			return &Invalid{"state", string(r.State), "nobody is due in a round that was cancelled"}
		}
		who, err := u.dueOf(r, in.People)
		if err != nil {
			return err
		}
		before, err := u.tx.StandingsOf(r.ID, who.known())
		if err != nil {
			return err
		}
		var list []store.Standing
		counts := map[screening.Standing]int{}
		first := map[person.ID]int{}
		for i, f := range in.People {
			reject := func(format string, args ...any) {
				out.Rejected = append(out.Rejected, StandingRejected{rows[i], fmt.Sprintf(format, args...)})
			}
			p, why := who.people[i], who.why[i]
			f.Reason = strings.TrimSpace(f.Reason)
			switch _, bad := screening.ParseStanding(string(f.Standing)); {
			case why != "":
				reject("%s", why)
				continue
			case f.Standing != "" && bad != nil:
				reject("standing %q: %v", f.Standing, bad)
				continue
			case f.Standing != "" && f.Reason == "":
				reject("a reason is needed")
				continue
			case utf8.RuneCountInString(f.Reason) > mostReason:
				reject("the reason has more than %d characters", mostReason)
				continue
			}
			if at, twice := first[p.ID]; twice {
				reject("the same person is in row %d", at)
				continue
			}
			first[p.ID] = rows[i]
			if was := before[p.ID]; was.Standing == f.Standing && (f.Standing == "" || was.Reason == f.Reason) {
				out.Unchanged++
				continue
			}
			out.Set++
			counts[f.Standing]++
			list = append(list, store.Standing{Person: p.ID, District: p.District, Standing: f.Standing, Reason: f.Reason, SaidAt: u.now, SaidBy: by.Name()})
		}
		if len(list) == 0 {
			return nil
		}
		if err := u.tx.SetStandings(r.ID, list); err != nil {
			return err
		}
		_, err = u.fact(journal.RoundStanding, onRound(r.ID), r.Area, u.now, map[string]int{"exempt": counts[screening.Exempt], "refused": counts[screening.Refuses], "taken_back": counts[""]})
		return err
	})
	return out, err
}

// namedPeople are the people that an order names, in its order, each with why nothing can be said of them, if so.
type namedPeople struct {
	people []person.Person
	why    []string
}

func (n namedPeople) known() []person.ID {
	var out []person.ID
	for i, p := range n.people {
		if n.why[i] == "" {
			out = append(out, p.ID)
		}
	}
	return out
}

// dueOf finds the people of codes and documents, and who of them is due in a round.
func (u *unit) dueOf(r *screening.Round, list []StandingFields) (out namedPeople, err error) {
	out = namedPeople{make([]person.Person, len(list)), make([]string, len(list))}
	if u.identities == nil {
		return out, &Invalid{Field: "people", Reason: "cannot be found: no vault is open"}
	}
	v, err := u.identities.Vault(&u.tx.Reader)
	if err != nil {
		return out, err
	}
	ids, documents := make([]person.ID, len(list)), make([]vault.Secret, len(list))
	for i, f := range list {
		switch id, ok := v.ReadPersonCode(f.Code); {
		case f.Code != "" && ok:
			ids[i] = id
		case f.Code != "":
			out.why[i] = "the code is nobody's"
		case strings.TrimSpace(f.Document) == "":
			out.why[i] = "a code or a document is needed"
		default:
			documents[i] = vault.NewSecret(f.Document)
		}
	}
	found, err := u.identities.FindMany(&u.tx.Reader, vault.FieldDocument, documents)
	if err != nil {
		return out, err
	}
	coded := make([][]person.ID, 0, len(ids))
	for i := range ids {
		if len(found[i]) > 0 {
			ids[i] = found[i][0]
		} else if !documents[i].IsZero() {
			out.why[i] = "the register knows nobody by this document"
		}
		coded = append(coded, []person.ID{ids[i]})
	}
	if err := u.tx.Survivors(coded); err != nil { // a card names a record that may have been merged since
		return out, err
	}
	var ask []person.ID
	for i := range coded {
		ids[i] = coded[i][0]
		if ids[i] != 0 {
			ask = append(ask, ids[i])
		}
	}
	people, err := u.tx.PeopleByID(ask)
	if err != nil {
		return out, err
	}
	var groups map[person.ID][]screening.Group
	if r.Group != "" {
		if groups, err = u.tx.GroupsOf(ask); err != nil {
			return out, err
		}
	}
	for i, id := range ids {
		if out.why[i] != "" {
			continue
		}
		p, ok := people[id]
		switch out.people[i] = p; {
		case !ok:
			out.why[i] = "the code is nobody's"
		case p.Number == 0:
			out.why[i] = "they are in no register, so they are not counted as due"
		case !slices.ContainsFunc(r.Areas, func(a place.AreaID) bool { return u.tree.Contains(a, p.Area) }):
			out.why[i] = "they live outside the round's areas"
		case r.Group != "" && !slices.Contains(groups[id], r.Group):
			out.why[i] = "they are not of the round's group"
		}
		if out.why[i] == "" {
			if err := u.by.may(&u.tx.Reader, u.o, auth.StandingWrite, p.Area, u.now); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}
