package rounds

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

// NewStanding parses the list of standing rounds.
func NewStanding(k *ui.Kit) (*ui.Page, error) {
	return k.Page("standing-rounds", files, "standing.html")
}

// StandingView is the list of standing rounds: those that go on, unless others are asked for.
type StandingView struct {
	ui.Listing
	Series  []StandingRow
	NewHref string // empty where the reader starts none
	Tabs    []ui.Tab
}

// StandingRow is one standing round.
type StandingRow struct {
	ID       int64
	Name     string // empty where it is called as its group or area
	Group    ui.Cell
	Areas    string
	Rhythm   i18n.Msg
	At       i18n.Msg  // when a round opens, and how long it runs
	Clause   ui.Cell   // of the pack, or how the pack has it otherwise
	Next     time.Time // zero: none will open
	Until    string    // the last day; empty: until somebody ends it
	Ended    time.Time
	Number   int64 // of the last round; 0: none opened yet
	Last     i18n.Msg
	LastHref string
	End      string // address; empty where the reader ends none
}

// Table is a page of the list, as it was asked for: all in memory, because a city has some dozens.
func (v StandingView) Table() ui.Table {
	find, state := strings.ToLower(strings.TrimSpace(v.Values.Get("find"))), v.Values.Get("state")
	rows := slices.DeleteFunc(slices.Clone(v.Series), func(r StandingRow) bool {
		return state == "" && !r.Ended.IsZero() || state == "ended" && r.Ended.IsZero() ||
			find != "" && !strings.Contains(strings.ToLower(r.Name+" "+r.Group.Text+" "+r.Areas), find)
	})
	key := cmp.Or(v.Values.Get("sort"), "next")
	v.Sort, v.Desc = strings.TrimPrefix(key, "-"), strings.HasPrefix(key, "-")
	by := map[string]func(a, b StandingRow) int{
		"name":  func(a, b StandingRow) int { return cmp.Compare(a.Name, b.Name) },
		"group": func(a, b StandingRow) int { return cmp.Compare(a.Group.Text, b.Group.Text) },
		"areas": func(a, b StandingRow) int { return cmp.Compare(a.Areas, b.Areas) },
		"next":  func(a, b StandingRow) int { return a.Next.Compare(b.Next) },
		"last":  func(a, b StandingRow) int { return cmp.Compare(a.Number, b.Number) },
	}[v.Sort]
	if by != nil {
		slices.SortStableFunc(rows, func(a, b StandingRow) int {
			if v.Desc {
				a, b = b, a
			}
			return by(a, b)
		})
	}
	total := int64(len(rows))
	v.Total = &total
	from, _ := strconv.Atoi(cmp.Or(v.Values.Get("after"), v.Values.Get("before")))
	from = min(max(0, from), len(rows))
	to := min(from+pageRows, len(rows))
	if to < len(rows) {
		v.Next = strconv.Itoa(to)
	}
	if from > 0 {
		v.Prev = strconv.Itoa(max(0, from-pageRows))
	}
	v.Filters = []ui.Field{{Name: "find", Label: i18n.M("standing_round.find"), Kind: ui.FieldSearch, Value: v.Values.Get("find")},
		{Name: "state", Label: i18n.M("col.state"), Kind: ui.FieldSelect, Value: state, Options: []ui.Option{{Label: i18n.M("standing_round.state.running")}, {Value: "ended", Label: i18n.M("standing_round.state.ended")}, {Value: "all", Label: i18n.M("form.any")}}}}
	t := v.Listing.Table("standing-rounds", i18n.M("standing_round.title"),
		ui.Column{Key: "group", Label: i18n.M("standing_round.group"), Sortable: true}, ui.Column{Key: "name", Label: i18n.M("round.name"), Sortable: true}, ui.Column{Key: "areas", Label: i18n.M("round.areas"), Sortable: true},
		ui.Column{Key: "rhythm", Label: i18n.M("standing_round.how_often")}, ui.Column{Key: "at", Label: i18n.M("standing_round.at")}, ui.Column{Key: "clause", Label: i18n.M("standing_round.clause")}, ui.Column{Key: "next", Label: i18n.M("standing_round.next"), Sortable: true},
		ui.Column{Key: "last", Label: i18n.M("standing_round.last"), Sortable: true}, ui.Column{Key: "end", Label: i18n.M("round.ends")})
	t.Live = "screening"
	t.Empty = ui.Empty{Title: i18n.M("standing_round.none"), Hint: i18n.M("standing_round.none_hint"), Action: i18n.M("standing_round.new"), Href: v.NewHref}
	for _, r := range rows[from:to] {
		status, next, end, last := ui.OnTime, ui.At(r.Next), ui.Day(r.Until), ui.Text("")
		if !r.Ended.IsZero() {
			status, end = ui.Void, ui.Words(i18n.M("standing_round.ended_at", "at", r.Ended))
		} else if r.End != "" {
			end = ui.WordsLink(i18n.M("standing_round.end"), r.End)
			if r.Until != "" {
				end = ui.WordsLink(i18n.M("standing_round.end_until", "day", i18n.Day(r.Until)), r.End)
			}
		}
		if r.LastHref != "" {
			last = ui.WordsLink(r.Last, r.LastHref)
		}
		t.Rows = append(t.Rows, ui.Row{ID: strconv.FormatInt(r.ID, 10), Label: cmp.Or(r.Name, r.Group.Text, r.Areas), Status: status, Cells: []ui.Cell{r.Group, ui.Text(r.Name), ui.Text(r.Areas), ui.Words(r.Rhythm), ui.Words(r.At), r.Clause, next, last, end}})
	}
	return t
}
