package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"firebreak/internal/journal"
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
	dataFlags
	jsonFlag
}

// source is one of the files of an import, as the journal notes it.
type source struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows"`
}

// areasImported is the result of the command and, without names, the payload of the journal entry.
type areasImported struct {
	Files     []source `json:"files"`
	Created   int      `json:"created"`
	Updated   int      `json:"updated"`
	Unchanged int      `json:"unchanged"`
	Outlines  int      `json:"outlines"`
}

// Help is shown below the flags.
func (areasImportCmd) Help() string {
	return "Jurisdictions are matched by code: new ones are created, others updated. All or nothing: a file with a wrong row changes nothing. Outlines may come alone, for jurisdictions that are there already."
}

// Run reads the files whole, then writes them in one change.
func (c *areasImportCmd) Run(ctx context.Context, p *process) error {
	list, outlines, files, err := c.read(p)
	if err != nil {
		return err
	}
	return c.with(ctx, p, true, func(db *store.DB) error {
		var done areasImported
		err := db.Update(ctx, func(tx *store.Tx) error {
			var err error
			done, err = importAreas(tx, list, outlines, files, "cli:"+p.User)
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return p.writeJSON(done)
		}
		_, err = fmt.Fprintf(p.Stdout, "%d jurisdictions created, %d updated, %d unchanged; %d outlines.\n", done.Created, done.Updated, done.Unchanged, done.Outlines)
		return err
	})
}

// read returns what the arguments name.
func (c *areasImportCmd) read(p *process) (list []place.NewJurisdiction, outlines []place.Outline, files []source, err error) {
	csvName, geoName := c.File, c.Boundaries
	var csv, geo []byte
	switch {
	case c.Qingdao && (csvName != "" || geoName != ""):
		return nil, nil, nil, misused(errors.New("--qingdao takes no files"))
	case c.Qingdao:
		csv, geo = qingdao.Files()
		csvName, geoName = "qingdao/jurisdictions.csv", "qingdao/districts.geojson"
	case csvName == "" && geoName == "":
		return nil, nil, nil, misused(errors.New("name a CSV file, --boundaries or --qingdao"))
	case csvName == "-" && geoName == "-":
		return nil, nil, nil, misused(errors.New("only one of the two files can come from stdin"))
	default:
		if csv, err = p.readFile(csvName); err != nil {
			return nil, nil, nil, err
		}
		if geo, err = p.readFile(geoName); err != nil {
			return nil, nil, nil, err
		}
	}
	if csvName != "" {
		if list, err = place.ReadJurisdictions(bytes.NewReader(csv)); err != nil {
			return nil, nil, nil, rejected(fmt.Errorf("%s: %w", csvName, err))
		}
		files = append(files, sourceOf(csvName, csv, len(list)))
	}
	if geoName != "" {
		if outlines, err = place.ReadOutlines(bytes.NewReader(geo)); err != nil {
			return nil, nil, nil, rejected(fmt.Errorf("%s: %w", geoName, err))
		}
		files = append(files, sourceOf(geoName, geo, len(outlines)))
	}
	return place.WithEnglish(list, outlines), outlines, files, nil
}

func sourceOf(name string, content []byte, rows int) source {
	sum := sha256.Sum256(content)
	return source{File: filepath.Base(name), SHA256: hex.EncodeToString(sum[:]), Rows: rows}
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

// importAreas writes jurisdictions and outlines and the journal entry that tells of them.
func importAreas(tx *store.Tx, list []place.NewJurisdiction, outlines []place.Outline, files []source, actor string) (areasImported, error) {
	done := areasImported{Files: files, Outlines: len(outlines)}
	old, err := tx.Tree()
	if err != nil {
		return done, err
	}
	inFile := make(map[string]bool, len(list))
	for _, n := range list {
		inFile[n.Code] = true
	}
	known := func(code string) bool {
		_, ok := old.ByCode(code)
		return ok || inFile[code]
	}
	for _, n := range list {
		if n.ParentCode != "" && !known(n.ParentCode) {
			return done, rejected(fmt.Errorf("jurisdiction %s: its parent %s is neither in the file nor known", n.Code, n.ParentCode))
		}
	}
	boundaries := make(map[string]string, len(outlines))
	for _, o := range outlines {
		boundaries[o.Code] = o.Geometry
		if inFile[o.Code] {
			continue
		}
		j, ok := old.ByCode(o.Code)
		if !ok {
			return done, rejected(fmt.Errorf("outline %s: no jurisdiction has this code", o.Code))
		}
		parent, _ := old.Get(j.Parent)
		j.NameEN = cmp.Or(j.NameEN, o.NameEN)
		list = append(list, place.NewJurisdiction{Jurisdiction: j, ParentCode: parent.Code})
	}
	// The entry holds the counts, so it is written after the rows; the cursor that tells others to read the tree again follows it.
	if done.Created, done.Updated, done.Unchanged, err = tx.PutAreas(list, boundaries, 0); err != nil {
		return done, err
	}
	payload, err := json.Marshal(done)
	if err != nil {
		return done, fmt.Errorf("journal entry: %w", err)
	}
	ref, err := tx.Append(journal.Entry{Actor: actor, Kind: journal.AreasImported, Payload: payload})
	if err != nil {
		return done, err
	}
	return done, tx.SetCursor("areas", ref.Seq)
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
