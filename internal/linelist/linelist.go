// Package linelist turns the stored cases, contacts and links into files: it reads a list page after page and writes it as it reads, so that a
// million rows take no more memory than a thousand (chains are the exception: they are known only when all links are). Names and documents are in a
// file only where the caller opens them, batch by batch: see Options.Names.
//
// web, api and cmd import it; it imports store, exchange and the nouns.
package linelist

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/exchange"
	"firebreak/internal/person"
	"firebreak/internal/place"
	"firebreak/internal/store"
	"firebreak/internal/task"
)

// Format is the form of a file.
type Format string

// The formats. Epicontacts is a zip of linelist.csv and contacts.csv as R's epicontacts package takes them.
const (
	CSV         Format = "csv"
	XLSX        Format = "xlsx"
	JSON        Format = "json"
	GeoJSON     Format = "geojson"
	Epicontacts Format = "epicontacts"
	NDJSON      Format = "ndjson" // one JSON object a line
)

// ErrFormat is wrapped when a list cannot be written in the format.
var ErrFormat = errors.New("format is csv, xlsx, json, ndjson, or for cases geojson or epicontacts")

// CaseFormats are the formats that cases can be written in.
func CaseFormats() []Format { return []Format{CSV, XLSX, JSON, NDJSON, GeoJSON, Epicontacts} }

// ContactFormats are the formats that contacts can be written in; links, chains and tasks too.
func ContactFormats() []Format { return []Format{CSV, XLSX, JSON, NDJSON} }

// Extension is how a file's name ends, and MediaType what a server calls it.
func (f Format) Extension() string {
	if f == Epicontacts {
		return "zip"
	}
	return string(f)
}

// MediaType is what a server calls the file.
func (f Format) MediaType() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8"
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case GeoJSON:
		return "application/geo+json"
	case NDJSON:
		return "application/x-ndjson"
	case Epicontacts:
		return "application/zip"
	default:
		return "application/json"
	}
}

// Options say how a file is written.
type Options struct {
	Format Format
	Zone   *time.Location // of the outbreak: instants become its days
	BOM    bool           // CSV begins with a byte-order mark, which Excel needs to show Chinese
	// Names opens names, documents and telephone numbers of some cases or contacts, in their order, and is where each reading is checked and
	// journalled. Nil leaves those columns empty.
	Names func([]task.Subject) ([]store.Identity, error)
	// Seen is told how many rows are written, now and then; may be nil.
	Seen func(rows int)
}

// counting gives rows on and tells how many.
func (o Options) counting(rows exchange.Rows) exchange.Rows {
	if o.Seen == nil {
		return rows
	}
	return func(yield func([]exchange.Value, error) bool) {
		n := 0
		for row, err := range rows {
			if !yield(row, err) {
				return
			}
			if n++; n%100 == 0 {
				o.Seen(n)
			}
		}
	}
}

// batch is how many rows are looked up together.
const batch = 500

// errStop ends a reading whose reader has had enough.
var errStop = errors.New("stop")

// Cases writes a list of cases and returns the number of rows. A format that is none wraps ErrFormat; nothing was written then.
func Cases(ctx context.Context, db *store.DB, f store.CaseFilter, w io.Writer, o Options) (rows int, err error) {
	if !slices.Contains(CaseFormats(), o.Format) {
		return 0, fmt.Errorf("write cases as %q: %w", o.Format, ErrFormat)
	}
	err = db.View(ctx, func(r *store.Reader) error {
		records := caseRecords(r, f, o)
		if o.Format == Epicontacts {
			rows, err = writeEpicontacts(w, records, linkRecords(r, f, false))
			return err
		}
		names, err := attributeNames(func(each func(map[string]string)) error {
			return r.EachCaseOf(f, func(c cases.Case) error { each(c.Attributes); return nil })
		})
		if err != nil {
			return err
		}
		header := exchange.CaseHeader(names...)
		rows, err = write(w, o, "cases", header, func(yield func([]exchange.Value, error) bool) {
			var buf []exchange.Value
			for c, err := range records {
				if err != nil {
					yield(nil, err)
					return
				}
				if buf = exchange.CaseRow(buf[:0], c, names...); !yield(buf, nil) {
					return
				}
			}
		})
		return err
	})
	return rows, err
}

