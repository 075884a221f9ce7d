package command

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"firebreak/internal/cases"
	"firebreak/internal/contact"
	"firebreak/internal/day"
	"firebreak/internal/place"
)

// The fields of a case and of a contact that people fill in, on one screen: screens, API and command line read and write them by these
// names and as these texts, and the journal tells changes by them.
//
// Days are YYYY-MM-DD. Instants are RFC 3339, or YYYY-MM-DDTHH:MM in the outbreak's zone, or a day (its last microsecond, see
// cases.Case). An area is a jurisdiction's code. Empty means unknown.

// reading is what a field needs to read its text.
type reading struct {
	loc  *time.Location
	tree *place.Tree
}

// field is one field of a T.
type field[T any] struct {
	name string
	get  func(*T, reading) string
	set  func(*T, reading, string) error
}

// Change is how the journal tells that a field changed.
type Change struct {
	From string `json:"from"`
	To   string `json:"to"`
}

var caseFields = []field[cases.Case]{
	dayField("onset", func(c *cases.Case) *day.Day { return &c.Onset }),
	dayField("sampled", func(c *cases.Case) *day.Day { return &c.Sampled }),
	dayField("exposed_from", func(c *cases.Case) *day.Day { return &c.ExposedFrom }),
	dayField("exposed_to", func(c *cases.Case) *day.Day { return &c.ExposedTo }),
	instantField("noted_at", func(c *cases.Case) *time.Time { return &c.NotedAt }),
	instantField("reported_at", func(c *cases.Case) *time.Time { return &c.ReportedAt }),
	instantField("verified_at", func(c *cases.Case) *time.Time { return &c.VerifiedAt }),
	instantField("confirmed_at", func(c *cases.Case) *time.Time { return &c.ConfirmedAt }),
	instantField("isolated_at", func(c *cases.Case) *time.Time { return &c.IsolatedAt }),
	instantField("admitted_at", func(c *cases.Case) *time.Time { return &c.AdmittedAt }),
	instantField("investigated_at", func(c *cases.Case) *time.Time { return &c.Investigated }),
	instantField("listed_at", func(c *cases.Case) *time.Time { return &c.ListedAt }),
	wordField("class", func(c *cases.Case) *cases.Class { return &c.Class }, cases.ParseClass),
	wordField("found", func(c *cases.Case) *cases.Found { return &c.Found }, cases.ParseFound),
	wordField("outcome", func(c *cases.Case) *cases.Outcome { return &c.Outcome }, cases.ParseOutcome),
	dayField("outcome_on", func(c *cases.Case) *day.Day { return &c.OutcomeOn }),
	textField("setting", func(c *cases.Case) *string { return &c.Setting }),
	textField("hospital", func(c *cases.Case) *string { return &c.Hospital }),
	areaField("area", func(c *cases.Case) (*place.AreaID, *place.AreaID) { return &c.Area, &c.District }),
	{"lon", func(c *cases.Case, _ reading) string { return coordinate(c.Lon, c.Located) },
		func(c *cases.Case, _ reading, s string) error {
			return setCoordinate("lon", s, 180, &c.Lon, &c.Located)
		}},
	{"lat", func(c *cases.Case, _ reading) string { return coordinate(c.Lat, c.Located) },
		func(c *cases.Case, _ reading, s string) error { return setCoordinate("lat", s, 90, &c.Lat, &c.Located) }},
}

var contactFields = []field[contact.Contact]{
	wordField("tier", func(c *contact.Contact) *contact.Tier { return &c.Tier }, contact.ParseTier),
	dayField("first_exposed", func(c *contact.Contact) *day.Day { return &c.FirstExposed }),
	dayField("last_exposed", func(c *contact.Contact) *day.Day { return &c.LastExposed }),
	instantField("reached_at", func(c *contact.Contact) *time.Time { return &c.ReachedAt }),
	instantField("quarantine_at", func(c *contact.Contact) *time.Time { return &c.QuarantineAt }),
	instantField("prophylaxis_at", func(c *contact.Contact) *time.Time { return &c.ProphylaxisAt }),
	dayField("symptom_on", func(c *contact.Contact) *day.Day { return &c.SymptomOn }),
	textField("relation", func(c *contact.Contact) *string { return &c.Relation }),
	textField("setting", func(c *contact.Contact) *string { return &c.Setting }),
	areaField("area", func(c *contact.Contact) (*place.AreaID, *place.AreaID) { return &c.Area, &c.District }),
}

// attributePrefix marks an outbreak's own field: "x.occupation".
const attributePrefix = "x."

// FieldText returns the fields of a case as texts, the outbreak's own fields with "x." before their name.
func (r reading) caseText(c *cases.Case) map[string]string {
	return texts(caseFields, c, r, c.Attributes)
}

func (r reading) contactText(c *contact.Contact) map[string]string {
	return texts(contactFields, c, r, c.Attributes)
}

func texts[T any](fields []field[T], v *T, r reading, attributes map[string]string) map[string]string {
	out := make(map[string]string, len(fields)+len(attributes))
	for _, f := range fields {
		out[f.name] = f.get(v, r)
	}
	for k, s := range attributes {
		out[attributePrefix+k] = s
	}
	return out
}

// CaseFields returns a case's fields as screens and the API show them.
func CaseFields(c cases.Case, loc *time.Location, tree *place.Tree) map[string]string {
	return reading{loc, tree}.caseText(&c)
}

