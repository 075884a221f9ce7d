package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/lab"
	"firebreak/internal/protocol"
	"firebreak/internal/screening"
	"firebreak/internal/store"
)

// Laboratory is a laboratory with what it has to do.
type Laboratory struct {
	ID              int64      `json:"id"`
	Code            string     `json:"code"`
	Name            string     `json:"name"`
	Area            string     `json:"area"`
	PerHour         int64      `json:"per_hour" doc:"Tubes that it says it can read in an hour; 0 where it has not said."`
	Rates           []LabRate  `json:"rates,omitempty" doc:"Parts of the day in which that is another number."`
	Turnaround      int64      `json:"turnaround_minutes"`
	Opens           string     `json:"opens,omitempty" doc:"Time of day in the outbreak's zone; left out where it is open day and night."`
	Closes          string     `json:"closes,omitempty" doc:"Earlier than opens where it closes after midnight."`
	Mobile          bool       `json:"mobile"`
	Closed          bool       `json:"closed"`
	InHand          int64      `json:"in_hand" doc:"Tubes that it has and has not read."`
	Received        int64      `json:"received"`
	Resulted        int64      `json:"resulted"`
	ReceivedPerHour float64    `json:"received_per_hour" doc:"Over the last three hours."`
	ResultedPerHour float64    `json:"resulted_per_hour"`
	OldestClosedAt  *time.Time `json:"oldest_closed_at,omitempty" doc:"When the tube that waits longest was closed."`
	OldestTube      string     `json:"oldest_tube,omitempty"`
	Late            int64      `json:"late" doc:"Tubes in hand beyond the pack's clock from closing to result."`
	ClearsAt        *time.Time `json:"clears_at,omitempty" doc:"When it will have read what it has, at its present rate; left out where it reads nothing."`
	RateAssumed     bool       `json:"rate_assumed" doc:"It has read nothing lately: the rate is what it says of itself."`
	Growing         bool       `json:"growing" doc:"More comes in than it reads."`
	Version         int64      `json:"version"`
}

// Laboratories is a list.
type Laboratories struct {
	Items   []Laboratory `json:"items"`
	Nowhere int64        `json:"late_at_no_laboratory" doc:"Late tubes that no laboratory has."`
	Clock   string       `json:"clock" doc:"From closing to result, by the pack; empty where the pack has none."`
}

// NewLaboratory enters a laboratory.
type NewLaboratory struct {
	Code       string    `json:"code" maxLength:"60"`
	Name       string    `json:"name,omitempty" maxLength:"200"`
	Area       string    `json:"area" doc:"Code of a jurisdiction; it may lie outside the outbreak's area."`
	PerHour    int64     `json:"per_hour,omitempty" doc:"Tubes that it says it can read in an hour."`
	Rates      []LabRate `json:"rates,omitempty" maxItems:"24" doc:"Parts of the day in which that is another number: nights, shifts, pauses. No two share a minute."`
	Turnaround int64     `json:"turnaround_minutes,omitempty"`
	Opens      string    `json:"opens,omitempty" doc:"Time of day in the outbreak's zone, such as 08:00; with closes. Left out: day and night."`
	Closes     string    `json:"closes,omitempty" doc:"Such as 20:00; earlier than opens where it closes after midnight."`
	Mobile     bool      `json:"mobile,omitempty"`
}

// LaboratoryChange is what is known of a laboratory now; all of it.
type LaboratoryChange struct {
	Name       string    `json:"name,omitempty" maxLength:"200"`
	Area       string    `json:"area" doc:"Code of a jurisdiction."`
	PerHour    int64     `json:"per_hour,omitempty"`
	Rates      []LabRate `json:"rates,omitempty" maxItems:"24" doc:"As of a new laboratory; left out: the same number all day."`
	Turnaround int64     `json:"turnaround_minutes,omitempty"`
	Opens      string    `json:"opens,omitempty" doc:"As of a new laboratory."`
	Closes     string    `json:"closes,omitempty"`
	Mobile     bool      `json:"mobile,omitempty"`
	Closed     bool      `json:"closed,omitempty" doc:"It is not used any more."`
	Version    int64     `json:"version,omitempty" doc:"That the change was made on; left out: whatever stands."`
}

