package cases

import (
	"strings"
	"time"

	"firebreak/internal/contact"
	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

// NewDecide parses the page that asks why proposals are rejected or of another tier, and says which could not be decided.
func NewDecide(k *ui.Kit) (*ui.Page, error) { return k.Page("decide", files, "decide.html") }

// DecideView asks for a reason, or says what was left.
type DecideView struct {
	Case, Back string
	Do         string // key: proposal.<Do>
	Count      int
	Form       ui.Form
	Done       bool
	Decided    int
	Refused    []Refused
}

// Proposals is the tab of those whom visits propose as contacts.
type Proposals struct {
	Case, Path string
	// Hidden says that the reader may not see contacts here; Write that they may decide; Vault that visits can be read at all.
	Hidden, Write, Vault bool
	Ask                  *ui.Form // nil if the reader may not
	Preview              *ui.Form // asks how many an order would touch; nil if the reader may not
	Touched              *Touched // what that showed; nil before it is asked
	Elsewhere            string   // address of the form that asks the office of another district for somebody; empty if the reader may not
	Names                *ui.Form // opens what people and places are called; nil if the reader may not or it is open
	Named                bool
	// Asked says that the question was just asked: it found Found, of whom LeftOut were not kept. Unknown that visits know nobody who is this case.
	Asked          bool
	Found, LeftOut int
	Unknown        bool
	Auto           *contact.AutoTrace // what came of the case by the outbreak's setting; nil where nobody was asked by it
	// Left of Days of visits are still to be read: whoever was met only on those is missing.
	Left, Days       int
	Waiting, Decided []Proposal
}

// Touched is how many people an order would touch, before it is given.
type Touched struct {
	Overlaps []Overlap
	Cuts     []Cut
	Doses    []Dose
	// Rooms that are free in quarantine sites, and beds in them; Asked says that the pack has close contacts brought to one.
	Rooms, Beds   int64
	Asked         bool
	Short         bool // more close contacts than free rooms
	Investigators int
}

// Overlap is the rings where so long together makes a contact; For is 0 for the pack's times.
type Overlap struct {
	For                              time.Duration
	Close, General, Known, Secondary int
}

// Cut is the rings where only the nearest close contacts are followed.
type Cut struct {
	Close, Secondary int
	All, Rooms       bool // all of them; as many as rooms are free
}

// Dose is how many of the second ring were so long with close contacts, weighed by the kind of place.
type Dose struct {
	For    time.Duration
	People int
}

// Proposal is one of them.
type Proposal struct {
	ID           string
	Person       ui.Person
	Name         string // as the sender of the visits calls them; empty while closed
	Tier         string // key: tier.<Tier>
	Together     time.Duration
	ByDay        bool      // nobody knows how long, nor when: the whole day counts
	First, Last  time.Time // zero where they only live together
	Places       int64
	Where        string // what the places are called; empty while closed
	Lives        bool
	Clause, Pack string
	Area         string
	State        string // key: proposal.state.<State>
	DecidedTier  string
	By           string
	At           time.Time
	Reason       string
	Contact      ui.Person // that came of it, where the reader may see it
	// Assistance is the district whose office was asked for them last; empty where none was.
	Assistance, AssistanceHref string
	AssistanceState            string // key: assistance.state.<AssistanceState>
	AssistanceReason           string
}

func together(p contact.Proposal) time.Duration { return time.Duration(p.Seconds) * time.Second }

func (p *Proposals) empty() bool { return len(p.Waiting)+len(p.Decided) == 0 }

func (p *Proposals) put(row Proposal) {
	if row.State == string(contact.Proposed) {
		p.Waiting = append(p.Waiting, row)
	} else {
		p.Decided = append(p.Decided, row)
	}
}

func (p *Proposals) name(each func(*Proposal)) {
	for _, list := range [][]Proposal{p.Waiting, p.Decided} {
		for i := range list {
			each(&list[i])
		}
	}
}

// columns are those that both tables begin with.
func (p *Proposals) columns() []ui.Column {
	out := []ui.Column{{Key: "person", Label: i18n.M("col.who")}}
	if p.Named {
		out = append(out, ui.Column{Key: "name", Label: i18n.M("proposal.called")})
	}
	return append(out, ui.Column{Key: "tier", Label: i18n.M("col.tier")})
}

func (p *Proposals) cells(x Proposal) []ui.Cell {
	out := []ui.Cell{ui.Who(x.Person)}
	if p.Named {
		out = append(out, ui.Text(x.Name))
	}
	return append(out, ui.Enum("tier", x.Tier))
}

// WaitingTable is what is to be decided, the nearest first.
func (p *Proposals) WaitingTable() ui.Table {
	columns := append(p.columns(), ui.Column{Key: "together", Label: i18n.M("proposal.together")}, ui.Column{Key: "first", Label: i18n.M("proposal.first")}, ui.Column{Key: "last", Label: i18n.M("proposal.last")},
		ui.Column{Key: "places", Label: i18n.M("proposal.places"), Numeric: !p.Named}, ui.Column{Key: "lives", Label: i18n.M("proposal.lives")}, ui.Column{Key: "area", Label: i18n.M("col.area")}, ui.Column{Key: "because", Label: i18n.M("proposal.why")})
	n := int64(len(p.Waiting))
	t := ui.Listing{Path: p.Path, Total: &n}.Table("proposals", i18n.M("proposal.waiting"), columns...)
	if p.Write {
		at := p.Path + "/proposals?do="
		t.Bulk = []ui.BulkAction{{Label: i18n.M("proposal.confirm"), Action: at + "confirm"}, {Label: i18n.M("proposal.assist"), Action: at + "assist"}, {Label: i18n.M("proposal.tier"), Action: at + "tier"}, {Label: i18n.M("proposal.reject"), Action: at + "reject", Danger: true}}
	}
	t.Empty = ui.Empty{Title: i18n.M("proposal.none"), Hint: i18n.M("proposal.none_hint")}
	switch {
	case p.Hidden:
		t.Empty.Hint = i18n.M("proposal.none_hidden")
	case !p.Vault:
		t.Empty.Hint = i18n.M("names.no_vault")
	case p.Asked || !p.empty():
		t.Empty = ui.Empty{Title: i18n.M("proposal.all_decided")}
		if p.empty() {
			t.Empty = ui.Empty{Title: i18n.M("proposal.nobody"), Hint: i18n.M("proposal.nobody_hint")}
		}
	case !p.Write:
		t.Empty.Hint = i18n.M("proposal.none_other")
	}
	for _, x := range p.Waiting {
		spent, places, lives := ui.Words(i18n.M("proposal.for", "d", x.Together)), ui.Number(x.Places), ui.Text("")
		first, last := ui.At(x.First), ui.At(x.Last)
		if x.Together == contact.Untimed*time.Second {
			spent = ui.Words(x.untimed())
		}
		if x.Together == 0 {
			spent, first, last, places = ui.Text(""), ui.Text(""), ui.Text(""), ui.Text("")
		}
		if p.Named {
			places = ui.Text(x.Where)
		}
		if x.Lives {
			lives = ui.Words(i18n.M("form.yes"))
		}
		area := ui.Text(x.Area)
		if x.AssistanceState == string(contact.AssistanceSentBack) {
			area = ui.WordsLink(i18n.M("proposal.sent_back", "area", x.Assistance, "reason", x.AssistanceReason), x.AssistanceHref)
		}
		t.Rows = append(t.Rows, ui.Row{ID: x.ID, Label: x.Person.Code, Cells: append(p.cells(x), spent, first, last, places, lives, area, p.because(x))})
	}
	return t
}

// DecidedTable is what somebody decided.
func (p *Proposals) DecidedTable() ui.Table {
	columns := append(p.columns(), ui.Column{Key: "state", Label: i18n.M("col.state")}, ui.Column{Key: "by", Label: i18n.M("proposal.by")}, ui.Column{Key: "at", Label: i18n.M("col.at")}, ui.Column{Key: "reason", Label: i18n.M("col.reason")},
		ui.Column{Key: "contact", Label: i18n.M("col.contact")}, ui.Column{Key: "because", Label: i18n.M("proposal.why")})
	n := int64(len(p.Decided))
	t := ui.Listing{Path: p.Path, Total: &n}.Table("decided", i18n.M("proposal.decided"), columns...)
	if p.Write && p.Auto != nil && p.Auto.Accepted > 0 { // nobody has decided on those yet
		t.Bulk = []ui.BulkAction{{Label: i18n.M("proposal.reject"), Action: p.Path + "/proposals?do=reject", Danger: true}}
	}
	for _, x := range p.Decided {
		state, made := ui.Enum("proposal.state", x.State), ui.Text("")
		if x.State == string(contact.Confirmed) && x.DecidedTier != x.Tier {
			state = ui.Words(i18n.M("proposal.confirmed_as", "tier", i18n.M("tier."+x.DecidedTier)))
		}
		switch {
		case x.Contact.Code != "":
			made = ui.Who(x.Contact)
		case x.Assistance != "" && x.State == string(contact.Confirmed):
			made = ui.WordsLink(i18n.M("proposal.asked_of", "area", x.Assistance, "state", i18n.M("assistance.state."+x.AssistanceState)), x.AssistanceHref)
		}
		t.Rows = append(t.Rows, ui.Row{ID: x.ID, Label: x.Person.Code, Cells: append(p.cells(x), state, ui.Text(x.By), ui.Ago(x.At), ui.Text(x.Reason), made, p.because(x))})
	}
	return t
}

// untimed says of a meeting of which nobody knows how long it was what is known of it.
func (x Proposal) untimed() i18n.Msg {
	if x.ByDay {
		return i18n.M("proposal.by_day")
	}
	return i18n.M("proposal.untimed")
}

// because says by which clause somebody is proposed.
func (p *Proposals) because(x Proposal) ui.Cell {
	m := i18n.M("proposal.because", "d", x.Together, "case", p.Case, "clause", x.Clause, "pack", x.Pack)
	switch x.Together {
	case contact.Untimed * time.Second:
		m = i18n.M("proposal.because", "d", x.untimed(), "case", p.Case, "clause", x.Clause, "pack", x.Pack)
	case 0:
		m = i18n.M("proposal.because_lives", "case", p.Case, "clause", x.Clause, "pack", x.Pack)
	}
	name, _, _ := strings.Cut(x.Pack, "@")
	return ui.Why(ui.Because{Text: m, Href: "/packs/" + name})
}
