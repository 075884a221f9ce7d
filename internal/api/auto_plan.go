package api

import (
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/transfer"
)

// AutoPlan says whether transfers are planned again by themselves.
type AutoPlan struct {
	Version int64      `json:"version" doc:"0 where it was never set."`
	Every   int        `json:"every_minutes" doc:"Minutes between two plans at least; 0: it is off."`
	SetAt   *time.Time `json:"set_at,omitempty"`
	SetBy   string     `json:"set_by,omitempty"`
	Reason  string     `json:"reason,omitempty"`
}

// AutoPlanSet changes it.
type AutoPlanSet struct {
	Version int64  `json:"version" doc:"Of the setting, as the caller saw it; 0 where it was never set."`
	Every   int    `json:"every_minutes" minimum:"0" maximum:"120" doc:"0 turns it off."`
	Reason  string `json:"reason" maxLength:"2000"`
}

// AutoPlanOf is the setting as it is told.
func AutoPlanOf(a transfer.AutoPlan) AutoPlan {
	return AutoPlan{Version: a.Version, Every: int(a.Every / time.Minute), SetAt: clock(a.SetAt), SetBy: a.SetBy, Reason: a.Reason}
}

func (s *server) autoPlan() {
	type get struct {
		Asked
		Outbreak string `path:"outbreak"`
	}
	const at = "/api/outbreaks/{outbreak}/transfers/auto-plan"
	operation(s, "get-auto-plan", http.MethodGet, at, "Whether transfers are planned again by themselves when something happened", 200, func(c *call, in *get) (out AutoPlan, err error) {
		err = c.view(auth.TransferRead, in.Outbreak, "", func(v *inside) error {
			a, err := v.AutoPlan(v.o.ID)
			out = AutoPlanOf(a)
			return err
		})
		return out, err
	})
	type set struct {
		get
		Body AutoPlanSet
	}
	operation(s, "set-auto-plan", http.MethodPut, at, "Say whether transfers are planned again by themselves: where somebody is new, a vehicle broke down or a place is full, and no sooner after the last plan than so many minutes", 200, func(c *call, in *set) (AutoPlan, error) {
		a, err := c.o.Commands.SetAutoPlan(c.ctx, c.by(), command.SetAutoPlan{Outbreak: in.Outbreak, Version: in.Body.Version, Every: in.Body.Every, Reason: in.Body.Reason})
		return AutoPlanOf(a), err
	})
}