// LabRate is what a laboratory says that it can read in a part of the day.
type LabRate struct {
	From    string `json:"from" doc:"Time of day in the outbreak's zone, such as 22:00."`
	Until   string `json:"until" doc:"Such as 06:00; earlier than from: after midnight."`
	PerHour int64  `json:"per_hour" minimum:"0" doc:"Tubes; 0: it reads none then."`
}

// laboratoryFields reads what the interface says of a laboratory.
func laboratoryFields(b NewLaboratory) (f command.LaboratoryFields, err error) {
	f = command.LaboratoryFields{Code: b.Code, Name: b.Name, Area: b.Area, PerHour: b.PerHour, Turnaround: time.Duration(b.Turnaround) * time.Minute, Mobile: b.Mobile}
	if f.Opens, f.Closes, err = lab.ParseHours(b.Opens, b.Closes); err != nil {
		return f, &command.Invalid{Field: "opens", Value: b.Opens + "-" + b.Closes, Reason: lab.ErrTimeOfDay.Error()}
	}
	for i, r := range b.Rates {
		from, badFrom := lab.ParseTimeOfDay(r.From)
		until, badUntil := lab.ParseTimeOfDay(r.Until)
		if err := errors.Join(badFrom, badUntil); err != nil {
			return f, &command.Invalid{Field: fmt.Sprintf("rates[%d]", i), Value: r.From + "-" + r.Until, Reason: lab.ErrTimeOfDay.Error()}
		}
		f.Rates = append(f.Rates, lab.Rate{From: from, Until: until, PerHour: r.PerHour})
	}
	return f, nil
}

// Fields are what is known of a laboratory, as an order has them.
func (l Laboratory) Fields() (command.LaboratoryFields, error) {
	return laboratoryFields(NewLaboratory{l.Code, l.Name, l.Area, l.PerHour, l.Rates, l.Turnaround, l.Opens, l.Closes, l.Mobile})
}

// WriteLaboratory writes what is known of a laboratory as the interface says it.
func WriteLaboratory(f command.LaboratoryFields) NewLaboratory {
	n := NewLaboratory{Code: f.Code, Name: f.Name, Area: f.Area, PerHour: f.PerHour, Rates: writeRates(f.Rates), Turnaround: int64(f.Turnaround / time.Minute), Mobile: f.Mobile}
	if f.Opens != f.Closes {
		n.Opens, n.Closes = lab.TimeOfDay(f.Opens), lab.TimeOfDay(f.Closes)
	}
	return n
}

func writeRates(list []lab.Rate) (out []LabRate) {
	for _, r := range list {
		out = append(out, LabRate{lab.TimeOfDay(r.From), lab.TimeOfDay(r.Until), r.PerHour})
	}
	return out
}

// TubeResults are results of many tubes.
type TubeResults struct {
	Rows []TubeResultRow `json:"rows" minItems:"1" maxItems:"10000"`
}

// TubeResultRow is the result of one tube.
type TubeResultRow struct {
	Tube   string  `json:"tube" doc:"Its label."`
	Result string  `json:"result" doc:"negative, positive, inconclusive, invalid, lost or leaked"`
	At     string  `json:"at,omitempty" doc:"When it was known; now when left out. Needed for a correction."`
	Ct     float64 `json:"ct,omitempty" doc:"Cycle threshold."`
	Run    string  `json:"run,omitempty" doc:"Plate."`
	Well   string  `json:"well,omitempty" doc:"Place on the plate; two tubes in one are refused."`
	Reason string  `json:"reason,omitempty" doc:"Of a correction."`
}

// Reception takes in a box, as it is or tube by tube, or tubes without a box.
type Reception struct {
	Box     string   `json:"box,omitempty" doc:"Its label; left out for tubes without a box."`
	Counted int      `json:"counted,omitempty" minimum:"0" doc:"Tubes in the box."`
	Tubes   []string `json:"tubes,omitempty" maxItems:"500" doc:"Labels that were scanned one by one; left out where all that was packed was counted."`
	Note    string   `json:"note,omitempty" maxLength:"500" doc:"Why another number was counted than packed."`
	At      string   `json:"at,omitempty" doc:"Now when left out."`
}