// Contacts writes a list of contacts and returns the number of rows; errors are those of Cases.
func Contacts(ctx context.Context, db *store.DB, f store.ContactFilter, w io.Writer, o Options) (rows int, err error) {
	if !slices.Contains(ContactFormats(), o.Format) {
		return 0, fmt.Errorf("write contacts as %q: %w", o.Format, ErrFormat)
	}
	err = db.View(ctx, func(r *store.Reader) error {
		names, err := attributeNames(func(each func(map[string]string)) error {
			return r.EachContactOf(f, func(c contact.Contact) error { each(c.Attributes); return nil })
		})
		if err != nil {
			return err
		}
		rows, err = write(w, o, "contacts", exchange.ContactHeader(names...), func(yield func([]exchange.Value, error) bool) {
			var buf []exchange.Value
			for c, err := range contactRecords(r, f, o) {
				if err != nil {
					yield(nil, err)
					return
				}
				if buf = exchange.ContactRow(buf[:0], c, names...); !yield(buf, nil) {
					return
				}
			}
		})
		return err
	})
	return rows, err
}

func write(w io.Writer, o Options, sheet string, header []string, rows exchange.Rows) (int, error) {
	rows = o.counting(rows)
	switch o.Format {
	case CSV:
		return exchange.WriteCSV(w, header, rows, exchange.CSVOptions{BOM: o.BOM})
	case XLSX:
		return exchange.WriteXLSX(w, sheet, header, rows)
	case GeoJSON:
		n, _, err := exchange.WriteGeoJSON(w, header, string(exchange.FieldLon), string(exchange.FieldLat), rows)
		return n, err
	case NDJSON:
		return exchange.WriteNDJSON(w, header, rows)
	default:
		return exchange.WriteJSON(w, header, rows)
	}
}

// attributeNames are the outbreak's own fields that a list has, sorted. A file has its columns before its rows, so the list is read once for them.
func attributeNames(each func(func(map[string]string)) error) ([]string, error) {
	found := map[string]bool{}
	err := each(func(m map[string]string) {
		for k := range m {
			found[k] = true
		}
	})
	taken := map[string]bool{}
	for _, h := range append(exchange.CaseHeader(), exchange.ContactHeader()...) {
		taken[h] = true
	}
	maps.DeleteFunc(found, func(k string, _ bool) bool { return taken[k] }) // these have a column of that name: see attributesOf
	return slices.Sorted(maps.Keys(found)), err
}

// inBatches reads items one by one and gives them on in batches.
func inBatches[T any](each func(func(T) error) error, give func([]T) error) error {
	var held []T
	err := each(func(v T) error {
		if held = append(held, v); len(held) < batch {
			return nil
		}
		err := give(held)
		held = held[:0]
		return err
	})
	if err == nil && len(held) > 0 {
		err = give(held)
	}
	return err
}

