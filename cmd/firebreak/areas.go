package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"firebreak/internal/api"
	"firebreak/internal/command"
	"firebreak/internal/place"
	"firebreak/internal/place/qingdao"
	"firebreak/internal/store"
)

type areasCmd struct {
	Import areasImportCmd `cmd:"" help:"Import jurisdictions from CSV, with outlines from GeoJSON."`
	List   areasListCmd   `cmd:"" help:"List the jurisdictions as a tree."`
}

type areasImportCmd struct {
	File       string `arg:"" optional:"" help:"CSV with the columns code, name, level, parent; population and name_en if known."`
	Boundaries string `placeholder:"FILE" help:"GeoJSON FeatureCollection of polygons, WGS 84, with the property code."`
	Qingdao    bool   `help:"Import the shipped set of Qingdao in place of files."`
	DryRun     bool   `help:"Say what would be created, changed and rejected, row by row, and change nothing."`
	serverFlags
	dataFlags
	jsonFlag
}

// Help is shown below the flags.
func (areasImportCmd) Help() string {
	return "Jurisdictions are matched by code: new ones are created, others updated; what the files do not name stays, and nothing is deleted. All or nothing: a file with a wrong row changes nothing. Outlines may come alone, for jurisdictions that are there already. A jurisdiction may move in the tree, unless that would carry records into another district."
}

// Run reads the files whole, then gives them in one order.
func (c *areasImportCmd) Run(ctx context.Context, p *process) error {
	order, err := c.read(p)
	if err != nil {
		return err
	}
	order.DryRun = c.DryRun
	r, err := c.at(p, c.dataFlags)
	if err != nil {
		return err
	}
	if r != nil {
		var out api.AreasImported
		in := api.NewAreas{Jurisdictions: string(order.Jurisdictions.Content), Boundaries: order.Boundaries.Content, DryRun: c.DryRun}
		if err := r.send(ctx, http.MethodPost, "/api/areas", in, &out); err != nil {
			return err
		}
		return c.tell(p, out.AreasImported, out.Rows)
	}
	return c.with(ctx, p, true, func(db *store.DB) error {
		done, err := command.New(db, nil).ImportAreas(ctx, p.owner(), order)
		var wrong *command.Invalid
		var rows *command.AreasRejected
		if errors.As(err, &wrong) || errors.As(err, &rows) {
			return rejected(err)
		}
		if err != nil {
			return err
		}
		return c.tell(p, done, done.Changes)
	})
}

func (c *areasImportCmd) tell(p *process, done command.AreasImported, rows []command.AreaChange) error {
	if !c.DryRun {
		rows = nil
	}
	if c.JSON {
		return p.writeJSON(struct {
			command.AreasImported
			Rows []command.AreaChange `json:"changes,omitempty"`
		}{done, rows})
	}
	t := newTable("row", "code", "name", "what", "")
	shown := 0
	for _, r := range rows {
		if r.Fate == command.AreaUnchanged {
			continue
		}
		shown++
		at := r.File + ":" + strconv.Itoa(r.Row)
		text := strings.TrimSpace(r.Column + " " + r.Reason)
		for _, f := range r.Fields {
			text += fmt.Sprintf("%s: %s -> %s; ", f.Field, f.From, f.To)
		}
		if r.Records > 0 {
			text += fmt.Sprintf("%d records come with it", r.Records)
		}
		t.add(at, r.Code, r.Name, string(r.Fate), strings.TrimSuffix(text, "; "))
	}
	if shown > 0 {
		if err := t.write(p.Stdout); err != nil {
			return err
		}
	}
	verb := ""
	if c.DryRun {
		verb = "It was only tried: "
	}
	rejected := ""
	if done.Rejected > 0 { // only when tried: an import that rejects a row changes nothing
		rejected = fmt.Sprintf(", %d rows rejected", done.Rejected)
	}
	_, err := fmt.Fprintf(p.Stdout, "%s%d jurisdictions created, %d updated, %d unchanged%s; %d outlines, %d of them new.\n", verb, done.Created, done.Updated, done.Unchanged, rejected, done.Outlines, done.Drawn)
	return err
}

