package api

import (
	"net/http"
	"time"

	"firebreak/internal/command"
	"firebreak/internal/store"
)

// InForce is the pack in force in an outbreak, and those before it.
type InForce struct {
	Pack    string       `json:"pack"`
	Version int64        `json:"version" doc:"Of the outbreak; send it with a change."`
	Earlier []EarlierRun `json:"earlier" doc:"Packs in force before, in their order. What was decided under one keeps it."`
	Left    int          `json:"left" doc:"Cases, contacts, people who are held or to be sampled, and tubes that the last change has not reached yet; the server goes on by itself."`
}

// EarlierRun is a pack that was in force.
type EarlierRun struct {
	Pack  string    `json:"pack"`
	Until time.Time `json:"until"`
}

// PackChange puts another pack in force.
type PackChange struct {
	Pack    string `json:"pack" doc:"Protocol pack of the same pathogen." example:"covid19/2022-v9"`
	Version int64  `json:"version,omitempty" doc:"Of the outbreak, as it was seen."`
	Reason  string `json:"reason,omitempty" maxLength:"2000" doc:"Needed, but for a dry run."`
	DryRun  bool   `json:"dry_run,omitempty" doc:"Say what would change, and change nothing."`
}

// PackChanged is what a change does, or would do.
type PackChanged struct {
	command.PackPreview
	Left bool `json:"left" doc:"The pack is in force; what stands is still being carried over."`
}

// carryNow is how many cases, contacts, people and tubes the answer to a change waits for.
const carryNow = 1_000

func (s *server) packs() {
	type of struct {
		Asked
		Outbreak string `path:"outbreak" doc:"Name of the outbreak."`
	}
	operation(s, "get-outbreak-pack", http.MethodGet, "/api/outbreaks/{outbreak}/pack", "The pack in force, those before it, and how far a change has come", 200, func(c *call, in *of) (out InForce, err error) {
		return out, c.o.DB.View(c.ctx, func(r *store.Reader) error {
			tree, err := r.Tree()
			if err != nil {
				return err
			}
			o, err := r.OutbreakByName(in.Outbreak)
			if err != nil {
				return err
			}
			if !c.near(tree, o.Area) {
				return notFound("outbreak", in.Outbreak)
			}
			out = InForce{Pack: o.Pack, Version: o.Version, Earlier: []EarlierRun{}}
			for _, e := range o.Earlier {
				out.Earlier = append(out.Earlier, EarlierRun{e.Pack, e.Until.UTC()})
			}
			carry, _, err := command.Carrying(r, o.ID)
			out.Left = carry.Left
			return err
		})
	})
	type change struct {
		Asked
		Outbreak string `path:"outbreak" doc:"Name of the outbreak."`
		Body     PackChange
	}
	operation(s, "change-outbreak-pack", http.MethodPost, "/api/outbreaks/{outbreak}/pack", "Put another pack in force, with a reason, or see what that would change", 200, func(c *call, in *change) (out PackChanged, err error) {
		b := in.Body
		order := command.ChangePack{Outbreak: in.Outbreak, Version: b.Version, Pack: b.Pack, Reason: b.Reason}
		if b.DryRun {
			out.PackPreview, err = c.o.Commands.PreviewPack(c.ctx, c.by(), order)
			return out, err
		}
		o, err := c.o.Commands.ChangePack(c.ctx, c.by(), order)
		if err != nil {
			return out, err
		}
		out.From, out.To, out.Version = o.Earlier[len(o.Earlier)-1].Pack, o.Pack, o.Version
		// The pack is in force whatever comes now: the clock goes on with what is not carried over here.
		if err := c.o.DB.View(c.ctx, func(r *store.Reader) error {
			all, err := r.CountStanding(o.ID, store.StandingAt{})
			out.Of(all)
			return err
		}); err != nil {
			return out, err
		}
		out.Left, err = c.o.Commands.CarryPack(c.ctx, o.ID, carryNow, func(e command.PackEffect) { out.PackEffect = e })
		return out, err
	})
}