// TubeView is a tube on its way. Who is in it is not told.
type TubeView struct {
	Code       string       `json:"code"`
	Round      int64        `json:"round"`
	Kind       string       `json:"kind"`
	People     int          `json:"people"`
	ClosedAt   *time.Time   `json:"closed_at,omitempty"`
	Box        string       `json:"box,omitempty"`
	BoxState   string       `json:"box_state,omitempty"`
	Laboratory string       `json:"laboratory,omitempty"`
	AtLab      *time.Time   `json:"at_laboratory,omitempty"`
	Result     string       `json:"result" doc:"Empty while awaited."`
	ResultAt   *time.Time   `json:"result_at,omitempty"`
	Reports    []TubeReport `json:"reports" doc:"All that was told of it, in the order in which it came."`
}

// TubeReport is one result as it was told.
type TubeReport struct {
	Result     string     `json:"result"`
	At         *time.Time `json:"at"`
	Ct         float64    `json:"ct,omitempty"`
	Run        string     `json:"run,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	Laboratory string     `json:"laboratory"`
	ToldAt     *time.Time `json:"told_at"`
	ToldBy     string     `json:"told_by"`
}

// BoxView is a box of tubes.
type BoxView struct {
	ID       int64      `json:"id"`
	Code     string     `json:"code"`
	State    string     `json:"state"`
	Tubes    int64      `json:"tubes"`
	Counted  int64      `json:"counted"`
	Received int64      `json:"received" doc:"Of its tubes, those that laboratories took in."`
	Note     string     `json:"note,omitempty"`
	PackedAt *time.Time `json:"packed_at,omitempty"`
	MovedAt  *time.Time `json:"moved_at,omitempty"`
}

// Boxes is a list.
type Boxes struct {
	Items []BoxView `json:"items"`
	Next  int64     `json:"next,omitempty" doc:"after of the next page; left out on the last."`
}

// tubeClock is the pack's clock from the closing of a tube to its result; 0 where it has none.
func (in *inside) tubeClock() (time.Duration, string, error) {
	p, err := protocol.Load(in.o.Pack)
	if err != nil {
		return 0, "", err
	}
	return p.Clocks.TubeResult.Duration(), p.Clocks.TubeResult.String(), nil
}

func (in *inside) laboratoryView(l store.LabLoad, now time.Time) Laboratory {
	out := Laboratory{ID: int64(l.Laboratory.ID), Code: l.Code, Name: l.Name, Area: in.code(l.Area), PerHour: l.Laboratory.PerHour, Rates: writeRates(l.Rates), Turnaround: int64(l.Turnaround / time.Minute), Mobile: l.Mobile, Closed: l.Closed,
		InHand: l.InHand, Received: l.Received, Resulted: l.Resulted, OldestClosedAt: clock(l.Oldest), OldestTube: l.OldestTube, Late: l.Late, Version: l.Version}
	if l.Shuts() {
		out.Opens, out.Closes = lab.TimeOfDay(l.Opens), lab.TimeOfDay(l.Closes)
	}
	out.ReceivedPerHour, out.ResultedPerHour = l.Load.PerHour()
	f := l.Forecast(l.Load, now, in.loc)
	out.ClearsAt, out.RateAssumed, out.Growing = clock(f.At), f.Assumed, f.Growing
	return out
}

func (s *server) laboratories() {
	operation(s, "list-laboratories", http.MethodGet, "/api/outbreaks/{outbreak}/laboratories", "Laboratories, what they have in hand and when it will be read", 200, func(c *call, in *Figures) (out Laboratories, err error) {
		out.Items = []Laboratory{}
		return out, c.view(auth.SampleRead, in.Outbreak, in.Area, func(v *inside) error {
			span, text, err := v.tubeClock()
			if err != nil {
				return err
			}
			out.Clock = text
			var late time.Time
			if span > 0 {
				late = c.now.Add(-span)
				if out.Nowhere, err = v.CountLate(v.o.ID, v.within, late); err != nil {
					return err
				}
			}
			list, err := v.LabLoads(v.o.ID, v.within, c.now, late)
			for _, l := range list {
				out.Items = append(out.Items, v.laboratoryView(l, c.now))
			}
			return err
		})
	})
	type add struct {
		Asked
		Outbreak string `path:"outbreak"`
		Body     NewLaboratory
	}
	operation(s, "add-laboratory", http.MethodPost, "/api/outbreaks/{outbreak}/laboratories", "Enter a laboratory", 201, func(c *call, in *add) (out Laboratory, err error) {
		f, err := laboratoryFields(in.Body)
		if err != nil {
			return out, err
		}
		list, err := c.o.Commands.AddLaboratories(c.ctx, c.by(), command.AddLaboratories{Outbreak: in.Outbreak, Laboratories: []command.LaboratoryFields{f}})
		if err != nil {
			return out, err
		}
		return out, c.entered(list[0], &out)
	})
	type change struct {
		Asked
		Outbreak   string `path:"outbreak"`
		Laboratory string `path:"laboratory" doc:"Its code."`
		Body       LaboratoryChange
	}
	operation(s, "change-laboratory", http.MethodPut, "/api/outbreaks/{outbreak}/laboratories/{laboratory}", "Correct what is known of a laboratory, or say that it is not used any more", 200, func(c *call, in *change) (out Laboratory, err error) {
		b := in.Body
		f, err := laboratoryFields(NewLaboratory{Code: in.Laboratory, Name: b.Name, Area: b.Area, PerHour: b.PerHour, Rates: b.Rates, Turnaround: b.Turnaround, Opens: b.Opens, Closes: b.Closes, Mobile: b.Mobile})
		if err != nil {
			return out, err
		}
		order := command.ChangeLaboratory{Version: b.Version, Closed: b.Closed, LaboratoryFields: f}
		err = c.view(auth.ScreeningWrite, in.Outbreak, "", func(v *inside) error {
			l, err := v.LaboratoryByCode(v.o.ID, in.Laboratory)
			order.Laboratory = l.ID
			return err
		})
		if err != nil {
			return out, err
		}
		l, err := c.o.Commands.ChangeLaboratory(c.ctx, c.by(), order)
		if err != nil {
			return out, err
		}
		return out, c.entered(l, &out)
	})
	type report struct {
		Asked
		Outbreak   string `path:"outbreak"`
		Laboratory string `path:"laboratory" doc:"Its code."`
		Body       TubeResults
	}
	operation(s, "report-tubes", http.MethodPost, "/api/outbreaks/{outbreak}/laboratories/{laboratory}/tube-results",
		"Report or correct the results of many tubes; each row is taken or rejected by itself, and the same again changes nothing", 200, func(c *call, in *report) (command.TubesReported, error) {
			order := command.ReportTubes{Outbreak: in.Outbreak, Laboratory: in.Laboratory, Rows: make([]command.TubeRow, len(in.Body.Rows))}
			for i, r := range in.Body.Rows {
				order.Rows[i] = command.TubeRow{Code: r.Tube, Result: r.Result, At: r.At, Run: r.Run, Well: r.Well, Reason: r.Reason}
				if r.Ct != 0 {
					order.Rows[i].Ct = strconv.FormatFloat(r.Ct, 'g', -1, 64)
				}
			}
			return c.o.Commands.ReportTubes(c.ctx, c.by(), order)
		})
	type receive struct {
		Asked
		Outbreak   string `path:"outbreak"`
		Laboratory string `path:"laboratory" doc:"Its code."`
		Body       Reception
	}
	operation(s, "receive-box", http.MethodPost, "/api/outbreaks/{outbreak}/laboratories/{laboratory}/receptions", "Take in a box or tubes at a laboratory; what is missing is named", 200, func(c *call, in *receive) (out command.Received, err error) {
		b := in.Body
		order := command.HandBox{Box: b.Box, Counted: b.Counted, Tubes: b.Tubes, Note: b.Note, Laboratory: in.Laboratory}
		if b.At != "" {
			if order.At, err = time.Parse(time.RFC3339, b.At); err != nil {
				return out, &command.Invalid{Field: "at", Value: b.At, Reason: "is no instant such as 2022-03-10T06:05:00Z"}
			}
		}
		return c.o.Commands.ReceiveBox(c.ctx, c.by(), in.Outbreak, order)
	})
	type tube struct {
		Asked
		Outbreak string `path:"outbreak"`
		Code     string `path:"code" doc:"The whole label."`
	}
	operation(s, "get-tube", http.MethodGet, "/api/outbreaks/{outbreak}/tubes/{code}", "Where a tube is and what was told of it", 200, func(c *call, in *tube) (out TubeView, err error) {
		return out, c.view(auth.SampleRead, in.Outbreak, "", func(v *inside) (err error) {
			out, err = v.tubeView(in.Code)
			return err
		})
	})
	type boxes struct {
		Asked
		Outbreak   string `path:"outbreak"`
		Area       string `query:"area" doc:"Code of a jurisdiction: only boxes of its sites."`
		Round      int64  `query:"round" doc:"Number of a round."`
		Laboratory string `query:"laboratory" doc:"Code of a laboratory that has the box."`
		State      string `query:"state" enum:"packed,collected,delivered,received" doc:"How far it has come."`
		After      int64  `query:"after" doc:"next of the page before."`
		Limit      int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	}
	operation(s, "list-boxes", http.MethodGet, "/api/outbreaks/{outbreak}/boxes", "Boxes of tubes, and how many of each came in", 200, func(c *call, in *boxes) (out Boxes, err error) {
		out.Items = []BoxView{}
		return out, c.view(auth.SampleRead, in.Outbreak, in.Area, func(v *inside) error {
			f := store.BoxFilter{State: lab.Step(in.State), After: lab.BoxID(in.After), Limit: in.Limit}
			if in.Round != 0 {
				r, err := v.RoundByNumber(v.o.ID, in.Round)
				if err != nil {
					return err
				}
				f.Round = r.ID
			}
			if in.Laboratory != "" {
				l, err := v.LaboratoryByCode(v.o.ID, in.Laboratory)
				if err != nil {
					return err
				}
				f.Laboratory = l.ID
			}
			return v.boxes(f, &out)
		})
	})
}

// entered is a laboratory as it stands after an order about it.
func (c *call) entered(l lab.Laboratory, out *Laboratory) error {
	return c.o.DB.View(c.ctx, func(r *store.Reader) error {
		o, err := r.Outbreak(l.Outbreak)
		if err != nil {
			return err
		}
		in, err := open(r, o, store.Everywhere())
		if err == nil {
			*out = in.laboratoryView(store.LabLoad{Laboratory: l}, c.now)
		}
		return err
	})
}

func (in *inside) boxes(f store.BoxFilter, out *Boxes) error {
	list, err := in.Reader.Boxes(in.o.ID, in.within, f)
	if err != nil {
		return err
	}
	ids := make([]lab.BoxID, len(list))
	for i, b := range list {
		ids[i] = b.ID
	}
	received, err := in.ReceivedOf(ids)
	for _, b := range list {
		out.Items = append(out.Items, BoxView{int64(b.ID), b.Code, string(b.State), b.Tubes, b.Counted, received[b.ID], b.Note, clock(b.PackedAt), clock(b.MovedAt)})
	}
	if len(list) == f.Limit {
		out.Next = int64(list[len(list)-1].ID)
	}
	return err
}

func (in *inside) tubeView(code string) (out TubeView, err error) {
	t, err := in.TubeByCode(in.o.ID, code)
	if err != nil {
		return out, err
	}
	ok, err := in.sees(t.District)
	if err == nil && !ok {
		err = notFound("tube", code)
	}
	if err != nil {
		return out, err
	}
	round, err := in.Round(t.Round)
	if err != nil {
		return out, err
	}
	out = TubeView{Code: t.Code, Round: round.Number, Kind: string(t.Kind), People: t.People, ClosedAt: clock(t.ClosedAt), AtLab: clock(t.AtLab), Result: string(t.Result), ResultAt: clock(t.ResultAt), Reports: []TubeReport{}}
	if t.Box != 0 {
		b, err := in.Box(t.Box)
		if err != nil {
			return out, err
		}
		out.Box, out.BoxState = b.Code, string(b.State)
	}
	names := map[lab.LaboratoryID]string{0: ""}
	name := func(id lab.LaboratoryID) (string, error) {
		if s, ok := names[id]; ok {
			return s, nil
		}
		l, err := in.Reader.Laboratory(id)
		names[id] = l.Code
		return l.Code, err
	}
	if out.Laboratory, err = name(t.Laboratory); err != nil {
		return out, err
	}
	told, err := in.TubeReports([]screening.TubeID{t.ID})
	if err != nil {
		return out, err
	}
	for _, r := range told[t.ID] {
		x := TubeReport{Result: string(r.Result), At: clock(r.At), Ct: r.Ct, Run: r.Run, Reason: r.Reason, ToldAt: clock(r.ToldAt), ToldBy: r.ToldBy}
		if x.Laboratory, err = name(r.Laboratory); err != nil {
			return out, err
		}
		out.Reports = append(out.Reports, x)
	}
	return out, nil
}
