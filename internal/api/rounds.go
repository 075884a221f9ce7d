package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/sitrep"
	"firebreak/internal/turnout"
)

// Round is one time of testing everybody of an area, or the members of a group.
type Round struct {
	Number   int64           `json:"number"`
	ID       int64           `json:"id" doc:"What devices send."`
	Name     string          `json:"name"`
	State    string          `json:"state" enum:"planned,open,closed,cancelled"`
	Version  int64           `json:"version"`
	Areas    []string        `json:"areas" doc:"Codes: whose residents are due."`
	Group    string          `json:"group,omitempty" doc:"Whose members are due; left out where all residents are."`
	Pool     int             `json:"pool" doc:"People a tube holds at most."`
	ByPack   bool            `json:"pool_by_pack"`
	StartsAt *time.Time      `json:"starts_at"`
	EndsAt   *time.Time      `json:"ends_at"`
	OpenedAt *time.Time      `json:"opened_at,omitempty"`
	ClosedAt *time.Time      `json:"closed_at,omitempty"`
	Counts   *turnout.Counts `json:"counts,omitempty" doc:"Within the caller's areas and the area asked for. Left out of rounds that are not counted: not opened, or closed more than seven days ago."`
	Below    []AreaCounts    `json:"below,omitempty" doc:"The same for each area directly below; only where one round is asked for."`
}

// AreaCounts is how far one area has come.
type AreaCounts struct {
	Area string `json:"area"`
	turnout.Counts
}

// Rounds are those of an outbreak, the newest first.
type Rounds struct {
	Items   []Round         `json:"items"`
	Outlook []RoundsOutlook `json:"outlook" doc:"What the pack's stop rule says now, for each set of areas that rounds were held in and closed; empty where the pack has no such rule."`
}

// RoundsOutlook is whether rounds of some areas go on.
type RoundsOutlook struct {
	Areas  []string   `json:"areas"`
	Step   string     `json:"step" doc:"go_on, wait, once_more or stop"`
	Ground string     `json:"ground" doc:"no_round, results_open, community_case, too_few_clean, waiting, wait_over or clean_over"`
	Round  int64      `json:"round" doc:"Of the ground: where the case was found, or the last one."`
	Clean  int        `json:"clean" doc:"Clean rounds in a row."`
	Needed int        `json:"needed" doc:"Of them, before the wait."`
	Until  *time.Time `json:"until,omitempty" doc:"Of a wait."`
}

// NewRound plans a round.
type NewRound struct {
	Name     string    `json:"name,omitempty" maxLength:"200"`
	Areas    []string  `json:"areas" minItems:"1" doc:"Codes of jurisdictions whose residents are due."`
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at,omitzero" doc:"By the pack where it is left out."`
	Pool     int       `json:"pool,omitempty" doc:"1, 5, 10 or 20; by the pack and the zones in force where it is left out."`
	Group    string    `json:"group,omitempty" doc:"Only the members of a group are due."`
}

// RoundState opens, closes or cancels a round.
type RoundState struct {
	State   string `json:"state" enum:"open,closed,cancelled"`
	Version int64  `json:"version,omitempty" doc:"The version that the caller has seen; whatever stands where it is left out."`
	Reason  string `json:"reason,omitempty" maxLength:"2000" doc:"Needed to cancel."`
}

// Missing is a page of the people who are due and were not sampled, in the order of the register, which is that of communities and doors.
type Missing struct {
	Missing int64    `json:"missing" doc:"All of them within the areas."`
	Items   []Absent `json:"items"`
	Next    string   `json:"next,omitempty" doc:"after of the next page."`
}

// Absent is one who is missing: by code, never by name.
type Absent struct {
	Person    string `json:"person" doc:"The code on their card."`
	Area      string `json:"area"`
	Household int64  `json:"household,omitempty"`
}

// Standings says of people that they are exempt or refuse.
type Standings struct {
	People []PersonStanding `json:"people" minItems:"1" maxItems:"2000"`
}

// PersonStanding is what is said of one.
type PersonStanding struct {
	Person   string `json:"person,omitempty" doc:"The code on their card; or"`
	Document string `json:"document,omitempty" maxLength:"64"`
	Standing string `json:"standing,omitempty" enum:"exempt,refused" doc:"Left out: what was said is taken back."`
	Reason   string `json:"reason,omitempty" maxLength:"200" doc:"Needed with a standing."`
}

