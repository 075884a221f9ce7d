package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/place"
	"firebreak/internal/restriction"
	"firebreak/internal/store"
)

type restrictionCmd struct {
	List        restrictionListCmd        `cmd:"" help:"List restrictions on people, the first to end first."`
	Show        restrictionShowCmd        `cmd:"" help:"Show one restriction: its versions, reasons, needs and the law that it stands on."`
	Notice      restrictionNoticeCmd      `cmd:"" help:"Write the notice of a restriction in plain words."`
	Certificate restrictionCertificateCmd `cmd:"" help:"Say the certificate of release of whoever was in isolation or quarantine."`
	CheckLink   restrictionCheckLinkCmd   `cmd:"" help:"Say the link by which somebody in quarantine, or watched at home, answers their checks."`
	Basis       restrictionBasisCmd       `cmd:"" help:"Name the law that restrictions of a kind stand on in an outbreak, in place of the pack's text."`
}

// restrictionFlags are those of every one of these commands.
type restrictionFlags struct {
	dataFlags
	serverFlags
	jsonFlag
	Outbreak string `required:"" placeholder:"NAME" help:"Outbreak that the restrictions are of."`
}

type restrictionListCmd struct {
	restrictionFlags
	Kind  string `placeholder:"KIND" help:"transfer, isolation, quarantine-site, hold, quarantine-home or home-monitoring."`
	Show  string `enum:"standing,untold,ending,review,appealed,proposed,ended" default:"standing" help:"${enum}; ending and review: within a day."`
	Limit int    `default:"200" help:"At most so many."`
}

// Run prints restrictions.
func (c *restrictionListCmd) Run(ctx context.Context, p *process) error {
	out := api.Restrictions{Items: []api.Restriction{}}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		query := map[string][]string{"limit": {strconv.Itoa(min(c.Limit, 200))}, "show": {c.Show}}
		if c.Kind != "" {
			query["kind"] = []string{c.Kind}
		}
		if err := at.get(ctx, path("/api/outbreaks/%s/restrictions", c.Outbreak), query, &out); err != nil {
			return err
		}
		return c.tell(p, out)
	}
	f := store.RestrictionFilter{Within: store.Everywhere(), Limit: c.Limit, Untold: c.Show == "untold", Ending: c.Show == "ending", ReviewDue: c.Show == "review", Appealed: c.Show == "appealed", Proposed: c.Show == "proposed", Ended: c.Show == "ended"}
	if c.Kind != "" {
		if f.Kind, err = restriction.ParseKind(c.Kind); err != nil {
			return err
		}
	}
	return c.with(ctx, p, false, func(db *store.DB) error {
		f.Now, f.EndsBy = db.Now(), db.Now().Add(24*time.Hour)
		err := db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			page, err := r.RestrictionList(o.ID, f)
			if err != nil {
				return err
			}
			tree, err := r.Tree()
			if err != nil {
				return err
			}
			out.Next = page.Next
			for i := range page.List {
				x, err := api.RestrictionOf(r, &page.List[i], f.Now, func(a place.AreaID) string { j, _ := tree.Get(a); return j.Code })
				if err != nil {
					return err
				}
				out.Items = append(out.Items, x)
			}
			return nil
		})
		if err != nil {
			return err
		}
		return c.tell(p, out)
	})
}

func (c *restrictionListCmd) tell(p *process, out api.Restrictions) error {
	if c.JSON {
		return p.writeJSON(out)
	}
	t := newTable("id", "person", "kind", "until", "told", "review", "area", "ended")
	for _, x := range out.Items {
		told := "yes"
		if x.ToTell {
			told = "no"
		}
		t.add(strconv.FormatInt(x.ID, 10), strconv.FormatInt(x.Person, 10), x.Kind, said(x.Until), told, said(x.Review), x.Area, x.Ended)
	}
	return t.write(p.Stdout)
}

// said is an instant as tables have it; empty for none.
func said(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

type restrictionShowCmd struct {
	restrictionFlags
	Restriction int64 `arg:"" help:"Its number, as list has it; that of a hold is negative and stands after --."`
}

// read returns one restriction with its law, from a server or from a data folder.
func (c *restrictionFlags) read(ctx context.Context, p *process, id int64) (out api.Restriction, err error) {
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return out, err
	}
	if at != nil {
		return out, at.get(ctx, path("/api/outbreaks/%s/restrictions/%s", c.Outbreak, strconv.FormatInt(id, 10)), nil, &out)
	}
	err = c.with(ctx, p, false, func(db *store.DB) error {
		return db.View(ctx, func(r *store.Reader) error {
			o, err := r.OutbreakByName(c.Outbreak)
			if err != nil {
				return err
			}
			x, err := r.Restriction(restriction.ID(id))
			if err != nil {
				return err
			}
			if x.Outbreak != o.ID {
				return fmt.Errorf("restriction %d of outbreak %q: %w", id, c.Outbreak, store.ErrNotFound)
			}
			tree, err := r.Tree()
			if err != nil {
				return err
			}
			if out, err = api.RestrictionOf(r, &x, db.Now(), func(a place.AreaID) string { j, _ := tree.Get(a); return j.Code }); err != nil {
				return err
			}
			out.Basis, err = api.RestrictionBasis(r, &x)
			return err
		})
	})
	return out, err
}

