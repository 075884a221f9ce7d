package api

import (
	"fmt"
	"net/http"
	"time"

	"firebreak/internal/auth"
	"firebreak/internal/command"
	"firebreak/internal/store"
)

// UnknownTube is a tube that a laboratory has, or has read, and that no desk has told of.
type UnknownTube struct {
	Tube     string     `json:"tube" doc:"Its label."`
	Since    *time.Time `json:"since" doc:"When it was first heard of."`
	AtLab    *time.Time `json:"at_lab,omitempty" doc:"When it came; left out where it was reported lost."`
	Result   string     `json:"result,omitempty" doc:"What the laboratory read last; left out while it has read nothing."`
	ResultAt *time.Time `json:"result_at,omitempty"`
	Came     *time.Time `json:"came_at,omitempty" doc:"When its desk told of it after all, and its result could not be joined."`
	Problem  string     `json:"problem,omitempty" doc:"Why not, in one word, such as before_closed."`
}

// UnknownTubes is a list, the positive ones first, then those that wait longest.
type UnknownTubes struct {
	Items []UnknownTube `json:"items"`
}

// UnknownWord is what was found out about an unknown tube that will never come.
type UnknownWord struct {
	Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"Such as a label that was misread; the journal keeps it."`
}

func unknownTube(t store.UnknownTube) UnknownTube {
	return UnknownTube{t.Code, clock(t.Since), clock(t.AtLab), string(t.Result), clock(t.ResultAt), clock(t.Came), t.Problem}
}

func (s *server) unknownTubes() {
	type list struct {
		Asked
		Outbreak   string `path:"outbreak"`
		Laboratory string `path:"laboratory" doc:"Its code."`
	}
	operation(s, "list-unknown-tubes", http.MethodGet, "/api/outbreaks/{outbreak}/laboratories/{laboratory}/unknown-tubes", "Tubes that a laboratory has, or has read, and that no desk has told of", 200, func(c *call, in *list) (out UnknownTubes, err error) {
		out.Items = []UnknownTube{}
		return out, c.view(auth.SampleRead, in.Outbreak, "", func(v *inside) error {
			l, err := v.LaboratoryByCode(v.o.ID, in.Laboratory)
			if err != nil {
				return err
			}
			ok, err := v.sees(l.Area)
			if err == nil && !ok {
				err = fmt.Errorf("laboratory %q: %w", in.Laboratory, store.ErrNotFound)
			}
			if err != nil {
				return err
			}
			tubes, err := v.UnknownTubes(l.ID)
			for _, t := range tubes {
				out.Items = append(out.Items, unknownTube(t))
			}
			return err
		})
	})
	type settle struct {
		Asked
		Outbreak   string `path:"outbreak"`
		Laboratory string `path:"laboratory" doc:"Its code."`
		Tube       string `path:"tube" doc:"The whole label."`
		Body       UnknownWord
	}
	operation(s, "settle-unknown-tube", http.MethodPost, "/api/outbreaks/{outbreak}/laboratories/{laboratory}/unknown-tubes/{tube}/settle", "Say what a tube was that no desk will ever tell of, and why; what was told of it waits no more", 200, func(c *call, in *settle) (UnknownWord, error) {
		return in.Body, c.o.Commands.SettleUnknown(c.ctx, c.by(), command.SettleUnknown{Outbreak: in.Outbreak, Laboratory: in.Laboratory, Tube: in.Tube, Reason: in.Body.Reason})
	})
}
