package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/sitrep"
)

// Duty is how far a duty has been done.
type Duty struct {
	Duty       string     `json:"duty"`
	Due        int64      `json:"due" doc:"done + open + waived"`
	Done       int64      `json:"done"`
	DoneLate   int64      `json:"done_late" doc:"of done"`
	Open       int64      `json:"open"`
	Late       int64      `json:"late" doc:"of open, past the deadline"`
	Waived     int64      `json:"waived"`
	Median     *float64   `json:"median_minutes,omitempty" doc:"From opening to done."`
	OldestLate *time.Time `json:"oldest_late,omitempty"`
	HeldBy     []Holder   `json:"held_by,omitempty"`
}

// Holder is one role in one area that holds late tasks.
type Holder struct {
	Owner     string     `json:"owner"`
	Area      string     `json:"area"`
	Late      int64      `json:"late"`
	OldestDue *time.Time `json:"oldest_due,omitempty"`
}

// Coverage is one line a duty.
type Coverage struct {
	At    time.Time `json:"at"`
	Items []Duty    `json:"items"`
}

// Figures is the input of what is counted.
type Figures struct {
	Asked
	Outbreak string `path:"outbreak"`
	Area     string `query:"area" doc:"Code of a jurisdiction."`
}

func (s *server) situation() {
	type coverage struct {
		Figures
		From string `query:"from" format:"date-time" doc:"Tasks due at or after."`
		To   string `query:"to" format:"date-time" doc:"Tasks due before."`
	}
	operation(s, "get-coverage", http.MethodGet, "/api/outbreaks/{outbreak}/coverage", "How far each duty has been done, and who holds what is late", 200, func(c *call, in *coverage) (out Coverage, err error) {
		from, err := command.ParseInstant(in.From, time.UTC)
		if err != nil {
			return out, &command.Invalid{Field: "query.from", Value: in.From, Reason: err.Error()}
		}
		to, err := command.ParseInstant(in.To, time.UTC)
		if err != nil {
			return out, &command.Invalid{Field: "query.to", Value: in.To, Reason: err.Error()}
		}
		out = Coverage{At: c.now, Items: []Duty{}}
		return out, c.view(auth.TaskRead, in.Outbreak, in.Area, func(v *inside) error {
			list, err := v.Coverage(v.o.ID, v.within, from, to, c.now)
			for _, l := range list {
				d := Duty{Duty: string(l.Duty), Due: l.Due, Done: l.Done, DoneLate: l.DoneLate, Open: l.Open, Late: l.Late, Waived: l.Waived, OldestLate: clock(l.OldestLate)}
				if l.Timed > 0 {
					minutes := l.MedianToDone.Minutes()
					d.Median = &minutes
				}
				for _, h := range l.HeldBy {
					d.HeldBy = append(d.HeldBy, Holder{string(h.Owner), v.code(h.Area), h.Late, clock(h.OldestDue)})
				}
				out.Items = append(out.Items, d)
			}
			return err
		})
	})
	type situation struct {
		Figures
		Window int     `query:"window" minimum:"1" maximum:"60" default:"7" doc:"Days of the sliding window of Rt."`
		SIMean float64 `query:"si_mean" minimum:"0" doc:"Mean serial interval in days, in place of the pack's; goes with si_sd."`
		SISD   float64 `query:"si_sd" minimum:"0" doc:"Its standard deviation in days."`
		By     string  `query:"by" enum:"onset,report,confirmation" doc:"The day that the curve is drawn by; onset where it is known of any case, else report."`
		Split  string  `query:"split" enum:"class,area,found" doc:"What the bars of the curve are stacked by: class, district, or where cases were found."`
	}
	// Exact counts of cases: whoever reads the cases may have them. Roll-ups for higher levels, with small cells protected, are not these.
	operation(s, "get-situation", http.MethodGet, "/api/outbreaks/{outbreak}/situation", "The situation report: curve, reproduction numbers, growth, delays, chains, targets", 200, func(c *call, in *situation) (out *sitrep.Report, err error) {
		if (in.SIMean == 0) != (in.SISD == 0) {
			return nil, &command.Invalid{Field: "query.si_mean", Reason: "si_mean and si_sd go together"}
		}
		return out, c.view(auth.CaseRead, in.Outbreak, in.Area, func(v *inside) error {
			out, err = sitrep.Read(v.Reader, v.o, v.within, sitrep.Options{Window: in.Window, SIMean: in.SIMean, SISD: in.SISD, Area: v.within.Area,
				By: sitrep.By(in.By), Split: sitrep.Split(in.Split), Now: c.now})
			return err
		})
	})
}