// Run prints one.
func (c *restrictionShowCmd) Run(ctx context.Context, p *process) error {
	x, err := c.read(ctx, p, c.Restriction)
	if err != nil {
		return err
	}
	if c.JSON {
		return p.writeJSON(x)
	}
	t := newTable("version", "at", "change", "kind", "until", "rule", "clause", "pack", "by")
	for _, v := range x.Versions {
		by := v.By
		if by != "" {
			by += " and " + v.Second + ", " + v.Ground + ": " + v.Words
		}
		t.add(strconv.Itoa(v.N), said(v.At), v.Change, v.Kind, said(v.Until), v.Rule, v.Clause, v.Pack, by)
	}
	if err := t.write(p.Stdout); err != nil {
		return err
	}
	for _, n := range x.Needs {
		if _, err := fmt.Fprintf(p.Stdout, "need %d: %s, asked %s, met %s\n", n.ID, n.Kind, said(n.AskedAt), said(n.MetAt)); err != nil {
			return err
		}
	}
	if x.Ended != "" {
		_, err = fmt.Fprintf(p.Stdout, "ended %s: %s\n", said(x.EndedAt), x.Ended)
	}
	if x.Basis != nil && err == nil {
		_, err = fmt.Fprintln(p.Stdout, x.Basis.EN)
	}
	return err
}

type restrictionNoticeCmd struct {
	restrictionFlags
	Restriction int64  `arg:"" help:"Its number, as list has it."`
	Lang        string `enum:"en,zh" default:"zh" help:"${enum}."`
}

// Run writes a notice as text; the page in the browser prints it with the code of the public page.
func (c *restrictionNoticeCmd) Run(ctx context.Context, p *process) error {
	x, err := c.read(ctx, p, c.Restriction)
	if err != nil {
		return err
	}
	bundle, err := i18n.Load()
	if err != nil {
		return err
	}
	l := bundle.Localizer(i18n.Lang(c.Lang), time.Local)
	kind, cause := x.Kind, "case"
	if len(x.Versions) > 0 && kind == string(restriction.Transfer) {
		kind = x.Versions[len(x.Versions)-1].Kind
	}
	switch {
	case x.Contact != 0:
		cause = "contact"
	case x.Tube != 0:
		cause = "tube"
	}
	basis := ""
	if x.Basis != nil {
		if basis = x.Basis.EN; c.Lang == "zh" {
			basis = x.Basis.ZH
		}
	}
	milder := l.T("restriction.offered")
	if !x.Offered {
		milder = l.T("restriction.why_not." + x.WhyNot)
	}
	lines := []string{l.T("notice.title"), "", l.T("notice.what"), l.T("restriction.kind."+kind) + ". " + l.T("notice.may."+kind), "", l.T("notice.why"), l.T("notice.cause." + cause), basis, "",
		l.T("notice.until"), said(x.Until) + ". " + l.T("notice.until_text"), "", l.T("notice.milder"), milder}
	if c.JSON {
		return p.writeJSON(struct {
			Notice string `json:"notice"`
		}{strings.Join(lines, "\n")})
	}
	_, err = fmt.Fprintln(p.Stdout, strings.Join(lines, "\n"))
	return err
}

type restrictionBasisCmd struct {
	restrictionFlags
	Kind string `arg:"" help:"hold, quarantine-site, quarantine-home, home-monitoring or isolation."`
	EN   string `name:"en" placeholder:"TEXT" help:"In English."`
	ZH   string `name:"zh" placeholder:"TEXT" help:"In Chinese. With neither text the pack's holds again."`
}

// Run names the law.
func (c *restrictionBasisCmd) Run(ctx context.Context, p *process) error {
	body := api.LegalBasis{EN: c.EN, ZH: c.ZH}
	at, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if at != nil {
		err = at.send(ctx, http.MethodPut, path("/api/outbreaks/%s/legal-basis/%s", c.Outbreak, c.Kind), body, &body)
	} else {
		err = c.with(ctx, p, true, func(db *store.DB) error {
			return command.New(db, nil).SetLegalBasis(ctx, command.Owner("cli"), command.SetLegalBasis{Outbreak: c.Outbreak, Kind: c.Kind, EN: c.EN, ZH: c.ZH})
		})
	}
	if err != nil || !c.JSON {
		return err
	}
	return p.writeJSON(body)
}
