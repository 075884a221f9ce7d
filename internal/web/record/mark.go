package record

import (
	"firebreak/internal/command"
	"firebreak/internal/i18n"
	"firebreak/internal/web/ui"
)

// Mark puts what is wrong beside its field, or above the form where it has no such field.
func Mark(f *ui.Form, wrong *command.Invalid) {
	if wrong == nil {
		return
	}
	for i := range f.Fields {
		if f.Fields[i].Name == wrong.Field {
			f.Fields[i].Error = i18n.M("form.invalid", "reason", wrong.Reason)
			return
		}
	}
	f.Error = i18n.M("form.invalid_field", "field", wrong.Field, "reason", wrong.Reason)
}
