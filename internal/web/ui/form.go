package ui

import (
	"slices"

	"firebreak/internal/i18n"
)

// FieldKind is what a field takes.
type FieldKind string

// The kinds of fields. All but the last five are the input element's own types.
const (
	FieldText     FieldKind = "text"
	FieldSearch   FieldKind = "search"
	FieldPassword FieldKind = "password"
	FieldNumber   FieldKind = "number"
	FieldDate     FieldKind = "date"
	FieldInstant  FieldKind = "datetime-local"
	FieldFile     FieldKind = "file"
	FieldSelect   FieldKind = "select"
	FieldArea     FieldKind = "textarea"
	FieldRadio    FieldKind = "radio"
	FieldCheck    FieldKind = "checkbox"
	FieldMany     FieldKind = "many" // several of Options, sent under one name
)

// Field is one labelled input. Its element's id is the form's ID and its name.
type Field struct {
	Name  string
	Label i18n.Msg
	Kind  FieldKind
	Value string
	// Values are those chosen of a field that takes many.
	Values []string
	// Options of a select or radio, or of a field that takes many.
	Options []Option
	Hint    i18n.Msg
	Error   i18n.Msg // set by the handler: what is wrong and how to mend it
	// Required is said in words beside the label, not by an asterisk.
	Required     bool
	Disabled     bool
	Autofocus    bool
	Autocomplete string // the attribute of the same name
	Min, Max     string
	Accept       string // of a file
	Checked      bool   // of a checkbox
	// EditedBy names who else has this field open now.
	EditedBy string
	// Section, on the first field of a part of a long form, is the heading of the part.
	Section i18n.Msg
}

// Option is one choice: words by key, or a name as it is.
type Option struct {
	Value string
	Label i18n.Msg
	Text  string
	Depth int // how far it is set in, below those it belongs to; of a field that takes many
}

// Has says whether a value is chosen of a field that takes many.
func (f Field) Has(value string) bool { return slices.Contains(f.Values, value) }

// Form is fields, where they go, and what went wrong.
type Form struct {
	ID     string
	Action string
	Get    bool // a filter rather than a change
	Upload bool
	Fields []Field
	Submit i18n.Msg
	Cancel string
	// Version is the record's version the form was opened on; sent back to find conflicts.
	Version string
	// Autosave is where drafts are posted while typing; empty saves on submit only.
	Autosave string
	Error    i18n.Msg // of the form as a whole
	Danger   bool
	Conflict *Conflict
	Hidden   map[string]string
}

// Errors lists the fields with an error, for the summary above the form.
func (f Form) Errors() []Field {
	var out []Field
	for _, field := range f.Fields {
		if !field.Error.IsZero() {
			out = append(out, field)
		}
	}
	return out
}

// Section is a part of a long form.
type Section struct {
	Title  i18n.Msg // zero for what stands before the first heading
	Fields []Field
}

// Sections parts the fields where one begins a section.
func (f Form) Sections() []Section {
	var out []Section
	for _, field := range f.Fields {
		if len(out) == 0 || !field.Section.IsZero() {
			out = append(out, Section{Title: field.Section})
		}
		s := &out[len(out)-1]
		s.Fields = append(s.Fields, field)
	}
	return out
}

// Choices makes the options of a select from a closed set, said by the messages prefix.value, after
// an option for any.
func Choices(prefix string, values ...string) []Option {
	out := make([]Option, 0, len(values)+1)
	out = append(out, Option{Label: i18n.M("form.any")})
	for _, v := range values {
		out = append(out, Option{Value: v, Label: i18n.M(prefix + "." + v)})
	}
	return out
}