// RoundAccount is what became of everybody who was due and of every tube, and who signed it.
type RoundAccount struct {
	screening.Account
	LooseEnds []screening.LooseEnd `json:"loose_ends" doc:"What the account does not explain; empty where everything is."`
	Signer    string               `json:"signer,omitempty"`
	SignedAt  *time.Time           `json:"signed_at,omitempty"`
	Digest    string               `json:"sha256,omitempty" doc:"Of what was signed."`
}

// InRound names a round in an address. It is exported because only then its fields are read.
type InRound struct {
	Asked
	Outbreak string `path:"outbreak"`
	Round    int64  `path:"round" doc:"Its number in the outbreak."`
}

func (in *inside) roundView(r screening.Round) Round {
	out := Round{Number: r.Number, ID: int64(r.ID), Name: r.Name, State: string(r.State), Version: r.Version, Areas: make([]string, len(r.Areas)), Group: string(r.Group), Pool: r.Pool, ByPack: r.ByPack,
		StartsAt: clock(r.StartsAt), EndsAt: clock(r.EndsAt), OpenedAt: clock(r.OpenedAt), ClosedAt: clock(r.ClosedAt)}
	for i, a := range r.Areas {
		out.Areas[i] = in.code(a)
	}
	return out
}

// part is what the caller sees of a round, narrowed to the area asked for.
func (c *call) part(in *inside, action auth.Action, r screening.Round, area string) ([]place.AreaID, error) {
	mine := r.Part(in.tree, auth.ScopeOf(c.actor, action, c.purpose, c.now).Roots)
	if area == "" {
		return mine, nil
	}
	j, ok := in.tree.ByCode(area)
	if !ok {
		return nil, &command.Invalid{Field: "query.area", Value: area, Reason: "is not the code of a known jurisdiction"}
	}
	r.Areas = mine
	return r.Part(in.tree, []place.AreaID{j.ID}), nil
}

// round reads the round of an address, for a caller who sees any of it.
func (c *call) round(a InRound, action auth.Action, area string, show func(*inside, screening.Round, []place.AreaID) error) error {
	return c.view(action, a.Outbreak, "", func(in *inside) error {
		r, err := in.RoundByNumber(in.o.ID, a.Round)
		if err != nil {
			return err
		}
		mine, err := c.part(in, action, r, area)
		if err == nil && len(mine) == 0 {
			err = notFound("round", a.Round)
		}
		if err != nil {
			return err
		}
		return show(in, r, mine)
	})
}

// roundsOutlook is what the stop rule says, for the areas that the caller sees.
func (c *call) roundsOutlook(in *inside) ([]RoundsOutlook, error) {
	out := []RoundsOutlook{}
	p, err := protocol.Load(in.o.Pack)
	if err != nil {
		return out, err
	}
	list, err := sitrep.Rounds(in.Reader, in.o, p, c.now)
	for _, x := range list {
		ok, see := in.sees(x.Area)
		if see != nil {
			return out, see
		}
		if !ok {
			continue
		}
		one := RoundsOutlook{Areas: make([]string, len(x.Areas)), Step: string(x.Now.Step), Ground: string(x.Now.Ground), Round: x.Now.Round, Clean: x.Now.Clean, Needed: x.Now.Needed, Until: clock(x.Now.Until)}
		for i, a := range x.Areas {
			one.Areas[i] = in.code(a)
		}
		out = append(out, one)
	}
	return out, err
}

// roundID finds the round of an address for an order; the order asks who may.
func (c *call) roundID(a InRound) (id screening.RoundID, err error) {
	return id, c.round(a, auth.ScreeningRead, "", func(_ *inside, r screening.Round, _ []place.AreaID) error {
		id = r.ID
		return nil
	})
}

// counts are those of a round; nil where it is not counted.
func (c *call) counts(in *inside, r screening.Round, areas []place.AreaID) (*turnout.Counts, error) {
	if c.o.Turnout == nil || !r.State.Takes() || len(areas) == 0 {
		return nil, nil //nolint:nilnil // not counted is no error
	}
	n, err := c.o.Turnout.Count(r.ID, in.tree, areas...)
	if errors.Is(err, turnout.ErrNotKept) {
		return nil, nil //nolint:nilnil // as above
	}
	return &n, err
}