func caseRecords(r *store.Reader, f store.CaseFilter, o Options) iter.Seq2[*exchange.CaseRecord, error] {
	return func(yield func(*exchange.CaseRecord, error) bool) {
		tree, err := r.Tree()
		if err == nil {
			err = inBatches(func(fn func(cases.Case) error) error { return r.EachCaseOf(f, fn) }, func(list []cases.Case) error {
				ids, about := make([]person.ID, len(list)), make([]task.Subject, len(list))
				for i, c := range list {
					ids[i], about[i] = c.Person, task.Subject{Kind: task.OnCase, ID: int64(c.ID)}
				}
				people, err := r.PeopleByID(ids)
				if err != nil {
					return err
				}
				names, err := o.names(about)
				if err != nil {
					return err
				}
				for i, c := range list {
					rec := caseRecord(c, people[c.Person], tree, o.Zone)
					names.put(i, &rec.Person)
					if !yield(rec, nil) {
						return errStop
					}
				}
				return nil
			})
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// opened are the names of a batch; nil where none were asked for.
type opened []store.Identity

func (o Options) names(about []task.Subject) (opened, error) {
	if o.Names == nil {
		return nil, nil
	}
	return o.Names(about)
}

func (n opened) put(i int, p *exchange.Person) {
	if n != nil {
		p.Name, p.Document, p.Phone = n[i].Name.Reveal(), n[i].Document.Reveal(), n[i].Number.Reveal()
	}
}

func caseRecord(c cases.Case, p person.Person, tree *place.Tree, zone *time.Location) *exchange.CaseRecord {
	out := &exchange.CaseRecord{Person: personRecord(p, c.Code, c.Area, tree, c.Attributes), Class: exchange.Class(c.Class), Onset: c.Onset, Report: day.In(c.ReportedAt, zone), Diagnosed: day.In(c.ConfirmedAt, zone),
		Hospitalised: day.In(c.AdmittedAt, zone), Isolated: day.In(c.IsolatedAt, zone), Outcome: exchange.Outcome(c.Outcome), OutcomeDate: c.OutcomeOn, Hospital: c.Hospital,
		ExposureStart: c.ExposedFrom, ExposureEnd: c.ExposedTo, PlaceInfected: c.Setting, Attributes: attributesOf(c.Attributes)}
	out.Lon, out.Lat, out.HasPoint = c.Lon, c.Lat, c.Located
	for name, into := range map[exchange.Field]*[]string{exchange.FieldClusters: &out.Clusters, exchange.FieldEvents: &out.Events} {
		if v := c.Attributes[string(name)]; v != "" {
			*into = []string{v}
		}
	}
	return out
}

// attributesOf are the outbreak's own fields, in the order of their names.
func attributesOf(m map[string]string) []exchange.Attribute {
	out := make([]exchange.Attribute, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, exchange.Attribute{Name: k, Value: m[k]})
	}
	return out
}

func personRecord(p person.Person, code string, area place.AreaID, tree *place.Tree, own map[string]string) exchange.Person {
	out := exchange.Person{Code: code, Sex: exchange.Sex(p.Sex), Birth: p.Born, Age: exchange.Age{Class: p.AgeClass}, Occupation: own[string(exchange.FieldOccupation)]}
	if p.ID != 0 && p.Age != person.AgeUnknown {
		out.Age.Years, out.Age.Known = float64(p.Age), true
	}
	if v := own[string(exchange.FieldOtherCode)]; v != "" {
		out.OtherCodes = []string{v}
	}
	for _, j := range tree.Path(area) {
		switch j.Level {
		case place.Nation:
			out.Area.Country = j.Name
		case place.Province:
			out.Area.Province = j.Name
		case place.City:
			out.Area.City = j.Name
		case place.District:
			out.Area.District = j.Name
		case place.Street:
			out.Area.Street = j.Name
		case place.Community:
			out.Area.Community = j.Name
		}
	}
	for field, into := range map[exchange.Field]*string{exchange.FieldCountry: &out.Area.Country, exchange.FieldProvince: &out.Area.Province, exchange.FieldCity: &out.Area.City, exchange.FieldDistrict: &out.Area.District} {
		if *into == "" {
			*into = own[string(field)] // as a file gave it, where it is no known jurisdiction
		}
	}
	return out
}

func contactRecords(r *store.Reader, f store.ContactFilter, o Options) iter.Seq2[*exchange.ContactRecord, error] {
	return func(yield func(*exchange.ContactRecord, error) bool) {
		tree, err := r.Tree()
		if err == nil {
			err = inBatches(func(fn func(contact.Contact) error) error { return r.EachContactOf(f, fn) }, func(list []contact.Contact) error {
				var ids []person.ID
				var of []cases.ID
				var about, parents []task.Subject
				exposures, err := r.ExposuresOf(list)
				if err != nil {
					return err
				}
				for _, c := range list {
					ids, about = append(ids, c.Person), append(about, task.Subject{Kind: task.OnContact, ID: int64(c.ID)})
					if c.Parent != 0 {
						parents = append(parents, task.Subject{Kind: task.OnContact, ID: int64(c.Parent)})
					}
					if c.Case != 0 {
						of = append(of, c.Case)
					}
					for _, e := range exposures[c.ID] {
						of = append(of, e.Case)
					}
				}
				people, err := r.PeopleByID(ids)
				if err != nil {
					return err
				}
				met, err := r.CasesByID(of)
				if err != nil {
					return err
				}
				above, err := r.Codes(parents)
				if err != nil {
					return err
				}
				names, err := o.names(about)
				if err != nil {
					return err
				}
				for i, c := range list {
					rec := &exchange.ContactRecord{Person: personRecord(people[c.Person], c.Code, c.Area, tree, c.Attributes), Report: day.In(c.ListedAt, o.Zone), Tier: string(c.Tier), Relation: c.Relation, Setting: c.Setting,
						FirstExposure: c.FirstExposed, LastExposure: c.LastExposed, Quarantined: day.In(c.QuarantineAt, o.Zone), FollowUp: string(c.State), FollowUpEnd: c.EndsOn, Attributes: attributesOf(c.Attributes)}
					if s, ok := met[c.Case]; ok {
						rec.SourceCodes = []string{s.Code}
					} else if code := cmp.Or(c.SourceCode, above[task.Subject{Kind: task.OnContact, ID: int64(c.Parent)}]); code != "" {
						rec.SourceCodes = []string{code}
					}
					for _, e := range exposures[c.ID] {
						if code := cmp.Or(met[e.Case].Code, e.SourceCode); code != "" && !slices.Contains(rec.SourceCodes, code) {
							rec.SourceCodes = append(rec.SourceCodes, code)
						}
					}
					names.put(i, &rec.Person)
					if !yield(rec, nil) {
						return errStop
					}
				}
				return nil
			})
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// linkRecords are the links that both begin and end in cases of the list, or in nobody known. Those that name no known case
// at all are among them with nowhere.
func linkRecords(r *store.Reader, f store.CaseFilter, nowhere bool) iter.Seq2[*exchange.LinkRecord, error] {
	return func(yield func(*exchange.LinkRecord, error) bool) {
		chosen := map[cases.ID]bool{} // 8 bytes a case: bounded by the cases that have a link in practice, by the list at most
		if err := r.EachCaseOf(f, func(c cases.Case) error { chosen[c.ID] = true; return nil }); err != nil {
			yield(nil, err)
			return
		}
		links, err := r.Links(f.Outbreak)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, l := range links {
			if l.From == 0 && l.To == 0 && !nowhere || l.From != 0 && !chosen[l.From] || l.To != 0 && !chosen[l.To] {
				continue
			}
			if !yield(&exchange.LinkRecord{FromCode: l.FromCode, ToCode: l.ToCode, Kind: exchange.LinkKind(l.Kind), Setting: l.Setting}, nil) {
				return
			}
		}
	}
}

func writeEpicontacts(w io.Writer, list iter.Seq2[*exchange.CaseRecord, error], links iter.Seq2[*exchange.LinkRecord, error]) (int, error) {
	z := zip.NewWriter(w)
	// An entry of a zip begins when its first byte is written; the line list is complete by then.
	n, _, err := exchange.WriteEpicontacts(&entry{z: z, name: "linelist.csv"}, &entry{z: z, name: "contacts.csv"}, list, links)
	if err != nil {
		return n, err
	}
	return n, z.Close()
}

// entry is a file of a zip that begins when something is written to it.
type entry struct {
	z    *zip.Writer
	name string
	w    io.Writer
}

// Write implements io.Writer.
func (e *entry) Write(p []byte) (int, error) {
	if e.w == nil {
		var err error
		if e.w, err = e.z.Create(e.name); err != nil {
			return 0, err
		}
	}
	return e.w.Write(p)
}

// Describe says filters in one line for the journal: only what was asked, never what was found.
func Describe(v map[string][]string) string {
	m := map[string]string{}
	for k, values := range v {
		if len(values) > 0 && values[0] != "" {
			m[k] = values[0]
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return string(b)
}
