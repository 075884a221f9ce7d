package linelist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/outbreak"
	"firebreak/internal/place"
	"firebreak/internal/situation"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// What is a kind of list.
type What string

// The kinds of list.
const (
	OfCases    What = "cases"
	OfContacts What = "contacts"
	OfLinks    What = "links"
	OfChains   What = "chains"
	OfTasks    What = "tasks"
)

// ErrWhat is returned for a kind of list that is none.
var ErrWhat = errors.New("what is cases, contacts, links, chains or tasks")

// Write writes one kind of list of an outbreak and returns the number of rows. It asks for no right: the bound is the caller's. Errors are ErrWhat, and
// those of Cases.
func Write(ctx context.Context, db *store.DB, what What, of outbreak.ID, within store.Within, to io.Writer, o Options) (rows int, err error) {
	switch what {
	case OfCases:
		return Cases(ctx, db, store.CaseFilter{Outbreak: of, Within: within}, to, o)
	case OfContacts:
		return Contacts(ctx, db, store.ContactFilter{Outbreak: of, Within: within}, to, o)
	case OfLinks:
		return Links(ctx, db, store.CaseFilter{Outbreak: of, Within: within}, to, o)
	case OfChains:
		return Chains(ctx, db, store.CaseFilter{Outbreak: of, Within: within}, to, o)
	case OfTasks:
		return Tasks(ctx, db, store.TaskFilter{Outbreak: of, Within: within}, to, o)
	}
	return 0, ErrWhat
}