// ordered is a round after an order about it, without counts: the order is carried out whether they are ready or not.
func (c *call) ordered(a InRound) (out Round, err error) {
	return out, c.round(a, auth.ScreeningRead, "", func(in *inside, r screening.Round, _ []place.AreaID) error {
		out = in.roundView(r)
		return nil
	})
}

func (c *call) oneRound(a InRound, area string) (out Round, err error) {
	return out, c.round(a, auth.ScreeningRead, area, func(in *inside, r screening.Round, mine []place.AreaID) (err error) {
		out = in.roundView(r)
		if out.Counts, err = c.counts(in, r, mine); err != nil || out.Counts == nil {
			return err
		}
		var below []place.AreaID
		for _, a := range mine {
			for _, j := range in.tree.Children(a) {
				below = append(below, j.ID)
			}
		}
		list, err := c.o.Turnout.ByArea(r.ID, in.tree, below)
		for i, n := range list {
			out.Below = append(out.Below, AreaCounts{in.code(below[i]), n})
		}
		return err
	})
}

// absent is a page of who is missing.
func (c *call) absent(in *inside, r screening.Round, areas []place.AreaID, after person.Number, limit int) (out Missing, err error) {
	out.Items = []Absent{}
	n, err := c.counts(in, r, areas)
	if err != nil || n == nil {
		return out, err
	}
	out.Missing = n.Missing
	list, err := c.o.Turnout.Missing(r.ID, in.tree, areas, after, limit+1)
	if err != nil {
		return out, err
	}
	if len(list) > limit {
		list = list[:limit]
		out.Next = strconv.FormatInt(int64(list[limit-1]), 10)
	}
	people, err := in.PeopleByNumber(list)
	if err != nil {
		return out, err
	}
	v, err := c.o.Commands.Identities().Vault(in.Reader)
	if err != nil {
		return out, err
	}
	for _, n := range list {
		if p, ok := people[n]; ok { // who has moved between the two readings is on another page
			out.Items = append(out.Items, Absent{v.PersonCode(p.ID), in.code(p.Area), int64(p.Household)})
		}
	}
	return out, nil
}