// read returns what the arguments name.
func (c *areasImportCmd) read(p *process) (in command.ImportAreas, err error) {
	in.Jurisdictions.Name, in.Boundaries.Name = c.File, c.Boundaries
	switch {
	case c.Qingdao && (c.File != "" || c.Boundaries != ""):
		return in, misused(errors.New("--qingdao takes no files"))
	case c.Qingdao:
		return qingdaoAreas(), nil
	case c.File == "" && c.Boundaries == "":
		return in, misused(errors.New("name a CSV file, --boundaries or --qingdao"))
	case c.File == "-" && c.Boundaries == "-":
		return in, misused(errors.New("only one of the two files can come from stdin"))
	}
	for _, f := range []*command.AreaFile{&in.Jurisdictions, &in.Boundaries} {
		if f.Content, err = p.readFile(f.Name); err != nil {
			return in, err
		}
		if f.Name != "" && len(f.Content) == 0 {
			return in, rejected(fmt.Errorf("%s: the file is empty", f.Name))
		}
	}
	return in, nil
}

// qingdaoAreas is the shipped set.
func qingdaoAreas() (in command.ImportAreas) {
	in.Jurisdictions.Name, in.Boundaries.Name = "qingdao/jurisdictions.csv", "qingdao/districts.geojson"
	in.Jurisdictions.Content, in.Boundaries.Content = qingdao.Files()
	return in
}

// readFile reads a whole file; nil for no name.
func (p *process) readFile(name string) (content []byte, err error) {
	if name == "" {
		return nil, nil
	}
	f, err := p.openInput(name)
	if err != nil {
		return nil, err
	}
	content, err = io.ReadAll(f)
	return content, errors.Join(err, f.Close())
}

type areasListCmd struct {
	Under string      `placeholder:"CODE" help:"Only this jurisdiction and what lies in it."`
	Level place.Level `placeholder:"LEVEL" help:"Only this level: province, city, district, street, community ..."`
	dataFlags
	jsonFlag
}

// areaRow is one jurisdiction as the command prints it.
type areaRow struct {
	Code       string      `json:"code"`
	Name       string      `json:"name"`
	NameEN     string      `json:"name_en,omitempty"`
	Level      place.Level `json:"level"`
	Parent     string      `json:"parent,omitempty"`
	Population int64       `json:"population,omitempty"` // absent where unknown
	Depth      int         `json:"depth"`                // 0 at a root
}

// Run prints parents before their children.
func (c *areasListCmd) Run(ctx context.Context, p *process) error {
	return c.with(ctx, p, false, func(db *store.DB) error {
		tree, err := db.Tree(ctx)
		if err != nil {
			return err
		}
		list := tree.All()
		if c.Under != "" {
			root, ok := tree.ByCode(c.Under)
			if !ok {
				return fmt.Errorf("jurisdiction %s: %w", c.Under, store.ErrNotFound)
			}
			list = tree.Subtree(root.ID)
		}
		rows := []areaRow{}
		for _, j := range list {
			if c.Level == "" || j.Level == c.Level {
				parent, _ := tree.Get(j.Parent)
				rows = append(rows, areaRow{j.Code, j.Name, j.NameEN, j.Level, parent.Code, j.Population, len(tree.Path(j.ID)) - 1})
			}
		}
		if c.JSON {
			return p.writeJSON(struct {
				Areas []areaRow `json:"areas"`
			}{rows})
		}
		if tree.Len() == 0 {
			_, err := fmt.Fprintln(p.Stdout, "There are no jurisdictions yet: import some with firebreak areas import.")
			return err
		}
		t := newTable("code", "name", "", "level", "population")
		t.alignRight(4)
		for _, j := range rows {
			population := ""
			if j.Population > 0 {
				population = strconv.FormatInt(j.Population, 10)
			}
			t.add(j.Code, strings.Repeat("  ", j.Depth)+j.Name, j.NameEN, string(j.Level), population)
		}
		return t.write(p.Stdout)
	})
}