// Links writes the links among the cases of a list, and those of theirs whose other end is no known case; it returns the number of rows. Errors
// are those of Cases.
func Links(ctx context.Context, db *store.DB, f store.CaseFilter, w io.Writer, o Options) (rows int, err error) {
	return table(ctx, db, w, o, "links", exchange.LinkHeader(), func(r *store.Reader, give func(...exchange.Value) error) error {
		holds, err := r.Holds(f.Within)
		if err != nil {
			return err
		}
		for l, err := range linkRecords(r, f, holds == nil) { // a link between nobody known is for those who hold everything
			if err != nil {
				return err
			}
			if err := give(exchange.LinkRow(nil, l)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// taskHeader are the columns of a table of tasks. Instants are RFC 3339 in the outbreak's time zone.
func taskHeader() []string {
	return []string{"id", "kind", "ordinal", "duty", "state", "late", "about", "code", "owner", "area", "area_name", "due", "level", "opened_at", "ended_at", "end_reason", "rule", "clause", "pack", "fact"}
}

// Tasks writes a list of tasks by deadline and returns the number of rows. Errors are those of Cases.
func Tasks(ctx context.Context, db *store.DB, f store.TaskFilter, w io.Writer, o Options) (rows int, err error) {
	now := db.Now()
	return table(ctx, db, w, o, "tasks", taskHeader(), func(r *store.Reader, give func(...exchange.Value) error) error {
		tree, err := r.Tree()
		if err != nil {
			return err
		}
		for page := (store.Page{Limit: 1000}); ; {
			got, err := r.Tasks(f, store.ByDue, page)
			if err != nil {
				return err
			}
			about := make([]task.Subject, len(got.Tasks))
			for i, t := range got.Tasks {
				about[i] = t.Subject
			}
			codes, err := r.Codes(about)
			if err != nil {
				return err
			}
			for _, t := range got.Tasks {
				if err := give(taskRow(t, codes[t.Subject], tree, now, o.Zone)...); err != nil {
					return err
				}
			}
			if page.Cursor = got.Next; page.Cursor == "" {
				return nil
			}
		}
	})
}

func taskRow(t task.Task, code string, tree *place.Tree, now time.Time, zone *time.Location) []exchange.Value {
	area, _ := tree.Get(t.Area)
	instant := func(at time.Time) exchange.Value {
		if at.IsZero() {
			return exchange.Value{}
		}
		return exchange.Text(at.In(zone).Format(time.RFC3339))
	}
	ordinal := exchange.Value{}
	if t.Ordinal != 0 {
		ordinal = exchange.Number(float64(t.Ordinal))
	}
	return []exchange.Value{exchange.Number(float64(t.ID)), exchange.Text(string(t.Kind)), ordinal, exchange.Text(string(t.Kind.Duty())), exchange.Text(string(t.State)), exchange.Text(strconv.FormatBool(t.Late(now))),
		exchange.Text(string(t.Subject.Kind)), exchange.Text(code), exchange.Text(string(t.Owner)), exchange.Text(area.Code), exchange.Text(area.Name), instant(t.Due), exchange.Number(float64(t.Level)),
		instant(t.OpenedAt), instant(t.EndedAt), exchange.Text(t.EndReason), exchange.Text(t.Because.Rule), exchange.Text(t.Because.Clause), exchange.Text(t.Because.Pack), exchange.Number(float64(t.Because.Fact.Seq))}
}

// chainHeader are the columns of a table of chains: one row for each case that is in one.
func chainHeader() []string {
	return []string{"chain", "size", "code", "generation", "infected_by", "infected", "date_onset", "classification", "area", "area_name"}
}

// Chains writes the transmission chains of two cases or more, the largest first, one row for each case of the list that is in one; it returns the number
// of rows. The chains are those of all cases in the bound, joined by transmission and direct links; generations and who infected whom are
// told by transmission links alone. It holds some 100 bytes for each case of the list. Errors are those of Cases.
func Chains(ctx context.Context, db *store.DB, f store.CaseFilter, w io.Writer, o Options) (rows int, err error) {
	return table(ctx, db, w, o, "chains", chainHeader(), func(r *store.Reader, give func(...exchange.Value) error) error {
		c, err := readChains(r, f)
		if err != nil {
			return err
		}
		tree, err := r.Tree()
		if err != nil {
			return err
		}
		for _, i := range c.order {
			k := c.cases[i]
			area, _ := tree.Get(k.area)
			generation, infected := exchange.Value{}, exchange.Value{}
			if c.directed.Generation != nil {
				generation, infected = exchange.Number(float64(c.directed.Generation[i])), exchange.Number(float64(c.directed.OutDegree[i]))
			}
			chain := c.whole.Component[i]
			err := give(exchange.Number(float64(chain)+1), exchange.Number(float64(c.whole.Sizes[chain])), exchange.Text(k.code), generation, exchange.Text(k.from), infected, exchange.Date(k.onset),
				exchange.Text(string(k.class)), exchange.Text(area.Code), exchange.Text(area.Name))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// chained is what a table of chains tells of a case.
type chained struct {
	code  string
	from  string // codes of those who infected it, parted by semicolons
	onset day.Day
	class cases.Class
	area  place.AreaID
}

// chains are the cases of a list, how they hang together, and the order to write them in.
type chains struct {
	cases           []chained
	whole, directed situation.Chains
	order           []int32
}

func readChains(r *store.Reader, f store.CaseFilter) (*chains, error) {
	c := &chains{}
	byCode := map[string]int32{}
	err := r.EachCaseOf(f, func(k cases.Case) error {
		if k.Class != cases.Discarded {
			byCode[k.Code] = int32(len(c.cases))
			c.cases = append(c.cases, chained{code: k.Code, onset: k.Onset, class: k.Class, area: k.Area})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	listed := len(c.cases)
	onset := make([]day.Day, listed)
	for i, k := range c.cases {
		onset[i] = k.onset
	}
	var all, sent []situation.Link
	holds, err := r.Holds(f.Within)
	if err != nil {
		return nil, err
	}
	for l, err := range linkRecords(r, f, holds == nil) { // as the situation report counts for those who hold everything
		if err != nil {
			return nil, err
		}
		if l.Kind != exchange.LinkKind(cases.Transmission) && l.Kind != exchange.LinkKind(cases.Direct) {
			continue
		}
		ends := [2]int32{}
		for i, code := range [2]string{l.FromCode, l.ToCode} {
			at, ok := byCode[code]
			if !ok { // somebody on no list holds a chain together all the same
				at = int32(len(onset))
				byCode[code], onset = at, append(onset, 0)
			}
			ends[i] = at
		}
		all = append(all, situation.Link{From: ends[0], To: ends[1]})
		if l.Kind == exchange.LinkKind(cases.Transmission) {
			sent = append(sent, all[len(all)-1])
			if to := ends[1]; int(to) < listed {
				if c.cases[to].from != "" {
					c.cases[to].from += "; "
				}
				c.cases[to].from += l.FromCode
			}
		}
	}
	if c.whole, err = situation.ChainsOf(situation.ChainsInput{Cases: len(onset), Onset: onset, Links: all}); err != nil {
		return nil, fmt.Errorf("chains: %w", err)
	}
	if len(sent) > 0 {
		if c.directed, err = situation.ChainsOf(situation.ChainsInput{Cases: len(onset), Onset: onset, Links: sent, Directed: true}); err != nil {
			return nil, fmt.Errorf("chains: %w", err)
		}
	}
	for i := range c.cases {
		if int(c.whole.Component[i]) < len(c.whole.Sizes) {
			c.order = append(c.order, int32(i))
		}
	}
	slices.SortStableFunc(c.order, func(a, b int32) int { return int(c.whole.Component[a]) - int(c.whole.Component[b]) })
	return c, nil
}

// table writes rows as fill gives them.
func table(ctx context.Context, db *store.DB, w io.Writer, o Options, what string, header []string, fill func(*store.Reader, func(...exchange.Value) error) error) (rows int, err error) {
	if !slices.Contains(ContactFormats(), o.Format) {
		return 0, fmt.Errorf("write %s as %q: %w", what, o.Format, ErrFormat)
	}
	err = db.View(ctx, func(r *store.Reader) error {
		rows, err = write(w, o, what, header, func(yield func([]exchange.Value, error) bool) {
			stopped := false
			err := fill(r, func(row ...exchange.Value) error {
				if stopped = !yield(row, nil); stopped {
					return errStop
				}
				return nil
			})
			if err != nil && !stopped {
				yield(nil, err)
			}
		})
		return err
	})
	return rows, err
}