func (s *server) rounds() {
	type list struct {
		Asked
		Outbreak string `path:"outbreak"`
	}
	operation(s, "list-rounds", http.MethodGet, "/api/outbreaks/{outbreak}/rounds", "Testing rounds, the newest first, with how far each has come", 200, func(c *call, in *list) (out Rounds, err error) {
		out.Items, out.Outlook = []Round{}, []RoundsOutlook{}
		return out, c.view(auth.ScreeningRead, in.Outbreak, "", func(v *inside) error {
			rounds, err := v.Rounds(v.o.ID)
			if err != nil {
				return err
			}
			for _, r := range rounds {
				mine, err := c.part(v, auth.ScreeningRead, r, "")
				if err != nil {
					return err
				}
				if len(mine) == 0 {
					continue
				}
				one := v.roundView(r)
				if one.Counts, err = c.counts(v, r, mine); err != nil {
					return err
				}
				out.Items = append(out.Items, one)
			}
			out.Outlook, err = c.roundsOutlook(v)
			return err
		})
	})
	type plan struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewRound
	}
	operation(s, "plan-round", http.MethodPost, "/api/outbreaks/{outbreak}/rounds", "Plan a testing round", 201, func(c *call, in *plan) (out Round, err error) {
		b := in.Body
		r, err := c.o.Commands.PlanRound(c.ctx, c.by(), command.PlanRound{Outbreak: in.Outbreak, Name: b.Name, Areas: b.Areas, StartsAt: b.StartsAt, EndsAt: b.EndsAt, Pool: b.Pool, Group: b.Group})
		if err != nil {
			return out, err
		}
		return c.ordered(InRound{in.Asked, in.Outbreak, r.Number})
	})
	type one struct {
		InRound
		Area string `query:"area" doc:"Code of a jurisdiction: counted within it."`
	}
	operation(s, "get-round", http.MethodGet, "/api/outbreaks/{outbreak}/rounds/{round}", "A round: who is due, sampled, exempt and missing, and the same for each area below", 200, func(c *call, in *one) (Round, error) {
		return c.oneRound(in.InRound, in.Area)
	})
	type state struct {
		InRound
		Body RoundState
	}
	operation(s, "set-round-state", http.MethodPost, "/api/outbreaks/{outbreak}/rounds/{round}/state", "Open, close or cancel a round", 200, func(c *call, in *state) (out Round, err error) {
		id, err := c.roundID(in.InRound)
		if err != nil {
			return out, err
		}
		switch b := in.Body; screening.State(b.State) {
		case screening.Open:
			_, err = c.o.Commands.OpenRound(c.ctx, c.by(), id, b.Version)
		case screening.Closed:
			_, err = c.o.Commands.CloseRound(c.ctx, c.by(), id, b.Version)
		case screening.Cancelled, screening.Planned:
			_, err = c.o.Commands.CancelRound(c.ctx, c.by(), id, b.Version, b.Reason)
		}
		if err != nil {
			return out, err
		}
		return c.ordered(in.InRound)
	})
	type missing struct {
		InRound
		Area  string `query:"area" doc:"Code of a jurisdiction: only who lives in it."`
		After int64  `query:"after" doc:"next of the page before."`
		Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	}
	operation(s, "list-missing", http.MethodGet, "/api/outbreaks/{outbreak}/rounds/{round}/missing", "Who is due and was not sampled, door after door", 200, func(c *call, in *missing) (out Missing, err error) {
		return out, c.round(in.InRound, auth.ScreeningRead, in.Area, func(v *inside, r screening.Round, mine []place.AreaID) (err error) {
			out, err = c.absent(v, r, mine, person.Number(in.After), in.Limit)
			return err
		})
	})
	type stand struct {
		InRound
		Body Standings
	}
	operation(s, "set-standings", http.MethodPost, "/api/outbreaks/{outbreak}/rounds/{round}/standings", "Say of people that they are exempt or refuse, or take that back; each row is taken or rejected by itself", 200, func(c *call, in *stand) (out command.StandingsResult, err error) {
		id, err := c.roundID(in.InRound)
		if err != nil {
			return out, err
		}
		order := command.SetStandings{Round: id, People: make([]command.StandingFields, len(in.Body.People))}
		for i, p := range in.Body.People {
			order.People[i] = command.StandingFields{Code: p.Person, Document: p.Document, Standing: screening.Standing(p.Standing), Reason: p.Reason}
		}
		return c.o.Commands.SetStandings(c.ctx, c.by(), order)
	})
	operation(s, "get-account", http.MethodGet, "/api/outbreaks/{outbreak}/rounds/{round}/account", "What became of everybody who was due and of every tube; for who sees all of the round", 200, func(c *call, in *InRound) (out RoundAccount, err error) {
		out.LooseEnds = []screening.LooseEnd{}
		return out, c.round(*in, auth.ScreeningRead, "", func(v *inside, r screening.Round, _ []place.AreaID) error {
			return c.account(v, r, &out)
		})
	})
}

func (c *call) account(v *inside, r screening.Round, out *RoundAccount) error {
	for _, a := range r.Areas {
		if ok, err := v.sees(a); err != nil || !ok {
			return errors.Join(err, notFound("account of round", r.Number))
		}
	}
	signed, ok, err := v.Signature(r.ID)
	if err != nil {
		return err
	}
	if ok {
		out.Signer, out.SignedAt, out.Digest = signed.Signer, clock(signed.SignedAt), signed.Digest
		if err := json.Unmarshal([]byte(signed.Counts), &out.Account); err != nil {
			return fmt.Errorf("read the account of round %d: %w", r.Number, err)
		}
	} else {
		if out.Tubes, err = v.TubeTally(r.ID); err != nil {
			return err
		}
		n, err := c.counts(v, r, r.Areas)
		if err != nil {
			return err
		}
		if n == nil {
			return notFound("account of round", r.Number)
		}
		out.Due, out.Sampled, out.Exempt, out.Refused, out.Missing, out.DeskOnly = n.Due, n.Sampled, n.Exempt, n.Refused, n.Missing, n.DeskOnly
	}
	if ends := out.Account.LooseEnds(); len(ends) > 0 {
		out.LooseEnds = ends
	}
	return nil
}