// ContactFields returns a contact's fields as screens and the API show them.
func ContactFields(c contact.Contact, loc *time.Location, tree *place.Tree) map[string]string {
	return reading{loc, tree}.contactText(&c)
}

// CaseFieldNames returns the names of the fields of a case, in the order of the form.
func CaseFieldNames() []string { return names(caseFields) }

// ContactFieldNames returns the names of the fields of a contact, in the order of the form.
func ContactFieldNames() []string { return names(contactFields) }

func names[T any](fields []field[T]) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

// setFields reads texts into v and returns what changed. An unknown name and a text that cannot be read are Invalid. A record without fields of the outbreak's own has
// nil attributes.
func setFields[T any](fields []field[T], v *T, attributes *map[string]string, r reading, set map[string]string) (map[string]Change, error) {
	changed := map[string]Change{}
	// In the order of the table, so that the same error is told whatever the order of the map.
	keys := make([]string, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, name := range keys {
		value := strings.TrimSpace(set[name])
		if own, ok := strings.CutPrefix(name, attributePrefix); ok && own != "" && attributes != nil {
			if was := (*attributes)[own]; was != value {
				changed[name] = Change{was, value}
				next := make(map[string]string, len(*attributes)+1)
				for k, s := range *attributes {
					next[k] = s
				}
				if value == "" {
					delete(next, own)
				} else {
					next[own] = value
				}
				*attributes = next
			}
			continue
		}
		i := slices.IndexFunc(fields, func(f field[T]) bool { return f.name == name })
		if i < 0 {
			return nil, &Invalid{Field: name, Reason: "there is no such field; an outbreak's own field is written " + attributePrefix + "name"}
		}
		was := fields[i].get(v, r)
		if err := fields[i].set(v, r, value); err != nil {
			return nil, err
		}
		if now := fields[i].get(v, r); now != was {
			changed[name] = Change{was, now}
		}
	}
	return changed, nil
}

func dayField[T any](name string, at func(*T) *day.Day) field[T] {
	return field[T]{name,
		func(v *T, _ reading) string { return at(v).String() },
		func(v *T, _ reading, s string) error {
			if s == "" {
				*at(v) = 0
				return nil
			}
			d, err := day.Parse(s)
			if err != nil {
				return &Invalid{name, s, "is not a day (YYYY-MM-DD)"}
			}
			*at(v) = d
			return nil
		}}
}

func instantField[T any](name string, at func(*T) *time.Time) field[T] {
	return field[T]{name,
		func(v *T, r reading) string {
			if at(v).IsZero() {
				return ""
			}
			return at(v).In(r.loc).Format(time.RFC3339Nano)
		},
		func(v *T, r reading, s string) error {
			t, err := ParseInstant(s, r.loc)
			if err != nil {
				return &Invalid{name, s, err.Error()}
			}
			*at(v) = t
			return nil
		}}
}

// ParseInstant reads an instant as people write it; see the field table for the forms. Empty is the zero time.
func ParseInstant(s string, loc *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC().Truncate(time.Microsecond), nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, loc); err == nil {
			return t.UTC(), nil
		}
	}
	if d, err := day.Parse(s); err == nil {
		return endOf(d, loc), nil
	}
	return time.Time{}, errNotInstant
}

func wordField[T any, W ~string](name string, at func(*T) *W, parse func(string) (W, error)) field[T] {
	return field[T]{name,
		func(v *T, _ reading) string { return string(*at(v)) },
		func(v *T, _ reading, s string) error {
			w, err := parse(s)
			if err != nil {
				return &Invalid{Field: name, Value: s, Reason: err.Error()}
			}
			*at(v) = w
			return nil
		}}
}

func textField[T any](name string, at func(*T) *string) field[T] {
	return field[T]{name,
		func(v *T, _ reading) string { return *at(v) },
		func(v *T, _ reading, s string) error {
			const most = 2000
			if len(s) > most {
				return &Invalid{Field: name, Reason: "is longer than 2,000 bytes"}
			}
			*at(v) = s
			return nil
		}}
}

func areaField[T any](name string, at func(*T) (area, district *place.AreaID)) field[T] {
	return field[T]{name,
		func(v *T, r reading) string {
			a, _ := at(v)
			j, _ := r.tree.Get(*a)
			return j.Code
		},
		func(v *T, r reading, s string) error {
			a, d := at(v)
			if s == "" {
				*a, *d = 0, 0
				return nil
			}
			j, ok := r.tree.ByCode(s)
			if !ok {
				return &Invalid{name, s, "is not the code of a known jurisdiction"}
			}
			*a, *d = j.ID, r.tree.District(j.ID)
			return nil
		}}
}

func coordinate(f float64, known bool) string {
	if !known {
		return ""
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func setCoordinate(name, s string, most float64, into *float64, located *bool) error {
	if s == "" {
		*located = false
		return nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < -most || f > most {
		return &Invalid{name, s, "is not a coordinate in degrees"}
	}
	*into, *located = f, true
	return nil
}

// WrittenByRule tells whether a field of the outbreak's own was written by the program, so that no form offers it to be changed.
func WrittenByRule(name string) bool {
	switch strings.TrimPrefix(name, attributePrefix) {
	case attributeContact, attributeSpecimen, attributeAnswered:
		return true
	}
	return false
}

// What a case keeps of how it came up.
const (
	attributeContact  = "from_contact"
	attributeSpecimen = "opened_by_specimen"
	attributeAnswered = "ruled_out_with" // the positive specimens that were known when a contact was found to be no case
)
